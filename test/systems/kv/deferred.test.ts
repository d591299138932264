import { describe, expect, test } from 'vitest'
import { Misuse } from '../../../sim/index.js'
import { CorruptPage, StoreClosed } from '../../../systems/kv/errors.js'
import { completeOptions } from '../../../systems/kv/options.js'
import type { StoreStats } from '../../../systems/kv/stats.js'
import { bytes, put, StoreInHand, small, text } from './store-in-hand.js'

const keyOf = (n: number) => `k${String(n).padStart(4, '0')}`
const many = Array.from({ length: 600 }, (_, i) => put(keyOf(i), `value ${i}`))
/** One entry of each data page, about. */
const scattered = (value: string) => Array.from({ length: 30 }, (_, i) => put(keyOf(i * 20 + 3), value))

const statsOf = (hand: StoreInHand) => hand.ask(async (store) => store.stats())
const since = (before: StoreStats, after: StoreStats) => ({
  pages: after.pageWrites - before.pageWrites,
  writes: after.writes - before.writes,
  syncs: after.syncs - before.syncs,
})
const read = (hand: StoreInHand, n: number) => hand.on(async (partition) => text((await partition.read(bytes(keyOf(n))))!.value))

describe('A batch that would write many pages', () => {
  test('writes one record to each copy of the manifest, and its pages once with those of batches after it', async () => {
    await using hand = await StoreInHand.start({ ...small, manifestCopies: 2 })
    await hand.write(many)
    const before = await statsOf(hand)
    await hand.write(scattered('one'))
    await hand.write(scattered('two'))
    const between = await statsOf(hand)
    expect(since(before, between)).toEqual({ pages: 0, writes: 4, syncs: 4 })
    await hand.ask((store) => store.keepUp())
    const after = await statsOf(hand)
    expect(since(between, after).pages).toBeGreaterThan(10)
    expect(since(between, after).pages).toBeLessThanOrEqual(30)
    await hand.ask((store) => store.keepUp())
    expect(since(after, await statsOf(hand)).pages).toBe(0)
  })

  test('is there after a power loss, before its pages are written and after, and after another during recovery', async () => {
    await using hand = await StoreInHand.start()
    await hand.write(many)
    await hand.write(scattered('one'))
    await hand.powerLoss()
    expect(await read(hand, 23)).toBe('one')
    await hand.powerLoss()
    expect(await read(hand, 23)).toBe('one')
    await hand.write(scattered('two'))
    await hand.ask((store) => store.keepUp())
    await hand.powerLoss()
    const all = await hand.all()
    expect(Object.keys(all).length).toBe(600)
    for (let i = 0; i < 600; i++) expect(all[keyOf(i)]).toBe(i % 20 === 3 ? 'two' : `value ${i}`)
  })

  test('is written with its pages where a store has no memory for them', async () => {
    await using hand = await StoreInHand.start({ ...small, deferredBytes: 0 })
    await hand.write(many)
    const before = await statsOf(hand)
    await hand.write(scattered('one'))
    expect(since(before, await statsOf(hand)).pages).toBeGreaterThan(10)
    expect(() => completeOptions({ deferredBytes: -1 })).toThrow(Misuse)
  })

  test('leaves alone what a snapshot reads, in memory and in files, while places are used again', async () => {
    await using hand = await StoreInHand.start({ ...small, layout: 'reuse' })
    await hand.write(many)
    await hand.write(scattered('one'))
    const [first, second] = await hand.on(async (partition) => {
      const early = partition.snapshot()
      await partition.batchWrite(scattered('two'))
      const late = partition.snapshot()
      return [early, late] as const
    })
    for (let round = 0; round < 5; round++) {
      await hand.write(scattered(`round ${round}`))
      await hand.ask((store) => store.keepUp())
    }
    const value = (snapshot: typeof first) => hand.ask(async () => text((await snapshot.read(bytes(keyOf(43))))!.value))
    expect([await value(first), await value(second), await read(hand, 43)]).toEqual(['one', 'two', 'round 4'])
    expect((await statsOf(hand)).deferredBytes).toBeGreaterThan(0)
    first.release()
    second.release()
    expect((await statsOf(hand)).deferredBytes).toBe(0)
  })

  test('refuses to open when a page decayed that it changes: the error names it', async () => {
    await using hand = await StoreInHand.start()
    await hand.write(many)
    await hand.write(scattered('one'))
    const disk = hand.simulation.diskOf(hand.simulation.host('store-1')!)
    for (const { path } of disk.durableFiles()) if (path.includes('/data-')) for (let sector = 0; sector < 16; sector++) disk.rot(path, sector, sector)
    await hand.powerLoss()
    await expect(read(hand, 23)).rejects.toThrow(CorruptPage)
  })
})

test('A long value is written with its pages: a record of it would be as long', async () => {
  await using hand = await StoreInHand.start({ ...small, manifestCopies: 1 })
  await hand.write(many)
  const before = await statsOf(hand)
  await hand.write([put('k0003', 'v'.repeat(40_000))])
  expect(since(before, await statsOf(hand)).pages).toBeGreaterThan(5)
})

test('A read of a snapshot that is released before it is answered says so', async () => {
  await using hand = await StoreInHand.start({ ...small, indexCacheBytes: 0, dataCacheBytes: 0 })
  await hand.write(many)
  await hand.write(scattered('one'))
  const told = await hand.on(async (partition) => {
    const snapshot = partition.snapshot()
    await partition.batchWrite(scattered('two'))
    const reading = snapshot.read(bytes(keyOf(23)))
    snapshot.release()
    return await reading.then(
      () => 'answered',
      (error: unknown) => (error instanceof StoreClosed ? 'closed' : String(error)),
    )
  })
  expect(['answered', 'closed']).toContain(told)
})
