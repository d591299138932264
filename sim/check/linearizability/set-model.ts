import { show } from '../show.js'
import { valueKey } from '../value-key.js'
import { ownModel } from './own-model.js'
import type { Key } from './register-models.js'
import { rejected, type SequentialModel } from './sequential-model.js'

export type SetOp =
  | { readonly f: 'add'; readonly value: unknown; readonly set?: Key }
  | { readonly f: 'remove'; readonly value: unknown; readonly set?: Key }
  | { readonly f: 'contains'; readonly value: unknown; readonly set?: Key }
  | { readonly f: 'read'; readonly set?: Key }

/** Sets: `contains` answers whether the element is in it, a read all elements, in any order. What `add` and `remove` answer is not looked at. */
export function set(): SequentialModel<SetOp, unknown> {
  return ownModel<SetOp, unknown, readonly (string | number | boolean | null)[]>({
    name: 'set',
    initial: [],
    apply(state, op, answer) {
      switch (op.f) {
        case 'add':
          return withKey(state, valueKey(op.value))
        case 'remove': {
          const key = valueKey(op.value)
          return state.includes(key) ? state.filter((one) => one !== key) : state
        }
        case 'contains':
          return answer.kind === 'unknown' || state.includes(valueKey(op.value)) === answer.result ? state : rejected
        case 'read':
          return answer.kind === 'unknown' || holds(state, answer.result) ? state : rejected
      }
    },
    partition: (op) => op.set ?? '',
    reads: (op) => op.f === 'read' || op.f === 'contains',
    tell(op, answer) {
      const where = op.set === undefined ? '' : ` at set ${show(op.set)}`
      switch (op.f) {
        case 'add':
          return `added ${show(op.value)}${where}`
        case 'remove':
          return `removed ${show(op.value)}${where}`
        case 'contains':
          return answer.kind === 'ok' ? `found ${answer.result === true ? '' : 'no '}${show(op.value)}${where}` : `looked for ${show(op.value)}${where}`
        case 'read':
          return answer.kind === 'ok' ? `read ${show(answer.result)}${where}` : `asked for the elements${where}`
      }
    },
    noun: (op) => (op.f === 'add' ? `addition of ${show(op.value)}` : op.f === 'remove' ? `removal of ${show(op.value)}` : 'read'),
  })
}

type Keys = readonly (string | number | boolean | null)[]

/** In one order, so that equal sets are equal arrays. */
function withKey(state: Keys, key: Keys[number]): Keys {
  if (state.includes(key)) return state
  const text = `${typeof key}${key}`
  const place = state.findIndex((one) => `${typeof one}${one}` > text)
  return place < 0 ? [...state, key] : [...state.slice(0, place), key, ...state.slice(place)]
}

function holds(state: Keys, result: unknown): boolean {
  if (!Array.isArray(result) || result.length !== state.length) return false
  const keys = new Set(result.map(valueKey))
  return keys.size === state.length && state.every((key) => keys.has(key))
}
