import { show } from '../show.js'
import { valueKey } from '../value-key.js'
import type { Key } from './register-models.js'
import { type Answer, rejected, type SequentialModel, type State } from './sequential-model.js'

export type LogOp =
  | { readonly f: 'append'; readonly value: unknown; readonly log?: Key }
  /** From offset `from` on (0 when not given), at most `limit` values. */
  | { readonly f: 'read'; readonly from?: number; readonly limit?: number; readonly log?: Key }
  /** Asks how many values there are. */
  | { readonly f: 'tail'; readonly log?: Key }

/**
 * Logs: an append answers the offset of its value, counted from 0 (`false` may have happened or not, and counts as unknown; any other answer says no offset);
 * a read all values from an offset on, or as many as it asked for; `tail` the number of values.
 *
 * However long the log, a state is one number: states are the places in a tree of all logs that were met, each a value after another's place. So equal logs
 * are equal numbers, exactly.
 */
export function log(): SequentialModel<LogOp, unknown> {
  const tree = new LogTree()
  return {
    name: 'log',
    initial: LogTree.empty,
    apply(state, op, answer) {
      const at = state as number
      if (op.f === 'append') return isOffset(answer) && answer.result !== tree.length(at) ? rejected : tree.append(at, valueKey(op.value))
      if (answer.kind === 'unknown') return state
      if (op.f === 'tail') return answer.result === tree.length(at) ? state : rejected
      return tree.reads(at, op, answer.result) ? state : rejected
    },
    partition: (op) => op.log ?? '',
    uncertain: (op, result) => op.f === 'append' && result === false,
    reads: (op) => op.f !== 'append',
    tell(op, answer) {
      const where = op.log === undefined ? '' : ` at log ${show(op.log)}`
      switch (op.f) {
        case 'append':
          return `appended ${show(op.value)}${isOffset(answer) ? ` at offset ${answer.result}` : ''}${where}`
        case 'tail':
          return answer.kind === 'ok' ? `saw ${show(answer.result)} values${where}` : `asked for the number of values${where}`
        case 'read':
          return `${answer.kind === 'ok' ? `read ${show(answer.result)}` : 'asked for the values'}${op.from === undefined ? '' : ` from offset ${op.from} on`}${where}`
      }
    },
    noun: (op) => (op.f === 'append' ? `append of ${show(op.value)}` : 'read'),
    fresh: log,
  }
}

const isOffset = (answer: Answer<unknown>): answer is { kind: 'ok'; result: number } => answer.kind === 'ok' && typeof answer.result === 'number'

/** Logs that share their beginnings. */
class LogTree {
  static readonly empty = 0
  readonly #before: number[] = [LogTree.empty]
  readonly #values: State[] = [null]
  readonly #lengths: number[] = [0]
  readonly #after: Map<State, number>[] = [new Map()]

  length(at: number): number {
    return this.#lengths[at]!
  }

  append(at: number, value: State): number {
    const known = this.#after[at]!.get(value)
    if (known !== undefined) return known
    const place = this.#before.push(at) - 1
    this.#values.push(value)
    this.#lengths.push(this.#lengths[at]! + 1)
    this.#after.push(new Map())
    this.#after[at]!.set(value, place)
    return place
  }

  /** Whether a read of this log is answered so. */
  reads(at: number, { from = 0, limit = Number.POSITIVE_INFINITY }: { readonly from?: number; readonly limit?: number }, result: unknown): boolean {
    if (!Array.isArray(result)) return false
    const end = Math.min(this.length(at), from + limit)
    if (result.length !== Math.max(0, end - from)) return false
    let place = at
    while (this.length(place) > end) place = this.#before[place]!
    for (let i = result.length - 1; i >= 0; i--) {
      if (this.#values[place] !== valueKey(result[i])) return false
      place = this.#before[place]!
    }
    return true
  }
}
