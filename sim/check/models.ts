import { keyText, valueKey } from './value-key.js'

/**
 * Sequential models that a linearizability judge compares a history with: what one copy of the thing, used by one client at a time, would do.
 *
 * A state is a primitive, so that equal states are cheap to recognise. A model that may go several ways keeps the set of its possible states as its state.
 */
export interface SequentialModel<Op, Result> {
  readonly name: string
  readonly initial: State
  /** The state after `op`, or `rejected` when no such operation could have been answered so in this state. An unknown answer fits whatever the operation does. */
  apply(state: State, op: Op, answer: Answer<Result>, client: number): State | Rejected
  /** Operations on different partitions never touch each other. One partition when not given. */
  partition?(op: Op): string | number
  /** Whether an answer leaves open if the operation took effect: it then counts as unknown. */
  uncertain?(op: Op, result: Result): boolean
  /** Whether the operation changes nothing: unanswered ones are then left out. */
  reads?(op: Op): boolean
  /**
   * Whether `op` may happen in any state and leaves one that does not depend on it, whether answered or not.
   * This and `needs` make histories with thousands of timeouts cheap to judge.
   */
  overwrites?(op: Op): boolean
  /** The only state in which `op` could be answered so or, unanswered, would change anything; undefined when there may be several. */
  needs?(op: Op, answer: Answer<Result>): State | undefined
  /** In the past tense, for messages: `read 0`, `wrote 871`. */
  tell(op: Op, answer: Answer<Result>): string
  /** As a noun, for messages: `write of 871`. */
  noun(op: Op): string
}

export type State = string | number | boolean | null
export type Answer<Result> = { readonly kind: 'ok'; readonly result: Result } | { readonly kind: 'unknown' }

export const rejected = Symbol.for('seedfall.rejected')
export type Rejected = typeof rejected

/** Where a register or a key was never written. It reads as one value that stands for nothing (null, undefined, 0, '' or false), the same at every read. */
const unwritten = '\u0001unwritten'

export interface RegisterOptions {
  /** What the first read sees. When not given: any value that stands for nothing. */
  readonly initial?: unknown
}

export type RegisterOp = { readonly f: 'read' } | { readonly f: 'write'; readonly value: unknown }

/**
 * A register: a read answers its value. A write that answers `false` may have reached some replicas and not others, so it counts as unknown;
 * any other answer says that it took effect.
 */
export function register(options: RegisterOptions = {}): SequentialModel<RegisterOp, unknown> {
  return registerModel('register', options)
}

export type CasRegisterOp = RegisterOp | { readonly f: 'cas'; readonly from: unknown; readonly to: unknown }

/** A register with compare-and-set, which answers whether the value was `from`: `false` says for certain that it was another. */
export function casRegister(options: RegisterOptions = {}): SequentialModel<CasRegisterOp, unknown> {
  return registerModel('cas-register', options)
}

function registerModel(name: string, options: RegisterOptions): SequentialModel<CasRegisterOp, unknown> {
  return {
    name,
    initial: 'initial' in options ? valueKey(options.initial) : unwritten,
    apply(state, op, answer) {
      switch (op.f) {
        case 'read':
          return answer.kind === 'ok' ? seen(state, answer.result) : state
        case 'write':
          return valueKey(op.value)
        case 'cas':
          return compareAndSet(state, op, answer)
      }
    },
    uncertain: (op, result) => op.f === 'write' && result === false,
    reads: (op) => op.f === 'read',
    overwrites: (op) => op.f === 'write',
    needs(op, answer) {
      if (op.f === 'cas') return neededByCas(op, answer)
      return op.f === 'read' ? neededByRead(answer) : undefined
    },
    tell: tellOfValue,
    noun: nounOfValue,
  }
}

export type Key = string | number
export type KvOp =
  | { readonly f: 'get'; readonly key: Key }
  | { readonly f: 'put'; readonly key: Key; readonly value: unknown }
  | { readonly f: 'append'; readonly key: Key; readonly value: string }
  | { readonly f: 'delete'; readonly key: Key }
  | { readonly f: 'cas'; readonly key: Key; readonly from: unknown; readonly to: unknown }

/**
 * A map of independent keys. A get of a missing key answers a value that stands for nothing; an append joins texts. As with the register, a put, append or
 * delete that answers `false` counts as unknown, and a cas that answers `false` says that the value was another.
 */
export function kv(): SequentialModel<KvOp, unknown> {
  return {
    name: 'kv',
    initial: unwritten,
    apply(state, op, answer) {
      switch (op.f) {
        case 'get':
          return answer.kind === 'ok' ? seen(state, answer.result) : state
        case 'put':
          return valueKey(op.value)
        case 'append':
          return appended(state, op.value)
        case 'delete':
          return unwritten
        case 'cas':
          return compareAndSet(state, op, answer)
      }
    },
    partition: (op) => op.key,
    uncertain: (op, result) => result === false && op.f !== 'get' && op.f !== 'cas',
    reads: (op) => op.f === 'get',
    overwrites: (op) => op.f === 'put' || op.f === 'delete',
    needs(op, answer) {
      if (op.f === 'cas') return neededByCas(op, answer)
      return op.f === 'get' ? neededByRead(answer) : undefined
    },
    tell: (op, answer) => `${tellOfValue(op, answer)} at key ${show(op.key)}`,
    noun: (op) => `${nounOfValue(op)} at key ${show(op.key)}`,
  }
}

export type LockOp = { readonly f: 'acquire'; readonly name?: Key } | { readonly f: 'release'; readonly name?: Key }

/**
 * Locks without expiry, held by clients, not reentrant. `true` says that the lock was free and is now the client's, or was the client's and is now free;
 * `false` says that nothing was changed, for whatever reason (an acquire may be refused because the lock is held, or because the service is busy).
 */
export function lock(): SequentialModel<LockOp, unknown> {
  const free = null
  return {
    name: 'lock',
    initial: free,
    apply(state, op, answer, client) {
      if (answer.kind === 'ok' && answer.result === false) return state
      if (op.f === 'acquire') return state === free ? client : rejected
      return state === client ? free : rejected
    },
    partition: (op) => op.name ?? '',
    tell(op, answer) {
      const name = op.name === undefined ? 'the lock' : `lock ${show(op.name)}`
      if (answer.kind === 'unknown') return `tried to ${op.f} ${name}`
      if (answer.result === false) return `was refused to ${op.f} ${name}`
      return `${op.f}d ${name}`
    },
    noun: (op) => `${op.f === 'acquire' ? 'acquisition' : 'release'} of ${op.name === undefined ? 'the lock' : `lock ${show(op.name)}`}`,
  }
}

/** The models that have a name, with their defaults. */
export const models = { register, 'cas-register': casRegister, kv, lock } as const
export type ModelName = keyof typeof models
export type ModelOp<N extends ModelName> = ReturnType<(typeof models)[N]> extends SequentialModel<infer Op, unknown> ? Op : never

function seen(state: State, result: unknown): State | Rejected {
  const key = valueKey(result)
  if (state === unwritten) return standsForNothing(key) ? key : rejected
  return key === state ? state : rejected
}

function compareAndSet(state: State, op: { readonly from: unknown; readonly to: unknown }, answer: Answer<unknown>): State | Rejected {
  const from = valueKey(op.from)
  const same = from === state || (state === unwritten && standsForNothing(from))
  if (answer.kind === 'unknown') return same ? valueKey(op.to) : state
  // What `nothing` reads as is not known yet: a comparison with it may go either way.
  if (answer.result === false) return same && state !== unwritten ? rejected : state
  return same ? valueKey(op.to) : rejected
}

function neededByRead(answer: Answer<unknown>): State | undefined {
  return answer.kind === 'ok' ? onlyStateOf(valueKey(answer.result)) : undefined
}

function neededByCas(op: { readonly from: unknown }, answer: Answer<unknown>): State | undefined {
  return answer.kind === 'ok' && answer.result === false ? undefined : onlyStateOf(valueKey(op.from))
}

/** A value that stands for nothing is that of an unwritten register too. */
const onlyStateOf = (key: State): State | undefined => (standsForNothing(key) ? undefined : key)

function appended(state: State, value: string): State | Rejected {
  if (standsForNothing(state)) return valueKey(value)
  const text = keyText(state)
  return text === undefined ? rejected : valueKey(text + value)
}

const nothings: readonly State[] = [unwritten, valueKey(null), valueKey(undefined), valueKey(0), valueKey(''), valueKey(false)]
const standsForNothing = (state: State): boolean => nothings.includes(state)

function tellOfValue(op: CasRegisterOp | KvOp, answer: Answer<unknown>): string {
  const failed = answer.kind === 'ok' && answer.result === false
  switch (op.f) {
    case 'read':
    case 'get':
      return answer.kind === 'ok' ? `read ${show(answer.result)}` : 'asked for the value'
    case 'write':
    case 'put':
      return `wrote ${show(op.value)}`
    case 'append':
      return `appended ${show(op.value)}`
    case 'delete':
      return 'deleted the value'
    case 'cas':
      return failed ? `found no ${show(op.from)} to set to ${show(op.to)}` : `set ${show(op.from)} to ${show(op.to)}`
  }
}

function nounOfValue(op: CasRegisterOp | KvOp): string {
  switch (op.f) {
    case 'read':
    case 'get':
      return 'read'
    case 'write':
    case 'put':
      return `write of ${show(op.value)}`
    case 'append':
      return `append of ${show(op.value)}`
    case 'delete':
      return 'delete'
    case 'cas':
      return `set of ${show(op.from)} to ${show(op.to)}`
  }
}

const longest = 60
function show(value: unknown): string {
  const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value))
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
