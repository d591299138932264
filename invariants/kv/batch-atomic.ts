import type { KvJudge, Seen } from './observer.js'
import type { PartitionModel } from './partition-model.js'
import { difference, type ReferenceMap } from './reference-map.js'

/**
 * What is recovered is a prefix of the committed batches and at most the one in doubt, each whole, and every acknowledged one is in it. Where the disk says it, the
 * content is compared with that of a sorted map; otherwise what is read from then on is.
 */
export const batchAtomic = (): KvJudge => (seen) => {
  const { event, model } = seen
  if (event.kind !== 'recovered') return undefined
  // Who was overtaken while it opened will find out before it answers anything.
  if (model.terms.some(({ term }) => term > event.term)) return undefined
  const possible = model.recovered(event.sequence)
  if (typeof possible === 'string') return { check: 'BatchAtomic', message: possible }
  const message = settle(seen, model, event.sequence, possible)
  return message === undefined ? undefined : { check: 'BatchAtomic', message }
}

function settle({ durable }: Seen, model: PartitionModel, sequence: number, possible: readonly ReferenceMap[]): string | undefined {
  const last = possible[possible.length - 1] as ReferenceMap
  const state = durable?.state()
  if (durable === null || state === undefined || state === null) {
    if (durable !== null && sequence > 0) return `${model.name}: state ${sequence} was recovered, and no durable manifest says so`
    model.settle(sequence, last)
    return undefined
  }
  if (state.sequence !== sequence) return `${model.name}: state ${sequence} was recovered, and the durable manifest has state ${state.sequence}`
  const found = durable.walk(state, true)
  // What else is wrong with it, others say.
  if ('check' in found) {
    model.settle(sequence, last)
    return undefined
  }
  const entries = found.map((entry) => ({ key: entry.key, value: durable.value(state, entry) }))
  const match = possible.find((map) => difference(entries, map) === undefined)
  model.settle(sequence, match ?? last)
  return match === undefined ? `${model.name}: state ${sequence} was recovered: ${difference(entries, last)}` : undefined
}
