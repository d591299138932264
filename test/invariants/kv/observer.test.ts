import { beforeEach, describe, expect, test } from 'vitest'
import { answers } from '../../../invariants/kv/answers.js'
import { KvObserver } from '../../../invariants/kv/observer.js'
import type { HostView, Step } from '../../../sim/index.js'
import { type KvEvent, KvJournal } from '../../../systems/kv/journal.js'
import type { KvServer } from '../../../systems/kv/kv-server.js'

const partition = 'table-0'
const key = Uint8Array.of(7)
const put = (value: number): KvEvent[] => [
  { kind: 'committing', partition, sequence: value, term: 0, batches: [[{ kind: 'put', key, value: Uint8Array.of(value) }]], nowMillis: 0 },
  { kind: 'committed', partition, sequence: value, term: 0 },
]
const read = (sequence: number, value: number | null): KvEvent => {
  return { kind: 'read', partition, sequence, nowMillis: 0, key, value: value === null ? null : Uint8Array.of(value) }
}

/** A store of which only what it tells is real; its oldest state that somebody reads is `oldest`. */
class ToldStore {
  readonly #journal = new KvJournal()
  readonly #observer = new KvObserver({ isShared: false, isDiskWhole: false }, [answers()])
  #steps = 0
  oldest = 0

  step(events: readonly KvEvent[]): string[] {
    for (const event of events) this.#journal.tell(event)
    const process = { journal: this.#journal, partitions: [{ name: partition, core: { chain: { live: [{ sequence: this.oldest }] } } }] }
    const stepped = { name: 'store-1', process } as unknown as HostView<KvServer>
    this.#observer.look({ number: ++this.#steps, stepped } as unknown as Step)
    return this.#observer.faults.map(({ check, message }) => `${check}: ${message}`)
  }
}

describe('What a store tells', () => {
  let store: ToldStore
  beforeEach(() => {
    store = new ToldStore()
    for (let value = 1; value <= 70; value++) expect(store.step(put(value))).toEqual([])
  })

  test('is right while every read answers what the state that it reads holds', () => {
    expect(store.step([read(70, 70), read(3, 3), read(0, null)])).toEqual([])
  })

  test('is wrong when a read answers what another state holds, or none ever did', () => {
    expect(store.step([read(70, 69)])).toEqual([expect.stringMatching(/^MapEqual: .*state 70/)])
    expect(store.step([read(71, 71)])).toEqual(['MapEqual: store-1/table-0: state 71 was read, which there never was'])
  })

  test('may name a state after a commit whose step was the last that anybody read it in', () => {
    store.oldest = 71
    expect(store.step([...put(71), read(70, 70)])).toEqual([])
    expect(store.step([read(70, 70)])).toEqual(['MapEqual: store-1/table-0: state 70 was read, which there never was'])
  })
})
