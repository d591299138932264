import type { RunSize, Shrunk } from '../run/shrink/shrunk.js'
import { count, moment, some } from './numbers.js'
import type { Palette } from './palette.js'
import { wrapped } from './run-header.js'

/** What `shrink --json` prints. Times are virtual nanoseconds, `seconds` are the machine's. */
export interface ShrunkReport extends Omit<Shrunk, 'replay' | 'report'> {
  readonly scenario: string
  readonly seed: string
  readonly check: string
  readonly message: string
  readonly story: readonly string[]
  readonly injections: Shrunk['report']['injections']
  readonly traceHash: string
  readonly seconds: number
  /** Where the replay was written. */
  readonly replay: string
  readonly test?: string
}

export function shrunkReport(
  shrunk: Shrunk,
  story: readonly string[],
  more: { readonly seconds: number; readonly replay: string; readonly test?: string },
): ShrunkReport {
  const { report, replay: _, ...rest } = shrunk
  const { scenario, seed, outcome, violation, injections, traceHash } = report
  return { scenario, seed, check: violation?.check ?? outcome, message: violation?.message ?? '', ...rest, story, injections, traceHash, ...more }
}

/** What is left of a failing run, for a reader at a terminal. */
export function describeShrunk(
  shrunk: Shrunk,
  story: readonly string[],
  around: { readonly seconds: number; readonly commands: Readonly<Record<string, string>> },
  paint: Palette,
): string {
  const { report, before, after, runs, isMinimal, stopped, salts } = shrunk
  const { scenario, seed, violation, outcome } = report
  const proof = isMinimal
    ? `no injection can be left out: each was, under ${salts + 1} sets of latencies`
    : stopped === 'interrupted'
      ? 'not proved: it was interrupted'
      : stopped === 'broken'
        ? `not proved: ${shrunk.brokenBy ?? 'nothing could be tried any more'}`
        : 'not proved: time was up; --time gives it more'
  return [
    `${paint.good('✓ shrunk')}  ${paint.strong(scenario)}  seed ${paint.strong(seed)}  ${paint.bad(violation?.check ?? outcome)}`,
    '',
    ...story.flatMap((line) => line.split('\n')).map((line) => `  ${line}`),
    '',
    ...wrapped('before', size(before), paint),
    ...wrapped('after', size(after), paint),
    ...wrapped('minimal', [proof], paint),
    ...wrapped('tried', [`${count(runs)} runs in ${around.seconds.toFixed(1)} s`], paint),
    ...Object.entries(around.commands).flatMap(([name, command]) => wrapped(name, [paint.strong(command)], paint)),
  ].join('\n')
}

function size({ injections, occurrences, operations, hosts, steps, failedAtNanos }: RunSize): string[] {
  return [
    some(injections, 'injection') + (occurrences === 0 ? '' : ` (${count(occurrences)} packets and operations struck)`),
    some(operations, 'operation'),
    some(hosts, 'host'),
    some(steps, 'step'),
    `fails at ${moment(failedAtNanos)}`,
  ]
}
