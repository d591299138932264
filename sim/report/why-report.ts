import type { FaultCatalogue } from '../faults/catalogue.js'
import type { Injection } from '../faults/injection.js'
import type { Nanos } from '../host/seam.js'
import type { RunReport } from '../run/report.js'
import type { Chance, Why } from '../run/why/why.js'
import { moment } from './numbers.js'
import type { Palette } from './palette.js'
import { wrapped } from './run-header.js'
import { sentence } from './story.js'

/** What `why --json` prints. Times are virtual nanoseconds. */
export interface WhyReport extends Omit<Why, 'injections'> {
  readonly scenario: string
  readonly seed: string
  readonly injections: readonly {
    readonly injection: Injection
    readonly told: string
    readonly runs: number
    readonly failures: number
    readonly isNecessary: boolean
  }[]
}

export function whyReport({ scenario, seed }: RunReport, why: Why, catalogue: FaultCatalogue): WhyReport {
  return { scenario, seed, ...why, injections: why.injections.map((each) => ({ ...each, told: sentence(each.injection, catalogue) })) }
}

/** What a failure hangs on, for a reader at a terminal. */
export function describeWhy({ scenario, seed }: RunReport, why: Why, catalogue: FaultCatalogue, paint: Palette): string {
  const { violation, injections, chances, unavoidableFrom, isComplete } = why
  const lines = [
    `${paint.strong(scenario)}  seed ${paint.strong(seed)}  ${paint.bad(violation.check)}  at ${moment(violation.at)}`,
    ...violation.message.split('\n').map((line) => `  ${line}`),
    '',
  ]
  if (injections.length === 0 && isComplete) lines.push('  It has no injections: no fault is needed.')
  for (const [i, { injection, runs, failures, isNecessary }] of injections.entries()) {
    const verdict = isNecessary ? paint.good('necessary') : paint.bad('not necessary')
    lines.push(`  ${i + 1}. At ${moment(injection.at)} ${sentence(injection, catalogue)}.`, `     ${verdict}: ${failures} of ${runs} runs without it fail`)
  }
  if (chances.length > 0)
    lines.push(
      '',
      ...chancePlot(
        chances,
        Math.max(violation.at, ...chances.map(({ at }) => at)),
        injections.map(({ injection }) => injection.at),
      ),
      '',
    )
  if (isComplete) lines.push(...wrapped('certain', [describeCertainty(unavoidableFrom, chances)], paint))
  if (!isComplete) lines.push(...wrapped('missing', ['time was up before everything was asked; --time gives it more'], paint))
  return lines.join('\n')
}

function describeCertainty(from: Chance | null, chances: readonly Chance[]): string {
  if (from === null) return 'at no moment before its end: some course was still without it'
  return `from ${moment(from.at)} on (step ${from.step}): all ${from.runs} other courses from there fail${from === chances[0] ? ', the first that was tried' : ''}`
}

const columns = 64
const rows = 4
const blocks = ' ▁▂▃▄▅▆▇█'

/** The chance of failure by the moment up to which the run stays as it was, injections numbered below. */
export function chancePlot(chances: readonly Chance[], failedAt: Nanos, injectionsAt: readonly Nanos[]): string[] {
  const place = (at: Nanos) => Math.min(columns - 1, Math.floor((at * columns) / Math.max(1, failedAt)))
  const eighths: number[] = []
  for (let column = 0; column < columns; column++) {
    // The last cut at or before the end of the column; before the first one nothing is known.
    const known = chances.filter(({ at }) => place(at) <= column).at(-1)
    eighths.push(known === undefined ? 0 : Math.round((known.failures / known.runs) * rows * 8))
  }
  const lines = ['  chance of the failure when the run is as it was up to a moment, and other than it was after it']
  for (let row = rows - 1; row >= 0; row--) {
    const label = row === rows - 1 ? '100%' : row === 0 ? '0%' : ''
    const bar = eighths.map((height) => blocks[Math.max(0, Math.min(8, height - row * 8))]).join('')
    lines.push(`  ${label.padStart(5)} │${bar.trimEnd()}`)
  }
  lines.push(`        └${'─'.repeat(columns)}`)
  const marks: string[] = new Array(columns).fill(' ')
  for (const [i, at] of injectionsAt.entries()) if (at <= failedAt) marks[place(at)] = marks[place(at)] === ' ' ? ((i + 1) % 10).toString() : '+'
  if (injectionsAt.length > 0) lines.push(`         ${marks.join('').trimEnd()}`)
  const end = moment(failedAt)
  lines.push(`         0 s${end.padStart(columns - 3)}`)
  return lines
}
