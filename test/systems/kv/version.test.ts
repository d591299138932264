import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MappingEdit, MappingTable } from '../../../systems/kv/mapping.js'
import { Version, VersionChain } from '../../../systems/kv/version.js'
import { put, StoreInHand, small } from './store-in-hand.js'

const keyOf = (n: number) => `k${String(n).padStart(4, '0')}`
const scattered = (value: string) => Array.from({ length: 30 }, (_, i) => put(keyOf(i * 20 + 3), value))

describe('A chain of states', () => {
  test('frees a place when the last state that names it goes, and keeps no state that nobody reads', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('publish' as const), pages: fc.uniqueArray(fc.nat(7), { maxLength: 4 }) }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'pin' as const }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), which: fc.nat(9) }) },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const freed = new Set<number>()
        const chain = new VersionChain(new Version(0, null, null, MappingTable.empty), (physical) => {
          for (const place of physical) {
            expect(freed.has(place)).toBe(false)
            freed.add(place)
          }
        })
        const pinned: Version[] = []
        let next = 0
        for (const step of steps) {
          if (step.kind === 'pin') {
            chain.pin(chain.current)
            pinned.push(chain.current)
          } else if (step.kind === 'release') {
            const [version] = pinned.splice(step.which % Math.max(1, pinned.length), 1)
            if (version !== undefined) chain.release(version)
          } else {
            const { mapping, sequence } = chain.current
            const edit = new MappingEdit(mapping)
            const made: number[] = []
            const leftBehind: number[] = []
            for (const logical of step.pages) {
              const before = mapping.physicalOf(logical)
              if (before >= 0) leftBehind.push(before)
              made.push(next)
              edit.set({ logical, physical: next++, stamp: 0 })
            }
            chain.publish(new Version(sequence + 1, null, null, edit.finish()), made, leftBehind)
          }
          expect(chain.live).toEqual([...new Set([...pinned, chain.current])].sort((a, b) => a.sequence - b.sequence))
          const named = new Set(chain.live.flatMap(({ mapping }) => [...mapping.pages()].map(({ physical }) => physical)))
          for (let place = 0; place < next; place++) expect([place, freed.has(place)]).toEqual([place, !named.has(place)])
        }
      }),
    )
  })
})

test.each(['append', 'reuse'] as const)('A snapshot that is held costs what it reads, however much is written meanwhile (%s)', async (layout) => {
  await using hand = await StoreInHand.start({ ...small, layout })
  await hand.write(Array.from({ length: 600 }, (_, i) => put(keyOf(i), `value ${i}`)))
  await hand.ask((store) => store.keepUp())
  const snapshot = await hand.on(async (partition) => partition.snapshot())
  const after = async (rounds: number) => {
    for (let i = 0; i < rounds; i++) await hand.write(scattered(`round ${i}`))
    return hand.on(async ({ core }) => {
      const { deferred, chain } = core
      return {
        states: chain.live.length,
        memory: deferred.bytes - deferred.redoBytes,
        places: chain.live.reduce((sum, { leftBehind }) => sum + leftBehind.length, 0),
      }
    })
  }
  const early = await after(10)
  expect(early.states).toBe(2)
  expect(early.memory).toBeGreaterThan(0)
  expect(await after(40)).toEqual(early)
  await hand.ask((store) => store.keepUp())
  expect(await hand.on(async ({ core }) => core.deferred.bytes)).toBe(0)
  snapshot.release()
  expect(await hand.on(async ({ core }) => core.chain.live[0]?.leftBehind)).toEqual([])
})
