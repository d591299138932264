import type { OperationOutcome, OperationRecord } from '../../../../sim/check/history.js'
import { ms } from '../../../../sim/host/durations.js'

/** One operation over the steps from `invoked` to `completed`, a millisecond each. */
export function record<Op, Result>(client: number, op: Op, invoked: number, completed: number, outcome: OperationOutcome<Result>): OperationRecord<Op, Result> {
  const isOpen = outcome.kind === 'unknown'
  return {
    client,
    op,
    invokedAtStep: invoked,
    invokedAt: ms(invoked),
    completedAtStep: isOpen ? null : completed,
    completedAt: isOpen ? null : ms(completed),
    outcome,
  }
}

export const ok = <Result>(result: Result): OperationOutcome<Result> => ({ kind: 'ok', result })
export const unknown = { kind: 'unknown' } as const
export const failed = { kind: 'fail', error: 'refused' } as const

/** Operations one after the other, two steps each. */
export function inTurn<Op, Result>(
  ...operations: readonly (readonly [client: number, op: Op, outcome: OperationOutcome<Result>])[]
): OperationRecord<Op, Result>[] {
  return operations.map(([client, op, outcome], i) => record(client, op, 2 * i + 1, 2 * i + 2, outcome))
}
