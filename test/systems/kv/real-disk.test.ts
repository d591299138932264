import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { s } from '../../../sim/host/durations.js'
import { ObjectStoreError } from '../../../sim/host/errors.js'
import type { ObjectStore } from '../../../sim/host/object-store.js'
import { DirectoryObjectStore, deflateCodec, RealHost } from '../../../sim/real/index.js'
import { S3ObjectStore } from '../../../sim/real/s3-object-store.js'
import { ExpiredTerm } from '../../../systems/kv/errors.js'
import type { GivenOptions } from '../../../systems/kv/options.js'
import { type KvPartition, type KvStore, open } from '../../../systems/kv/store.js'
import { startS3Server } from '../../sim/real/s3-server.js'
import { bytes, put, text } from './store-in-hand.js'

const folders: string[] = []
const folder = () => {
  const made = mkdtempSync(path.join(tmpdir(), 'seedfall-kv-test-'))
  folders.push(made)
  return made
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true })
})

async function withStore<T>(
  data: string,
  options: GivenOptions,
  work: (partition: KvPartition, store: KvStore) => Promise<T>,
  objects?: ObjectStore,
): Promise<T> {
  const host = await RealHost.open({
    cluster: 'test',
    role: 'store',
    ordinal: 1,
    data,
    log: { write: () => {} },
    ...(objects === undefined ? {} : { objects }),
  })
  try {
    const store = await open(host, options)
    const result = await work(await store.partition('t'), store)
    await store.close()
    return result
  } finally {
    await host.close()
  }
}

const many = (word: string) => Array.from({ length: 500 }, (_, i) => put(`k${String(i).padStart(4, '0')}`, `${word} ${i}`.repeat(1 + (i % 40))))
const valuesOf = async (partition: KvPartition) => {
  const found: string[] = []
  for await (const { value } of partition.scan()) found.push(text(value))
  return found
}

describe('On a real disk', () => {
  test.each(['append', 'reuse'] as const)('what was written is there at the next start, after compaction and collection (%s)', async (layout) => {
    const data = folder()
    const options: GivenOptions = { layout, pageBytes: 1_024, filePages: 32, amplification: 1.3, manifestBytes: 4_096 }
    await withStore(data, options, async (partition, store) => {
      for (const word of ['a', 'b', 'c']) await partition.batchWrite(many(word))
      await partition.batchWrite([put('long', 'x'.repeat(100_000)), { kind: 'delete', key: bytes('k0007') }])
      for (let round = 0; round < 5; round++) await store.keepUp()
    })
    await withStore(data, options, async (partition) => {
      const expected = many('c').map((operation) => text((operation as { value: Uint8Array }).value))
      expected.splice(7, 1)
      expect(await valuesOf(partition)).toEqual([...expected, 'x'.repeat(100_000)])
      expect(await partition.read(bytes('k0007'))).toBeNull()
    })
  })

  test('values that a codec compressed come back as they were, and only with it', async () => {
    const data = folder()
    const codec = deflateCodec()
    const long = 'again and '.repeat(3_000)
    await withStore(data, { codec }, async (partition, store) => {
      await partition.batchWrite([put('long', long), put('short', 'again')])
      expect(store.stats().bytesWritten).toBeLessThan(20_000)
    })
    await withStore(data, { codec }, async (partition) => expect(await valuesOf(partition)).toEqual([long, 'again']))
    await expect(withStore(data, {}, valuesOf)).rejects.toThrow("its values were written with the codec 'deflate', not ''")
  })

  test('batches that are written at the same time share their syncs', async () => {
    await withStore(folder(), {}, async (partition) => {
      const before = partition.core.commits
      await Promise.all(Array.from({ length: 200 }, (_, i) => partition.write(bytes(`k${i}`), bytes(`v${i}`))))
      expect(partition.core.commits - before).toBeLessThan(10)
      expect((await valuesOf(partition)).length).toBe(200)
    })
  })

  test('what a caller does to bytes that it gave or was given changes nothing in the store', async () => {
    await withStore(folder(), {}, async (partition) => {
      const value = new Uint8Array(100).fill(7)
      const written = partition.write(bytes('k'), value)
      value.fill(8)
      await written
      const found = (await partition.read(bytes('k')))?.value as Uint8Array
      expect([...found]).toEqual(new Array(100).fill(7))
      found.fill(9)
      expect((await partition.read(bytes('k')))?.value[0]).toBe(7)
      const key = Buffer.from('k')
      const entry = await partition.read(key)
      key.write('z')
      expect(text(entry?.key as Uint8Array)).toBe('k')
    })
  })

  test('a key that a caller goes on using is looked for as it was, though pages have to be read first', async () => {
    await withStore(folder(), { dataCacheBytes: 0, indexCacheBytes: 0, filterBytes: 0, deferredBytes: 0, pageBytes: 512 }, async (partition) => {
      const name = (i: number) => `k${String(i).padStart(4, '0')}`
      await partition.batchWrite(Array.from({ length: 1_000 }, (_, i) => put(name(i), `v${i}`)))
      const archive = await partition.openArchive(await partition.archive())
      const snapshot = partition.snapshot()
      const shared = Buffer.alloc(5)
      const ways = { read: partition, floor: partition, snapshot, archive }
      for (const [way, of] of Object.entries(ways)) {
        const asked = Array.from({ length: 20 }, (_, i) => {
          shared.write(name(i * 50))
          return way === 'floor' ? partition.floor(shared) : of.read(shared)
        })
        const found = (await Promise.all(asked)).map((entry) => entry && [text(entry.key), text(entry.value)])
        expect(found, way).toEqual(Array.from({ length: 20 }, (_, i) => [name(i * 50), `v${i * 50}`]))
      }
      shared.write(name(990))
      const scan = partition.scan({ from: shared })
      const first = await scan.next()
      shared.write(name(0))
      let count = 1
      for await (const _ of scan) count++
      expect([text((first.value as { key: Uint8Array }).key), count]).toEqual([name(990), 10])
      snapshot.release()
    })
  })

  test('a store is closed for everybody who closes it once it is closed', async () => {
    const host = await RealHost.open({ cluster: 'test', role: 'store', ordinal: 1, data: folder() })
    const store = await open(host, {})
    const partition = await store.partition('t')
    const write = partition.write(bytes('k'), bytes('v'))
    void store.close()
    await store.close()
    await (await open(host, {})).close()
    await write
    await host.close()
  })
})

describe('With a cloud tier', () => {
  const options = (owner: string): GivenOptions => ({ cloud: { owner, prefix: 'kv' }, pageBytes: 1_024 })

  async function takesOver(objects: ObjectStore): Promise<void> {
    await withStore(
      folder(),
      options('first'),
      async (first) => {
        await first.batchWrite(many('a'))
        // Another machine, whose disk has nothing.
        await withStore(folder(), options('second'), async (second) => expect((await valuesOf(second)).length).toBe(500), objects)
        await expect(first.write(bytes('k'), bytes('late'))).rejects.toBeInstanceOf(ExpiredTerm)
      },
      objects,
    )
    await withStore(folder(), options('third'), async (third) => expect(await third.read(bytes('k'))).toBeNull(), objects)
  }

  test('in a directory a store opens anywhere, and who was overtaken writes no more', async () => {
    await takesOver(new DirectoryObjectStore({ directory: folder() }))
  })

  test('a directory with partitions of its own is not taken for a cache, nor a cache for partitions', async () => {
    const [data, other] = [folder(), folder()]
    const objects = new DirectoryObjectStore({ directory: folder() })
    await withStore(data, { deferredBytes: 0 }, (partition) => partition.batchWrite(many('a')))
    await expect(withStore(data, { cloud: {} }, async () => {}, objects)).rejects.toThrow("open it without 'cloud'")
    await withStore(data, {}, async (partition) => expect((await valuesOf(partition)).length).toBe(500))
    await withStore(other, { cloud: {} }, (partition) => partition.batchWrite(many('a')), objects)
    await expect(withStore(other, {}, async () => {})).rejects.toThrow('expected a manifest beside the data files, found none')
    await withStore(other, { cloud: {} }, async (partition) => expect((await valuesOf(partition)).length).toBe(500), objects)
  })

  test('in S3 a store opens anywhere, and who was overtaken writes no more', async () => {
    const server = await startS3Server(1_024)
    const credentials = { accessKeyId: 'key', secretAccessKey: 'secret' }
    const objects = new S3ObjectStore({ bucket: 'bucket', client: { endpoint: server.endpoint, region: 'eu-central-1', forcePathStyle: true, credentials } })
    try {
      await takesOver(objects)
    } finally {
      objects.close()
      await server.close()
    }
  })
})

/** The object store, one of whose calls fails while `fails` says so. */
function failing(objects: ObjectStore, method: 'get' | 'put', fails: (key: string) => boolean): ObjectStore {
  return new Proxy(objects, {
    get(target, name) {
      if (name === method)
        return (key: string, ...more: unknown[]) =>
          fails(key)
            ? Promise.reject(new ObjectStoreError('timeout', method, key))
            : (target[method] as (...all: unknown[]) => unknown).call(target, key, ...more)
      const value = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

describe('An owner of objects', () => {
  const options = (owner: string): GivenOptions => ({ cloud: { owner, attempts: 2, pause: 1, snapshotEvery: 1 }, upkeepEvery: s(3_600) })

  test('that could not look whether its term is over, after it had written the manifest, goes on when it can', async () => {
    let left = 0
    const objects = failing(new DirectoryObjectStore({ directory: folder() }), 'get', (key) => key.endsWith('CURRENT_TERM') && left-- > 0)
    await withStore(
      folder(),
      options('only'),
      async (partition, store) => {
        for (const key of ['a', 'b', 'c']) await partition.write(bytes(key), bytes(key))
        left = 2
        await store.keepUp()
        await partition.write(bytes('d'), bytes('d'))
        expect(await valuesOf(partition)).toEqual(['a', 'b', 'c', 'd'])
      },
      objects,
    )
  })

  test('that was overtaken while it was in doubt reads no more once it knows', async () => {
    const shared = new DirectoryObjectStore({ directory: folder() })
    let isDropping = false
    const dropping = failing(shared, 'put', (key) => isDropping && key.includes('manifest-'))
    await withStore(
      folder(),
      options('first'),
      async (first) => {
        await first.write(bytes('k'), bytes('old'))
        isDropping = true
        await expect(first.write(bytes('k'), bytes('lost'))).rejects.toThrow()
        isDropping = false
        await withStore(folder(), options('second'), (second) => second.write(bytes('k'), bytes('new')), shared)
        await expect(first.write(bytes('k'), bytes('late'))).rejects.toThrow(ExpiredTerm)
        await expect(first.read(bytes('k'))).rejects.toThrow(ExpiredTerm)
      },
      dropping,
    )
  })
})

describe('A store that is closed while it is read', () => {
  const openFiles = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).includes('/data-')
      } catch {
        return false
      }
    }).length

  test.skipIf(process.platform !== 'linux')('leaves no file open', async () => {
    const options: GivenOptions = { pageBytes: 512, filePages: 16, readAhead: 1, upkeepEvery: s(3_600) }
    const host = await RealHost.open({ cluster: 'test', role: 'store', ordinal: 1, data: folder(), log: { write: () => {} } })
    const first = await open(host, options)
    await (await first.partition('t')).write(bytes('k'), new Uint8Array(1_000_000))
    await first.keepUp()
    await first.close()
    const second = await open(host, options)
    const reading = (await second.partition('t')).read(bytes('k')).catch((error: unknown) => error)
    while (second.counts.pageReads < 20) await new Promise((resolve) => setImmediate(resolve))
    await second.close()
    await reading
    await new Promise((resolve) => setTimeout(resolve, 20))
    const left = openFiles()
    await host.close()
    expect(left).toBe(0)
  })
})
