import { describe, expect, test } from 'vitest'
import type { Seen } from '../../../invariants/kv/observer.js'
import { PartitionModel } from '../../../invariants/kv/partition-model.js'
import { valueIn } from '../../../invariants/kv/reference-map.js'
import { termFence } from '../../../invariants/kv/term-fence.js'
import type { KvEvent } from '../../../systems/kv/journal.js'

const partition = 'table-0'
const key = Uint8Array.of(7)

const begins = (term: number, sequence: number): KvEvent => ({ kind: 'term', partition, term, sequence })
const committing = (term: number, sequence: number, value: number): KvEvent => {
  return { kind: 'committing', partition, term, sequence, batches: [[{ kind: 'put', key, value: Uint8Array.of(value) }]], nowMillis: 0 }
}

/** What the first key may hold in a state that is recovered, or why there is no such state. */
function recovered(model: PartitionModel, sequence: number): string | (number | undefined)[] {
  const possible = model.recovered(sequence)
  return typeof possible === 'string' ? possible : possible.map((map) => valueIn(map, key, 0)?.[0])
}

describe('What a partition of two owners may hold', () => {
  test('is what the owner of the last term had begun when the term began: a commit of an owner before it, which it did not find, never comes to be', () => {
    const model = new PartitionModel(partition)
    model.take(begins(1, 0), 'store-1')
    model.take(committing(1, 1, 10), 'store-1')
    model.take(begins(2, 0), 'store-2')
    model.take(committing(2, 1, 20), 'store-2')
    expect(recovered(model, 1)).toEqual([20])
  })

  test('is not what an owner begins who was overtaken and does not know it', () => {
    const model = new PartitionModel(partition)
    model.take(begins(1, 0), 'store-1')
    model.take(begins(2, 0), 'store-2')
    model.take(committing(2, 1, 20), 'store-2')
    model.take(committing(1, 1, 10), 'store-1')
    expect(recovered(model, 1)).toEqual([20])
    const committed = { kind: 'committed', partition, term: 1, sequence: 1 } as const
    expect(model.take(committed, 'store-1')).toBeUndefined()
    expect(model.stateAt(1)).toBeUndefined()
    expect(termFence()({ event: committed, model } as Seen)?.check).toBe('TermFence')
  })

  test('is a commit in doubt, if the next term begins with it', () => {
    const model = new PartitionModel(partition)
    model.take(begins(1, 0), 'store-1')
    model.take(committing(1, 1, 10), 'store-1')
    model.take(begins(2, 1), 'store-2')
    expect(recovered(model, 1)).toEqual([10])
  })

  test('is the later term’s, though the earlier one is told of after it', () => {
    const model = new PartitionModel(partition)
    model.take(begins(2, 0), 'store-2')
    model.take(committing(2, 1, 20), 'store-2')
    model.take(begins(1, 0), 'store-1')
    expect(recovered(model, 1)).toEqual([20])
  })
})
