/** The key-value engine on a real disk beside LMDB and LevelDB: the same keys and values, every batch durable when it is answered. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ClassicLevel } from 'classic-level'
import { open as openLmdb } from 'lmdb'
import { RealHost } from '../sim/real/index.js'
import { open as openKv } from '../systems/kv/store.js'
import { assertEqual, type Measure, secondsOf } from './harness.js'

const keys = 100_000
const valueBytes = 100
const batchKeys = 1_000
const batches = 20
const reads = 100_000

interface Embedded {
  /** All of it durable when it settles. */
  write(entries: readonly (readonly [key: string, value: Uint8Array])[]): Promise<void>
  read(key: string): Promise<Uint8Array | undefined>
  /** Entries from the first key on; answers how many there were. */
  scan(): Promise<number>
  close(): Promise<void>
}
type OpenEmbedded = (folder: string) => Promise<Embedded>

const encode = (text: string) => new TextEncoder().encode(text)

const stores: Readonly<Record<string, OpenEmbedded>> = {
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

const keyOf = (n: number) => `user:${String(n).padStart(8, '0')}`
/** Visits all numbers below `keys` in an order that looks random, the same for every store. */
const scattered = (i: number) => (i * 61_681) % keys
const valueFor = (n: number) => new Uint8Array(valueBytes).fill(n & 0xff)

/** Runs on a store that holds all keys, in a folder of its own. */
async function onFilled(openStore: OpenEmbedded, work: (store: Embedded, folder: string) => Promise<number>): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-kv-'))
  const store = await openStore(folder)
  try {
    for (let first = 0; first < keys; first += 10_000) await store.write(Array.from({ length: 10_000 }, (_, i) => [keyOf(first + i), valueFor(first + i)]))
    return await work(store, folder)
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const measuresOf = (name: string, openStore: OpenEmbedded): Measure[] => [
  {
    name: `kv/random read/${name}`,
    unit: 'reads/s',
    run: () =>
      onFilled(openStore, async (store) => {
        const read = async () => {
          let bytes = 0
          for (let i = 0; i < reads; i++) bytes += (await store.read(keyOf(scattered(i))))?.length ?? 0
          assertEqual(bytes, reads * valueBytes, 'bytes read')
        }
        await read()
        return reads / (await secondsOf(read))
      }),
  },
  {
    name: `kv/scan/${name}`,
    unit: 'entries/s',
    run: () => onFilled(openStore, async (store) => keys / (await secondsOf(async () => assertEqual(await store.scan(), keys, 'entries')))),
  },
  {
    name: `kv/batches of ${batchKeys} scattered keys, synced/${name}`,
    unit: 'keys/s',
    run: () =>
      onFilled(openStore, async (store) => {
        const write = async () => {
          for (let batch = 0; batch < batches; batch++)
            await store.write(Array.from({ length: batchKeys }, (_, i) => [keyOf(scattered(batch * batchKeys + i)), valueFor(batch)]))
        }
        return (batches * batchKeys) / (await secondsOf(write))
      }),
  },
  {
    name: `kv/single writes, synced/${name}`,
    unit: 'writes/s',
    run: () =>
      onFilled(openStore, async (store) => {
        const write = async () => {
          for (let i = 0; i < 300; i++) await store.write([[keyOf(scattered(i)), valueFor(i)]])
        }
        return 300 / (await secondsOf(write))
      }),
  },
  {
    name: `kv/95% reads, 5% synced writes/${name}`,
    unit: 'operations/s',
    run: () =>
      onFilled(openStore, async (store) => {
        const mix = async () => {
          for (let i = 0; i < 4_000; i++) {
            if (i % 20 === 0) await store.write([[keyOf(scattered(i)), valueFor(i)]])
            else await store.read(keyOf(scattered(i)))
          }
        }
        return 4_000 / (await secondsOf(mix))
      }),
  },
  {
    name: `kv/cold open and one read/${name}`,
    unit: 'ms',
    run: async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-kv-'))
      try {
        const first = await openStore(folder)
        for (let at = 0; at < keys; at += 10_000) await first.write(Array.from({ length: 10_000 }, (_, i) => [keyOf(at + i), valueFor(at + i)]))
        await first.close()
        let again: Embedded | undefined
        const seconds = await secondsOf(async () => {
          again = await openStore(folder)
          assertEqual((await again.read(keyOf(5)))?.length, valueBytes, 'bytes read')
        })
        await again?.close()
        return seconds * 1_000
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  },
  {
    name: `kv/bytes on disk for a key of 13 and a value of ${valueBytes}/${name}`,
    unit: 'bytes',
    run: () => onFilled(openStore, async (_store, folder) => sizeOf(folder) / keys),
  },
]

function sizeOf(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name)
    bytes += entry.isDirectory() ? sizeOf(inside) : statSync(inside).blocks * 512
  }
  return bytes
}

const all = Object.entries(stores).map(([name, openStore]) => measuresOf(name, openStore))
/** Store beside store. */
export const kvMeasures: readonly Measure[] = (all[0] as Measure[]).flatMap((_, i) => all.map((measures) => measures[i] as Measure))
