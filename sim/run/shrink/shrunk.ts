import type { Nanos } from '../../host/seam.js'
import type { Replay } from '../replay.js'
import { endsAtViolation, type RunReport } from '../report.js'

/** How large a run is, in what a reader has to understand of it. */
export interface RunSize {
  readonly injections: number
  /** Single packets and operations that episodes struck. */
  readonly occurrences: number
  /** Invoked until the run ended. */
  readonly operations: number
  readonly hosts: number
  readonly steps: number
  /** When it failed. */
  readonly failedAtNanos: Nanos
  readonly durationNanos: Nanos
}

/** What is left of a failing run. */
export interface Shrunk {
  /** The replay of the smallest run, proven. */
  readonly replay: Replay
  readonly report: RunReport
  readonly before: RunSize
  readonly after: RunSize
  /** Runs tried, in the order of candidates, up to those that succeeded. */
  readonly runs: number
  /** No single injection can be left out under any of the latencies tried: proved by a run of each. False: there was no time left to prove it. */
  readonly isMinimal: boolean
  /** Under how many other latencies each was left out to prove it. */
  readonly salts: number
  /** Why it ended early; null: there was nothing more to try. `broken`: nothing could be tried any more, `brokenBy` says why. */
  readonly stopped: 'time' | 'interrupted' | 'broken' | null
  readonly brokenBy?: string
}

export function sizeOf(report: RunReport): RunSize {
  const { injections, occurrences, history, hosts, steps, violation, durationNanos, virtualNanos } = report
  const failedAtNanos = violation?.at ?? virtualNanos
  const isPast = ({ at }: { readonly at: Nanos }) => !endsAtViolation(report) || at <= failedAtNanos
  return {
    injections: injections.filter(isPast).length,
    occurrences: occurrences.filter(isPast).length,
    operations: history.length,
    hosts: hosts.length,
    steps,
    failedAtNanos,
    durationNanos,
  }
}
