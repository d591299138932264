import { describe, expect, test } from 'vitest'
import type { GivenOptions } from '../../../systems/kv/options.js'
import { bytes, del, put, StoreInHand, small, text } from './store-in-hand.js'

const keyOf = (n: number) => `k${String(n).padStart(5, '0')}`
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
const quick: GivenOptions = { ...small, dataCacheBytes: 1_048_576, indexCacheBytes: 1_048_576, deferredBytes: 0 }

/** Every file keeps a third of its pages, 600 in all. */
async function wasteful(options: GivenOptions = quick): Promise<StoreInHand> {
  const hand = await StoreInHand.start(options)
  for (let from = 0; from < 1_800; from += 600) await hand.write(range(from, from + 600).map((n) => put(keyOf(n), 'v'.repeat(300))))
  await hand.write(range(0, 1_800).flatMap((n) => (n % 3 === 0 ? [] : [del(keyOf(n))])))
  return hand
}
const shapeOf = (hand: StoreInHand) => hand.ask(async (store) => store.stats().partitions[0]!)

describe('A round of upkeep', () => {
  test('removes all entries that have expired, and writes the pages from which they went', async () => {
    await using hand = await StoreInHand.start({ ...quick, deferredBytes: 1_048_576 })
    const now = await hand.on(async (partition) => partition.core.nowMillis())
    for (let from = 0; from < 3_500; from += 500) await hand.write(range(from, from + 500).map((n) => put(keyOf(n), 'v', now + 1_000)))
    await hand.write([put('kept', 'v', now + 1_000_000)])
    await hand.advance(2_000_000_000)
    await hand.ask((store) => store.keepUp())
    expect((await shapeOf(hand)).pages).toBe(2)
    expect(await hand.on(async ({ core }) => core.deferred.isEmpty)).toBe(true)
  })

  test('compacts until the data files are dense enough, with writes in between', async () => {
    await using hand = await wasteful({ ...quick, amplification: 1.2 })
    const before = await shapeOf(hand)
    expect(before.amplification).toBeGreaterThan(2)
    const seen = await hand.ask(async (store) => {
      const partition = await store.partition('t')
      const ends: string[] = []
      const upkeep = store.keepUp().then(() => ends.push('upkeep'))
      const write = partition.write(bytes(keyOf(0)), bytes('new')).then(() => ends.push('write'))
      await Promise.all([upkeep, write])
      return ends
    })
    expect(seen).toEqual(['write', 'upkeep'])
    expect((await shapeOf(hand)).amplification).toBeLessThanOrEqual(1.2)
    expect(await hand.on(async (partition) => text((await partition.read(bytes(keyOf(0))))!.value))).toBe('new')
  })

  test('ends although pages cannot be read, and although what is written meanwhile is more than it does', async () => {
    await using hand = await wasteful({ ...quick, dataCacheBytes: 0 })
    const disk = hand.simulation.diskOf(hand.simulation.host('store-1')!)
    for (const { path } of disk.durableFiles()) if (path.includes('/data-')) for (let sector = 0; sector < 32; sector++) disk.rot(path, sector, sector)
    await hand.ask((store) => store.keepUp())
    await using other = await wasteful({ ...quick, amplification: 1.05 })
    const rounds = await other.ask(async (store) => {
      const partition = await store.partition('t')
      let isOver = false
      let writes = 0
      const upkeep = store.keepUp().then(() => {
        isOver = true
      })
      // Places are wasted faster than upkeep wins them back.
      while (!isOver && writes < 200) {
        await partition.batchWrite(range(0, 150).map((n) => put(keyOf((n * 4 + (writes % 4)) * 3), `${writes}`.padStart(300))))
        writes++
      }
      await upkeep
      return writes
    })
    expect(rounds).toBeLessThan(200)
  })

  test('does not move pages for the sake of files that an archive holds', async () => {
    await using hand = await StoreInHand.start(quick)
    await hand.write(range(0, 600).map((n) => put(keyOf(n), 'v'.repeat(300))))
    await hand.on((partition) => partition.archive())
    for (let round = 0; round < 3; round++) await hand.write(range(0, 600).map((n) => put(keyOf(n), `${round}`.repeat(300))))
    await hand.write([put(keyOf(0), 'changed')])
    await hand.ask((store) => store.keepUp())
    const before = await hand.ask(async (store) => store.stats())
    await hand.ask((store) => store.keepUp())
    expect((await hand.ask(async (store) => store.stats())).pageWrites).toBe(before.pageWrites)
    await hand.write([put(keyOf(1), 'changed')])
    const between = await hand.ask(async (store) => store.stats())
    await hand.ask((store) => store.keepUp())
    expect((await hand.ask(async (store) => store.stats())).pageWrites).toBe(between.pageWrites)
  })
})
