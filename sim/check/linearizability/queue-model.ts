import { show } from '../show.js'
import { valueKey } from '../value-key.js'
import { ownModel } from './own-model.js'
import type { Key } from './register-models.js'
import { type Answer, rejected, type SequentialModel } from './sequential-model.js'

export type QueueOp =
  | { readonly f: 'enqueue'; readonly value: unknown; readonly queue?: Key }
  | {
      readonly f: 'dequeue'
      readonly queue?: Key
    }

export interface QueueOptions {
  /** `fifo` when not given; `none`: a dequeue takes any element. */
  readonly order?: 'fifo' | 'none'
}

/**
 * Queues: an enqueue answers `true` (`false` may have happened or not, and counts as unknown), a dequeue the element, or null when there is none.
 * Elements may be equal to each other.
 */
export function queue({ order = 'fifo' }: QueueOptions = {}): SequentialModel<QueueOp, unknown> {
  return order === 'fifo' ? fifo() : unordered()
}

const inWords = {
  partition: (op: QueueOp) => op.queue ?? '',
  uncertain: (op: QueueOp, result: unknown) => op.f === 'enqueue' && result === false,
  tell(op: QueueOp, answer: Answer<unknown>) {
    const where = op.queue === undefined ? '' : ` at queue ${show(op.queue)}`
    if (op.f === 'enqueue') return `enqueued ${show(op.value)}${where}`
    if (answer.kind === 'unknown') return `asked for an element${where}`
    return isNothing(answer.result) ? `found nothing to dequeue${where}` : `dequeued ${show(answer.result)}${where}`
  },
  noun: (op: QueueOp) => (op.f === 'enqueue' ? `enqueue of ${show(op.value)}` : 'dequeue'),
}

function fifo(): SequentialModel<QueueOp, unknown> {
  return ownModel<QueueOp, unknown, readonly unknown[]>({
    ...inWords,
    name: 'queue',
    initial: [],
    apply(elements, op, answer) {
      if (op.f === 'enqueue') return [...elements, op.value]
      if (answer.kind === 'unknown') return elements.slice(1)
      if (isNothing(answer.result)) return elements.length === 0 ? elements : rejected
      return elements.length > 0 && valueKey(elements[0]) === valueKey(answer.result) ? elements.slice(1) : rejected
    },
  })
}

interface Bag {
  readonly elements: readonly unknown[]
  /** How many of them unanswered dequeues have taken; which, nobody knows. */
  readonly taken: number
}

function unordered(): SequentialModel<QueueOp, unknown> {
  return ownModel<QueueOp, unknown, Bag>({
    ...inWords,
    name: 'unordered-queue',
    initial: { elements: [], taken: 0 },
    apply({ elements, taken }, op, answer) {
      if (op.f === 'enqueue') return { elements: withElement(elements, op.value), taken }
      const left = elements.length - taken
      if (answer.kind === 'unknown') return { elements, taken: left > 0 ? taken + 1 : taken }
      if (isNothing(answer.result)) return left === 0 ? { elements, taken } : rejected
      const key = valueKey(answer.result)
      const place = elements.findIndex((one) => valueKey(one) === key)
      return left === 0 || place < 0 ? rejected : { elements: [...elements.slice(0, place), ...elements.slice(place + 1)], taken }
    },
  })
}

const isNothing = (result: unknown): boolean => result === null || result === undefined

/** In the order of their keys, so that equal bags are equal arrays. */
function withElement(elements: readonly unknown[], value: unknown): readonly unknown[] {
  const text = sortKey(value)
  const place = elements.findIndex((one) => sortKey(one) > text)
  return place < 0 ? [...elements, value] : [...elements.slice(0, place), value, ...elements.slice(place)]
}

const sortKey = (value: unknown): string => {
  const key = valueKey(value)
  return `${typeof key}${String(key)}`
}
