import { HistoryError } from '../history/history-error.js'
import type { Dialect, HistoryEvent, WrittenOperation } from '../history/history-event.js'
import type { OperationOutcome } from '../history.js'
import { show } from '../show.js'
import type { BankOp, CasRegisterOp, Key, KvOp, LockOp, LogOp, ModelName, ModelOp, QueueOp, SetOp } from './models.js'

/**
 * How Jepsen's histories tell the operations of the models: a read's value is answered, a write's is asked for, a compare-and-set's is `[from to]` and `fail`
 * says that the value was another. A key is the field `key`, or comes first in the value: `[key value]`.
 */
export const modelDialects: { readonly [N in ModelName]: Dialect<ModelOp<N>, unknown> } = {
  register: registerDialect('register', ['read', 'write']) as Dialect<ModelOp<'register'>, unknown>,
  'cas-register': registerDialect('cas-register', ['read', 'write', 'cas']),
  kv: {
    read(invocation, completion) {
      const f = named(invocation, { get: 'get', read: 'get', put: 'put', write: 'put', append: 'append', delete: 'delete', cas: 'cas' } as const, 'kv')
      const { key, value } = keyed(invocation)
      switch (f) {
        case 'get':
          return { op: { f, key }, outcome: answered(completion, (event) => keyedAnswer(event, invocation)) }
        case 'put':
          return { op: { f, key, value }, outcome: acknowledged(completion) }
        case 'append':
          if (typeof value !== 'string') throw new HistoryError(`an append joins texts, and ${show(value)} is none`, invocation.line)
          return { op: { f, key, value }, outcome: acknowledged(completion) }
        case 'delete':
          return { op: { f, key }, outcome: acknowledged(completion) }
        case 'cas':
          return { op: { f, key, ...fromTo(value, invocation) }, outcome: compared(completion) }
      }
    },
    write(op: KvOp, outcome) {
      const more = { key: op.key }
      switch (op.f) {
        case 'get':
          return { ...written('get', null, outcome, (result) => result), more }
        case 'delete':
          return {
            ...doubtful(
              written('delete', null, outcome, () => null),
              outcome,
            ),
            more,
          }
        case 'cas':
          return { ...writtenCas(op, outcome), more }
        default:
          return {
            ...doubtful(
              written(op.f, op.value, outcome, () => op.value),
              outcome,
            ),
            more,
          }
      }
    },
  },
  queue: {
    read(invocation, completion) {
      const f = named(invocation, { enqueue: 'enqueue', dequeue: 'dequeue' } as const, 'queue')
      const { queue } = invocation.more as { queue?: Key }
      const where = queue === undefined ? {} : { queue }
      if (f === 'enqueue') return { op: { f, value: invocation.value, ...where }, outcome: acknowledged(completion) }
      // Without an error, a failed dequeue says that the queue is empty.
      return { op: { f, ...where }, outcome: answered(completion, ({ value }) => value, null) }
    },
    write(op: QueueOp, outcome) {
      const more = op.queue === undefined ? {} : { queue: op.queue }
      if (op.f === 'enqueue')
        return {
          ...doubtful(
            written('enqueue', op.value, outcome, () => op.value),
            outcome,
          ),
          more,
        }
      return { ...written('dequeue', null, outcome, (result) => result), more }
    },
  },
  set: {
    read(invocation, completion) {
      const f = named(invocation, { add: 'add', remove: 'remove', contains: 'contains', read: 'read' } as const, 'set')
      const { set } = invocation.more as { set?: Key }
      const where = set === undefined ? {} : { set }
      const { value } = invocation
      if (f === 'read') return { op: { f, ...where }, outcome: answered(completion, (event) => event.value) }
      const outcome = f === 'contains' ? answered(completion, ({ more, value: seen }) => more.found ?? seen) : acknowledged(completion)
      return { op: { f, value, ...where }, outcome }
    },
    write(op: SetOp, outcome) {
      const more = op.set === undefined ? {} : { set: op.set }
      if (op.f === 'read') return { ...written('read', null, outcome, (result) => result), more }
      if (op.f === 'contains') return { ...written('contains', op.value, outcome, (result) => result), more }
      return { ...written(op.f, op.value, outcome, () => op.value), more }
    },
  },
  log: {
    read(invocation, completion) {
      const f = named(invocation, { append: 'append', read: 'read', tail: 'tail' } as const, 'log')
      const { log, from, limit } = invocation.more as { log?: Key; from?: number; limit?: number }
      const where = log === undefined ? {} : { log }
      if (f === 'append') return { op: { f, value: invocation.value, ...where }, outcome: answered(completion, ({ more }) => more.offset ?? true) }
      const range = f === 'tail' ? {} : { ...(from === undefined ? {} : { from }), ...(limit === undefined ? {} : { limit }) }
      return { op: { f, ...range, ...where }, outcome: answered(completion, ({ value }) => value) }
    },
    write(op: LogOp, outcome) {
      const { f, log } = op
      const more = log === undefined ? {} : { log }
      if (f === 'tail') return { ...written(f, null, outcome, (result) => result), more }
      if (f === 'read') {
        const { from, limit } = op
        const range = { ...(from === undefined ? {} : { from }), ...(limit === undefined ? {} : { limit }) }
        return { ...written(f, null, outcome, (result) => result), more: { ...range, ...more } }
      }
      const { answer, value } = doubtful(
        written(f, op.value, outcome, () => op.value),
        outcome,
      )
      const offset = outcome.kind === 'ok' && typeof outcome.result === 'number' ? { offset: outcome.result } : {}
      return { f, value, more, answer: { ...answer, more: offset } }
    },
  },
  lock: {
    read(invocation, completion) {
      const f = named(invocation, { acquire: 'acquire', lock: 'acquire', release: 'release', unlock: 'release' } as const, 'lock')
      const { name } = invocation.more as { name?: Key }
      return { op: { f, ...(name === undefined ? {} : { name }) }, outcome: answered(completion, () => true, false) }
    },
    write(op: LockOp, outcome) {
      const more = op.name === undefined ? {} : { name: op.name }
      return {
        ...refusable(
          written(op.f, null, outcome, () => null),
          outcome,
        ),
        more,
      }
    },
  },
  bank: {
    read(invocation, completion) {
      const f = named(invocation, { transfer: 'transfer', read: 'read' } as const, 'bank')
      const { value, line } = invocation
      if (f === 'read') {
        const { account } = invocation.more as { account?: Key }
        return { op: account === undefined ? { f } : { f, account }, outcome: answered(completion, (event) => event.value) }
      }
      const { from, to, amount } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
      if (!isKey(from) || !isKey(to) || typeof amount !== 'number')
        throw new HistoryError(`a transfer's value is {:from account, :to account, :amount number}, not ${show(value)}`, line)
      return { op: { f, from, to, amount }, outcome: answered(completion, () => true, false) }
    },
    write(op: BankOp, outcome) {
      if (op.f === 'read') return { ...written('read', null, outcome, (result) => result), more: op.account === undefined ? {} : { account: op.account } }
      const value = { from: op.from, to: op.to, amount: op.amount }
      return refusable(
        written('transfer', value, outcome, () => value),
        outcome,
      )
    },
  },
}

function registerDialect(model: string, allowed: readonly string[]): Dialect<CasRegisterOp, unknown> {
  return {
    read(invocation, completion) {
      const names = { read: 'read', r: 'read', write: 'write', w: 'write', cas: 'cas' } as const
      const f = named(invocation, Object.fromEntries(Object.entries(names).filter(([, one]) => allowed.includes(one))) as typeof names, model)
      if (f === 'read') return { op: { f }, outcome: answered(completion, ({ value }) => value) }
      if (f === 'write') return { op: { f, value: invocation.value }, outcome: acknowledged(completion) }
      return { op: { f, ...fromTo(invocation.value, invocation) }, outcome: compared(completion) }
    },
    write(op, outcome) {
      if (op.f === 'read') return written('read', null, outcome, (result) => result)
      return op.f === 'cas'
        ? writtenCas(op, outcome)
        : doubtful(
            written('write', op.value, outcome, () => op.value),
            outcome,
          )
    },
  }
}

function named<T extends Record<string, string>>({ f, line }: HistoryEvent, names: T, model: string): T[keyof T] {
  if (!Object.hasOwn(names, f)) throw new HistoryError(`'${f}' is no operation of the model ${model}: there are ${Object.keys(names).join(', ')}`, line)
  return names[f] as T[keyof T]
}

const isKey = (value: unknown): value is Key => typeof value === 'string' || typeof value === 'number'

function keyed({ more, value, line }: HistoryEvent): { key: Key; value: unknown } {
  if (isKey(more.key)) return { key: more.key, value }
  if (more.key === undefined && Array.isArray(value) && isKey(value[0])) return { key: value[0], value: value.length > 1 ? value[1] : null }
  throw new HistoryError("an operation on a key says which: in a field 'key', or first in its value, [key value]", line)
}

/** An answer repeats the key where the invocation told it in the value. */
const keyedAnswer = ({ value }: HistoryEvent, { more }: HistoryEvent): unknown => (more.key === undefined && Array.isArray(value) ? (value[1] ?? null) : value)

function fromTo(value: unknown, { line }: HistoryEvent): { from: unknown; to: unknown } {
  if (!Array.isArray(value) || value.length !== 2) throw new HistoryError(`the value of a compare-and-set is [from to], not ${show(value)}`, line)
  return { from: value[0], to: value[1] }
}

/** `refused`: what a failure without an error answers; when not given, it is a failure. */
export function answered(completion: HistoryEvent | undefined, result: (event: HistoryEvent) => unknown, refused?: unknown): OperationOutcome<unknown> {
  if (completion === undefined) return { kind: 'unknown' }
  const error = completion.error === undefined ? undefined : typeof completion.error === 'string' ? completion.error : show(completion.error)
  switch (completion.type) {
    case 'ok':
      return { kind: 'ok', result: result(completion) }
    case 'fail':
      return error === undefined && refused !== undefined ? { kind: 'ok', result: refused } : { kind: 'fail', error: error ?? '' }
    default:
      return error === undefined ? { kind: 'unknown' } : { kind: 'unknown', error }
  }
}

export const acknowledged = (completion: HistoryEvent | undefined): OperationOutcome<unknown> => answered(completion, () => true)
const compared = (completion: HistoryEvent | undefined): OperationOutcome<unknown> => answered(completion, () => true, false)

/** The events of an operation; `value` of its answer when it is ok. */
export function written(f: string, value: unknown, outcome: OperationOutcome<unknown>, answerValue: (result: unknown) => unknown): WrittenOperation {
  switch (outcome.kind) {
    case 'ok':
      return { f, value, answer: { type: 'ok', value: answerValue(outcome.result) } }
    case 'fail':
      return { f, value, answer: { type: 'fail', value, error: outcome.error === '' ? 'failed' : outcome.error } }
    case 'unknown':
      return { f, value, answer: { type: 'info', value, ...(outcome.error === undefined ? {} : { error: outcome.error }) } }
  }
}

/** A change that answers `false` may have happened or not. */
function doubtful(operation: WrittenOperation, outcome: OperationOutcome<unknown>): WrittenOperation {
  return outcome.kind === 'ok' && outcome.result === false ? { ...operation, answer: { type: 'info', value: operation.value } } : operation
}

/** An answer `false` is a failure without an error. */
function refusable(operation: WrittenOperation, outcome: OperationOutcome<unknown>): WrittenOperation {
  return outcome.kind === 'ok' && outcome.result === false ? { ...operation, answer: { type: 'fail', value: operation.value } } : operation
}

function writtenCas(op: { readonly from: unknown; readonly to: unknown }, outcome: OperationOutcome<unknown>): WrittenOperation {
  const value = [op.from, op.to]
  return refusable(
    written('cas', value, outcome, () => value),
    outcome,
  )
}
