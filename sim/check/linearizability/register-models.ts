import { show } from '../show.js'
import { keyText, valueKey } from '../value-key.js'
import { type Answer, type Rejected, rejected, type SequentialModel, type State } from './sequential-model.js'

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
