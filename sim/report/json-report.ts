import type { HostState, Outcome, PropertyCount, RunReport, Violation } from '../run/report.js'
import type { ExitCode } from './exit-code.js'
import { armedButIdle } from './run-result.js'

/** What `--json` prints: one object a run. Times are virtual nanoseconds. */
export interface JsonReport {
  readonly scenario: string
  readonly seed: string
  readonly outcome: Outcome | 'stale'
  readonly exitCode: ExitCode
  readonly steps: number
  readonly virtualNanos: number
  readonly traceHash: string
  readonly violation?: Violation
  /** How often each kind acted; kinds that did not act are left out. */
  readonly injections: Readonly<Record<string, number>>
  readonly armedButIdle: readonly string[]
  readonly statistics: Readonly<Record<string, number>>
  readonly properties: readonly PropertyCount[]
  /** Where the replay was written. */
  readonly replay?: string
  /** With `--until`; a process by its fields, null for those outside of the system. */
  readonly hosts?: readonly (Omit<HostState, 'process'> & { readonly process: unknown })[]
}

export function jsonReport(
  report: RunReport,
  exitCode: ExitCode,
  more: { readonly outcome?: 'stale'; readonly replay?: string; readonly hosts?: readonly HostState[] } = {},
): JsonReport {
  const { scenario, seed, outcome, steps, virtualNanos, traceHash, violation, faults, statistics, properties } = report
  return {
    scenario,
    seed,
    outcome,
    exitCode,
    steps,
    virtualNanos,
    traceHash,
    ...(violation ? { violation } : {}),
    injections: Object.fromEntries(faults.filter(({ injections }) => injections > 0).map(({ kind, injections }) => [kind, injections])),
    armedButIdle: armedButIdle(report),
    statistics,
    properties,
    ...more,
  }
}
