import { describe, expect, test } from 'vitest'
import { ms, us } from '../../../sim/index.js'
import { bytes, put, StoreInHand } from './store-in-hand.js'

const key = (n: number) => `key-${String(n).padStart(6, '0')}`
const options = { pageBytes: 4_096, filePages: 256, indexCacheBytes: 1 << 20, dataCacheBytes: 0, filterBytes: 0, upkeepEvery: ms(1_000_000) }
const nvme = { options: { 'disk.model': 0, 'cpu.model': 0 } }

async function filled(): Promise<StoreInHand> {
  const hand = await StoreInHand.start(options, nvme)
  for (let first = 0; first < 4_000; first += 1_000) await hand.write(Array.from({ length: 1_000 }, (_, i) => put(key(first + i), 'v'.repeat(100))))
  return hand
}

describe('On the NVMe model', () => {
  test('a point read asks the device at most once when the index is in memory, and not at all for what a filter rules out', async () => {
    await using hand = await filled()
    await hand.on((partition) => partition.read(bytes(key(7))))
    const reads = (of: readonly string[]) =>
      hand.ask(async (store) => {
        const partition = await store.partition('t')
        const before = store.stats().pageReads
        for (const each of of) await partition.read(bytes(each))
        return store.stats().pageReads - before
      })
    expect(await reads(Array.from({ length: 200 }, (_, i) => key(i * 19)))).toBe(200)
    await using filtering = await StoreInHand.start({ ...options, filterBytes: 1 << 20 }, nvme)
    await filtering.write(Array.from({ length: 1_000 }, (_, i) => put(key(i * 2), 'v'.repeat(100))))
    const missing = await filtering.ask(async (store) => {
      const partition = await store.partition('t')
      for (let i = 0; i < 500; i++) await partition.read(bytes(key(i * 2 + 1)))
      const before = store.stats().pageReads
      for (let i = 0; i < 500; i++) await partition.read(bytes(key(i * 2 + 1)))
      return store.stats().pageReads - before
    })
    // One in a hundred passes a filter of ten bits a key.
    expect(missing).toBeLessThan(25)
  })

  test.each([
    [true, 1],
    [false, 2],
  ])('the first read after a start asks the device once where index pages are read beforehand (%s)', async (prewarms, asked) => {
    await using hand = await StoreInHand.start({ ...options, prewarms }, nvme)
    await hand.write(Array.from({ length: 1_000 }, (_, i) => put(key(i), 'v'.repeat(100))))
    await hand.ask(async (store) => store.keepUp())
    await hand.crash()
    await hand.on((partition) => Promise.resolve(partition.name))
    await hand.advance(ms(50))
    const reads = await hand.ask(async (store) => {
      const partition = await store.partition('t')
      const before = store.stats().pageReads
      await partition.read(bytes(key(500)))
      return store.stats().pageReads - before
    })
    expect(reads).toBe(asked)
  })

  test('at half of its load 99% of reads take less than 100 us, and 99% of writes less than 1 ms', async () => {
    await using hand = await filled()
    // 32 operations at a time of 48 us each, on average: a read every 1.5 us is what the device can do.
    const readTimes = await times(hand, 4_000, us(3), async (partition, i) => void (await partition.read(bytes(key((i * 7_919) % 4_000)))))
    expect(quantile(readTimes, 99)).toBeLessThan(us(100))
    // A commit takes about 400 us, two syncs of which: one every 800 us keeps the partition's writer busy for half of the time.
    const writeTimes = await times(hand, 1_000, us(800), (partition, i) => partition.write(bytes(key((i * 7_919) % 4_000)), bytes('w'.repeat(100))))
    expect(quantile(writeTimes, 99)).toBeLessThan(ms(1))
  })
})

type Partition = Parameters<Parameters<StoreInHand['on']>[0]>[0]

/** How long each of many operations took that begin at a steady rate, whatever becomes of those before, in nanoseconds. */
async function times(hand: StoreInHand, count: number, every: number, run: (partition: Partition, i: number) => Promise<void>): Promise<number[]> {
  return hand.ask(async (store, host) => {
    const partition = await store.partition('t')
    const took: number[] = []
    const running: Promise<void>[] = []
    for (let i = 0; i < count; i++) {
      const began = host.clock.monotonic()
      running.push(run(partition, i).then(() => void took.push(host.clock.monotonic() - began)))
      await host.clock.sleep(every)
    }
    await Promise.all(running)
    return took
  })
}

function quantile(values: number[], percent: number): number {
  const sorted = values.sort((a, b) => a - b)
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1]!
}
