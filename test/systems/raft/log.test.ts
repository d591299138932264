import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compactLog,
  durableToken,
  entriesFrom,
  type Log,
  lastIndex,
  lastPlaceOfTerm,
  lastTerm,
  markDurable,
  restartLog,
  termAt,
  writeEntries,
} from '../../../systems/raft/log.js'
import type { Entry } from '../../../systems/raft/messages.js'

function entry(index: number, term: number, bytes = 0): Entry {
  return { index, term, kind: 'normal', data: new Uint8Array(bytes) }
}

function logOf(terms: readonly number[], base = { index: 0, term: 0 }): Log {
  return { base, entries: terms.map((term, i) => entry(base.index + i + 1, term)), durable: base.index + terms.length, pending: [] }
}

describe('Log', () => {
  it('knows the terms of its entries and of the place before them, and no others', () => {
    const log = logOf([2, 2, 3], { index: 5, term: 1 })
    expect([4, 5, 6, 7, 8, 9].map((index) => termAt(log, index))).toEqual([-1, 1, 2, 2, 3, -1])
    expect([lastIndex(log), lastTerm(log)]).toEqual([8, 3])
    expect([lastIndex(logOf([], { index: 5, term: 1 })), lastTerm(logOf([], { index: 5, term: 1 }))]).toEqual([5, 1])
  })

  it('cuts batches by weight, with one entry at least', () => {
    const log = logOf([])
    for (let i = 1; i <= 4; i++) log.entries.push(entry(i, 1, 84))
    const sizes = [1, 100, 199, 200, 1_000].map((bytes) => entriesFrom(log, 2, bytes).length)
    expect(sizes).toEqual([1, 1, 1, 2, 3])
  })

  it('compacts up to an entry it holds', () => {
    const log = logOf([1, 1, 2])
    compactLog(log, 2)
    expect(log).toMatchObject({ base: { index: 2, term: 1 }, entries: [{ index: 3 }] })
    expect(() => compactLog(log, 4)).toThrow('cannot compact')
  })

  it('takes no entry that leaves a gap', () => {
    expect(() => writeEntries(logOf([1]), [entry(3, 1)], 0, 1)).toThrow('does not continue')
  })

  it('restarts after a snapshot, which is durable once its save is', () => {
    const log = logOf([1, 1])
    restartLog(log, { index: 9, term: 4 }, 3)
    expect([lastIndex(log), lastTerm(log), durableToken(log, 9)]).toEqual([9, 4, 3])
    markDurable(log, 3)
    expect(durableToken(log, 9)).toBe(0)
  })

  it.each([
    { terms: [1, 1, 2, 2, 4], index: 5, term: 4, place: 5 },
    { terms: [1, 1, 2, 2, 4], index: 5, term: 3, place: 4 },
    { terms: [1, 1, 2, 2, 4], index: 4, term: 1, place: 2 },
    { terms: [1, 1, 2, 2, 4], index: 9, term: 9, place: 5 },
    { terms: [3, 3], index: 2, term: 2, place: 0 },
  ])('the last place of term $term at or before $index in $terms is $place', ({ terms, index, term, place }) => {
    expect(lastPlaceOfTerm(logOf(terms), index, term).index).toBe(place)
  })

  it('takes for durable exactly what has not been replaced since it was saved', () => {
    const writes = fc.array(fc.record({ back: fc.nat(4), count: fc.integer({ min: 1, max: 4 }), saves: fc.nat(2) }), { maxLength: 20 })
    fc.assert(
      fc.property(writes, (steps) => {
        const log = logOf([])
        const disk: number[] = []
        const pending: { token: number; from: number; terms: number[] }[] = []
        let token = 0
        for (const [i, { back, count, saves }] of steps.entries()) {
          const first = Math.max(1, lastIndex(log) + 1 - back)
          const entries = Array.from({ length: count }, (_, k) => entry(first + k, i + 1))
          writeEntries(log, entries, 0, ++token)
          pending.push({ token, from: first, terms: entries.map(({ term }) => term) })
          for (let k = 0; k < saves; k++) {
            const save = pending.shift()
            if (save === undefined) break
            disk.length = save.from - 1
            disk.push(...save.terms)
            markDurable(log, save.token)
          }
          let equal = 0
          while (equal < disk.length && disk[equal] === log.entries[equal]?.term) equal++
          expect(log.durable).toBeLessThanOrEqual(equal)
          if (pending.length === 0) expect(log.durable).toBe(lastIndex(log))
          for (let index = 1; index <= lastIndex(log); index++) {
            const needed = durableToken(log, index)
            expect(needed === 0).toBe(index <= log.durable)
          }
        }
      }),
    )
  })
})
