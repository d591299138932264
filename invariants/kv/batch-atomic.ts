import type { BatchOperation } from '../../systems/kv/batch.js'
import type { ManifestRedo } from '../../systems/kv/redo.js'
import type { KvJudge, Seen } from './observer.js'
import type { PartitionModel } from './partition-model.js'
import { afterBatches, difference, type ReferenceMap } from './reference-map.js'

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
  const kept = durable?.kept()
  if (durable === null || kept === undefined || kept === null) {
    if (durable !== null && sequence > 0) return `${model.name}: state ${sequence} was recovered, and no durable manifest says so`
    model.settle(sequence, last)
    return undefined
  }
  if (kept.sequence !== sequence) return `${model.name}: state ${sequence} was recovered, and the durable manifest has state ${kept.sequence}`
  const { state } = kept
  const found = durable.walk(state, true)
  // What else is wrong with it, others say.
  if ('check' in found) {
    model.settle(sequence, last)
    return undefined
  }
  const inFiles = found.map((entry) => ({ ...entry, value: durable.value(state, entry) }))
  const entries = afterBatches(inFiles, kept.redo.map(batchOf))
  const match = possible.find((map) => difference(entries, map) === undefined)
  model.settle(sequence, match ?? last)
  return match === undefined ? `${model.name}: state ${sequence} was recovered: ${difference(entries, last)}` : undefined
}

/** What a commit did whose pages are not written yet, as a batch. */
function batchOf({ changes: { truncateFrom, operations } }: ManifestRedo): readonly BatchOperation[] {
  return truncateFrom === null ? operations : [{ kind: 'truncate', from: truncateFrom }, ...operations]
}
