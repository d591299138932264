import type { OperationRecord } from '../check/history.js'
import type { Nanos } from '../host/seam.js'

/** What was measured many times in a run: virtual nanoseconds, or plain numbers. */
export interface Samples {
  readonly unit: 'nanos' | 'number'
  readonly values: readonly number[]
}

/** What a run measured, by its name: `commit latency`. */
export type Measurements = Readonly<Record<string, Samples>>

/** What every scenario measures: how long operations took that were answered, and how long hosts took to be up again once they had power. */
export function stockMeasurements(history: readonly OperationRecord<unknown, unknown>[], recoveryNanos: readonly Nanos[]): Measurements {
  const answered: Nanos[] = []
  for (const { invokedAt, completedAt, outcome } of history) if (outcome.kind === 'ok' && completedAt !== null) answered.push(completedAt - invokedAt)
  return { 'operation time': { unit: 'nanos', values: answered }, 'recovery time': { unit: 'nanos', values: recoveryNanos } }
}
