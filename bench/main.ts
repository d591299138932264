import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { brokerMeasures } from './broker.js'
import { checkMeasures } from './check.js'
import { connectionMeasures } from './connections.js'
import { fakeTimersMeasures } from './fake-timers.js'
import { fastCheckSchedulerMeasures } from './fast-check-scheduler.js'
import { freshSimulationMeasures } from './fresh-simulation.js'
import { countCpuTime, type Measure, measureAll, type Result, type Spread } from './harness.js'
import { idleHourMeasures } from './idle-hour.js'
import { kvMeasures } from './kv.js'
import { kvDeviceMeasures } from './kv-device.js'
import { raftMeasures } from './raft.js'
import { raftGroupMeasures } from './raft-groups.js'
import { requestReplyMeasures } from './request-reply.js'
import { sleepMeasures } from './sleep.js'

const measures: readonly Measure[] = [
  ...requestReplyMeasures,
  ...sleepMeasures,
  ...connectionMeasures,
  ...freshSimulationMeasures,
  ...idleHourMeasures,
  ...brokerMeasures,
  ...raftMeasures,
  ...raftGroupMeasures,
  ...checkMeasures,
  ...kvMeasures,
  ...kvDeviceMeasures,
  ...fakeTimersMeasures,
  ...fastCheckSchedulerMeasures,
]

const usage = `usage: npm run bench -- [FAMILY…] [--filter TEXT] [--rounds N] [--cpu] [--together] [--json] [--list]
  FAMILY         only measures whose name begins with it, up to the first slash: kv, broker
  --filter TEXT  only measures whose name contains it
  --rounds N     rounds that count (5); values are medians
  --cpu          seconds of processor time instead of the wall's, for a machine that others keep busy
  --together     all in this process, round by round; otherwise each group of measures has a process of its own, since code that the
                 compiler has made fit for one workload is slower in the next
  --json         one array of { name, value, unit } on standard output
  --list         the names alone`

function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      filter: { type: 'string', default: '' },
      rounds: { type: 'string', default: '5' },
      cpu: { type: 'boolean', default: false },
      together: { type: 'boolean', default: false },
      group: { type: 'string' },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const rounds = Number(values.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error(`--rounds takes a number from 1 on, not ${values.rounds}`)
  const families = new Set(measures.map(({ name }) => familyOf(name)))
  for (const each of positionals) if (!families.has(each)) throw new Error(`no measures of '${each}'; there are ${[...families].join(', ')}`)
  return { ...values, families: positionals, rounds }
}

function print({ name, value, unit, least, most }: Spread): void {
  const show = (number: number) => number.toLocaleString('en-US', { maximumSignificantDigits: 4 })
  console.log(`${name.padEnd(46)} ${show(value).padStart(12)} ${unit.padEnd(26)} (${show(least)} to ${show(most)})`)
}

async function main(): Promise<number> {
  let chosen: ReturnType<typeof options>
  try {
    chosen = options()
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`)
    return 2
  }
  const { families, filter, rounds, cpu, json, list, together, group, help } = chosen
  if (help) {
    console.log(usage)
    return 0
  }
  const selected = measures.filter(
    ({ name }) => (families.length === 0 || families.includes(familyOf(name))) && name.includes(filter) && (group === undefined || groupOf(name) === group),
  )
  if (selected.length === 0) {
    console.error(`no measure's name contains '${filter}': --list shows them`)
    return 2
  }
  if (list) {
    for (const { name } of selected) console.log(name)
    return 0
  }
  if (group !== undefined || together) {
    if (cpu) countCpuTime()
    const results = await measureAll(selected, json ? { rounds } : { rounds, measured: print })
    if (json) console.log(JSON.stringify(results, null, 2))
    return 0
  }
  const results: Result[] = []
  for (const one of new Set(selected.map(({ name }) => groupOf(name)))) {
    const words = ['--group', one, '--filter', filter, '--rounds', String(rounds), ...(cpu ? ['--cpu'] : []), ...(json ? ['--json'] : [])]
    const { status, stdout } = spawnSync(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), ...words], {
      stdio: ['ignore', json ? 'pipe' : 'inherit', 'inherit'],
    })
    if (status !== 0) return status ?? 1
    if (json) results.push(...(JSON.parse(stdout.toString()) as Result[]))
  }
  if (json) console.log(JSON.stringify(results, null, 2))
  return 0
}

const familyOf = (name: string): string => name.slice(0, name.indexOf('/'))

/** Measures that share a process: all but the size, or the name, of the last word. */
const groupOf = (name: string): string => name.slice(0, name.lastIndexOf('/'))

process.exitCode = await main()
