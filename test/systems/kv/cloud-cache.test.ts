import { describe, expect, test } from 'vitest'
import type { GivenOptions } from '../../../systems/kv/options.js'
import { put, StoreInHand, small } from './store-in-hand.js'

const cacheBytes = 32_768
const options: GivenOptions = { ...small, cloud: { cacheBytes } }

/** What the disk holds as a cache: by file its size in bytes. */
const cached = (hand: StoreInHand): Promise<ReadonlyMap<string, number>> =>
  hand.ask(async (store, { disk }) => {
    await store.partition('t')
    const sizes = new Map<string, number>()
    for (const name of await disk.list('kv/t-0')) if (name.startsWith('data-')) sizes.set(name, (await disk.stat(`kv/t-0/${name}`))?.size ?? 0)
    return sizes
  })
const sum = (sizes: ReadonlyMap<string, number>) => [...sizes.values()].reduce((all, size) => all + size, 0)

describe('The cache of a cloud tier', () => {
  test('stays within its bounds over many lives, and goes on with what an earlier life left', async () => {
    await using hand = await StoreInHand.start(options, { objects: true })
    for (let life = 0; life < 4; life++) {
      for (let i = 0; i < 8; i++) await hand.write(Array.from({ length: 12 }, (_, j) => put(`k${life}-${i}-${j}`, 'v'.repeat(300))))
      const before = await cached(hand)
      await hand.crash()
      expect(sum(await cached(hand))).toBeLessThanOrEqual(cacheBytes)
      expect(await cached(hand)).toEqual(before)
    }
    expect((await cached(hand)).size).toBeGreaterThan(1)
    expect(Object.keys(await hand.all()).length).toBe(4 * 8 * 12)
  })

  test('lets go of files that an earlier life left and that the state does not name', async () => {
    await using hand = await StoreInHand.start(options, { objects: true })
    await hand.write([put('a', '1')])
    await hand.ask((_, { disk }) => disk.append('kv/t-0/data-777', new Uint8Array(512)))
    expect((await cached(hand)).has('data-777')).toBe(true)
    await hand.crash()
    expect([...(await cached(hand)).keys()]).not.toContain('data-777')
    expect(await hand.all()).toEqual({ a: '1' })
  })
})
