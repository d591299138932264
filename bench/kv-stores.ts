/** Embedded stores as the bench uses them: the same keys and values, every batch durable when it is answered. */
import { ClassicLevel } from 'classic-level'
import { open as openLmdb } from 'lmdb'
import { RealHost } from '../sim/real/index.js'
import { open as openKv } from '../systems/kv/store.js'

export const keys = 100_000
export const valueBytes = 100

export interface Embedded {
  /** All of it durable when it settles. */
  write(entries: readonly (readonly [key: string, value: Uint8Array])[]): Promise<void>
  read(key: string): Promise<Uint8Array | undefined>
  /** Entries from the first key on; answers how many there were. */
  scan(): Promise<number>
  close(): Promise<void>
}
export type OpenEmbedded = (folder: string) => Promise<Embedded>

const encoder = new TextEncoder()
const encode = (text: string) => encoder.encode(text)

export const stores: Readonly<Record<string, OpenEmbedded>> = {
  seedfall: async (folder) => {
    const host = await RealHost.open({ cluster: 'bench', role: 'store', ordinal: 1, data: folder, log: { write: () => {} } })
    const store = await openKv(host)
    const partition = await store.partition('bench')
    return {
      write: (entries) => partition.batchWrite(entries.map(([key, value]) => ({ kind: 'put', key: encode(key), value }))),
      read: async (key) => (await partition.read(encode(key)))?.value,
      scan: async () => {
        let count = 0
        for await (const _ of partition.scan()) count++
        return count
      },
      close: async () => {
        await store.close()
        await host.close()
      },
    }
  },
  'classic-level': async (folder) => {
    const level = new ClassicLevel<string, Uint8Array>(folder, { keyEncoding: 'utf8', valueEncoding: 'view', cacheSize: 64 * 1024 * 1024 })
    await level.open()
    return {
      write: (entries) =>
        level.batch(
          entries.map(([key, value]) => ({ type: 'put' as const, key, value })),
          { sync: true },
        ),
      read: (key) => level.get(key),
      scan: async () => {
        let count = 0
        for await (const _ of level.iterator()) count++
        return count
      },
      close: () => level.close(),
    }
  },
  lmdb: async (folder) => {
    const lmdb = openLmdb<Uint8Array, string>({ path: folder, encoding: 'binary', overlappingSync: false })
    return {
      write: async (entries) => {
        await lmdb.transaction(() => {
          for (const [key, value] of entries) void lmdb.put(key, value)
        })
      },
      read: async (key) => lmdb.get(key),
      scan: async () => {
        let count = 0
        for (const _ of lmdb.getRange()) count++
        return count
      },
      close: () => lmdb.close(),
    }
  },
}

export const keyOf = (n: number) => `user:${String(n).padStart(8, '0')}`
/** Visits all numbers below `keys` in an order that looks random, the same for every store. */
export const scattered = (i: number) => (i * 61_681) % keys
export const valueFor = (n: number) => new Uint8Array(valueBytes).fill(n & 0xff)

/** All keys, in batches of ten thousand. */
export async function fill(store: Embedded): Promise<void> {
  for (let first = 0; first < keys; first += 10_000) await store.write(Array.from({ length: 10_000 }, (_, i) => [keyOf(first + i), valueFor(first + i)]))
}
