import type { History, Judge, OperationRecord } from '../history.js'
import { timeText } from '../time-text.js'

/** What a check found, and where it shows. */
export interface Finding {
  /** What it is called: `lost`, `duplicate`. */
  readonly name: string
  readonly message: string
  readonly record: OperationRecord<unknown, unknown>
}

/** A check as a judge for workloads: its first finding is the fault. */
export function judgeOf<Op, Result>(check: (history: History<Op, Result>) => readonly Finding[]): Judge<Op, Result> {
  return (history) => {
    const [first] = check(history)
    return first === undefined ? undefined : { check: `history (${first.name})`, message: first.message, record: first.record }
  }
}

/** `client-2's read at 0.120 s`. */
export function nameOf({ client, op, invokedAt }: OperationRecord<unknown, unknown>): string {
  const { f } = op as { readonly f?: unknown }
  return `client-${client}'s ${typeof f === 'string' ? f : 'operation'} at ${timeText(invokedAt)}`
}

/** When it certainly had happened: never, unless it was answered so. */
export function acknowledgedAt({ outcome, completedAtStep }: OperationRecord<unknown, unknown>): number {
  return outcome.kind === 'ok' ? completedAtStep! : Number.POSITIVE_INFINITY
}
