import { deaths, everyBoundary, migrate } from './migration-crash.js'

/** A migration that loses its source, its target or both at every message boundary of either side, with all invariants on: a table of what became of it. */
const whole = await migrate([], 'source', 0)
process.stdout.write(
  `| dies | at every boundary of the | runs | ends with the source | with the target | with nobody | slowest (virtual) |\n| --- | --- | ---: | ---: | ---: | ---: | ---: |\n`,
)
for (const row of deaths) {
  const { dies, boundaries, runs, withSource, withTarget, withNobody, slowestMs } = await everyBoundary(row, whole.entrances[row.clock])
  process.stdout.write(`| ${dies} | ${boundaries} | ${runs} | ${withSource} | ${withTarget} | ${withNobody} | ${slowestMs} ms |\n`)
}
