import { describe, expect, test } from 'vitest'
import { CorruptManifest, CorruptPage, OutOfSpace, StoreClosed } from '../../../systems/kv/errors.js'
import { bytes, put, StoreInHand, small, text } from './store-in-hand.js'

const many = Array.from({ length: 120 }, (_, i) => put(`k${String(i).padStart(3, '0')}`, `value ${i}`))

describe('What decayed', () => {
  test('is never served: the error names file, page, and what was expected and found', async () => {
    await using hand = await StoreInHand.start({ ...small, indexCacheBytes: 0 })
    await hand.write(many)
    const disk = hand.simulation.diskOf(hand.simulation.host('store-1')!)
    for (const { path } of disk.durableFiles()) if (path.includes('/data-')) for (let sector = 0; sector < 16; sector++) disk.rot(path, sector, sector)
    const error = await hand.on((partition) => partition.read(bytes('k050'))).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(CorruptPage)
    expect((error as Error).message).toMatch(/^kv\/t-0\/data-0: page \d+ \(logical \d+\): expected checksum [0-9a-f]{8} stamp [0-9a-f]{8}, found checksum/)
  })

  test('in one copy of the manifest is healed from the other, and in both refuses to open', async () => {
    await using hand = await StoreInHand.start({ ...small, manifestCopies: 2 })
    await hand.write(many)
    await hand.write([put('k000', 'changed')])
    const disk = hand.simulation.diskOf(hand.simulation.host('store-1')!)
    expect(disk.rot('kv/t-0/manifest-1', 0, 1)).not.toBeNull()
    await hand.crash()
    expect(text((await hand.on((partition) => partition.read(bytes('k000'))))!.value)).toBe('changed')
    // Of a change at its end nobody could tell that it had been there.
    await hand.ask((store) => store.keepUp())
    await hand.crash()
    expect(text((await hand.on((partition) => partition.read(bytes('k000'))))!.value)).toBe('changed')
    disk.rot('kv/t-0/manifest-1', 0, 2)
    disk.rot('kv/t-0/manifest-2', 0, 3)
    await hand.crash()
    await expect(hand.on((partition) => partition.read(bytes('k000')))).rejects.toThrow(
      /manifest-1: at 0: expected checksum [0-9a-f]{8}.*, found checksum [0-9a-f]{8}/,
    )
  })

  test('in the cache of a cloud tier is fetched again', async () => {
    await using hand = await StoreInHand.start({ ...small, indexCacheBytes: 0, cloud: {} }, { objects: true })
    await hand.write(many)
    await hand.powerLoss()
    const values = await hand.all()
    expect(Object.keys(values).length).toBe(120)
  })
})

test('An object of a cloud tier that is not what was written is never served: the error names it and both checksums', async () => {
  await using hand = await StoreInHand.start({ ...small, indexCacheBytes: 0, cloud: {} }, { objects: true })
  await hand.write(many)
  const outcome = (work: () => Promise<unknown>) =>
    work().then(
      () => 'served',
      (error: unknown) => error,
    )
  const replace = (ends: RegExp) =>
    hand.ask(async (_, { objects }) => {
      const { key } = (await objects.list('')).objects.filter((each) => ends.test(each.key)).at(-1)!
      const { body } = (await objects.get(key))!
      const changed = body.slice()
      changed[20] = (changed[20] as number) ^ 1
      await objects.put(key, changed)
      return key
    })
  // Other than pages on the disk, of which the cloud has the copy, those of an object have none.
  const data = await replace(/data-/)
  await hand.ask(async (_, { disk }) => {
    for (const name of await disk.list('kv/t-0')) if (name.startsWith('data-')) await disk.remove(`kv/t-0/${name}`)
  })
  await hand.crash()
  const page = await outcome(() => hand.all())
  expect(page).toBeInstanceOf(CorruptPage)
  expect((page as CorruptPage).message).toMatch(/data-.*: page \d+ \(logical \d+\): expected checksum [0-9a-f]{8} .*, found checksum [0-9a-f]{8}/)
  expect((page as CorruptPage).place.file).toContain(data.split('/').at(-1))
  const manifest = await replace(/manifest-/)
  await hand.crash()
  const state = await outcome(() => hand.all())
  expect(state).toBeInstanceOf(CorruptManifest)
  expect((state as CorruptManifest).message).toMatch(/at 0: expected checksum [0-9a-f]{8}, found checksum [0-9a-f]{8}/)
  expect((state as CorruptManifest).file).toBe(manifest)
})

describe('A write that fails', () => {
  test('for want of space changes nothing, and is possible again once there is some', async () => {
    await using hand = await StoreInHand.start()
    await hand.write(many)
    hand.inject('disk.full', 'store-1', { forNanos: 50_000_000, perMille: 1_000, files: null, key: [1, 2] })
    await expect(hand.write(Array.from({ length: 400 }, (_, i) => put(`n${i}`, 'x'.repeat(300))))).rejects.toBeInstanceOf(OutOfSpace)
    expect(Object.keys(await hand.all()).length).toBe(120)
    await hand.advance(100_000_000)
    await hand.write([put('again', 'yes')])
    expect((await hand.all()).again).toBe('yes')
  })

  test('because the store is closed says so', async () => {
    await using hand = await StoreInHand.start()
    const error = await hand.ask(async (store) => {
      const partition = await store.partition('t')
      await store.close()
      return partition.write(bytes('a'), bytes('b')).catch((failure: unknown) => failure)
    })
    expect(error).toBeInstanceOf(StoreClosed)
  })
})

describe('A snapshot', () => {
  test('and an archive stay as they are while everything is written over, compacted and collected', async () => {
    await using hand = await StoreInHand.start()
    await hand.write(many)
    const seen = await hand.ask(async (store) => {
      const partition = await store.partition('t')
      const snapshot = partition.snapshot()
      const name = await partition.archive()
      for (let round = 0; round < 20; round++) await partition.batchWrite(many.map((_, i) => put(`k${String(i).padStart(3, '0')}`, `round ${round}`)))
      for (let round = 0; round < 8; round++) await store.keepUp()
      const read = async (of: AsyncIterable<{ value: Uint8Array }>) => {
        const values: string[] = []
        for await (const { value } of of) values.push(text(value))
        return values
      }
      const answer = [await read(snapshot.scan()), await read((await partition.openArchive(name)).scan()), await partition.core.files.list()] as const
      snapshot.release()
      return answer
    })
    const original = many.map((_, i) => `value ${i}`)
    expect(seen[0]).toEqual(original)
    expect(seen[1]).toEqual(original)
    // Of what lay between, files went.
    expect(seen[2].length).toBeLessThan(seen[2].at(-1)!)
  })

  test('entries that expire are gone at their time, and leave their pages', async () => {
    await using hand = await StoreInHand.start()
    const now = await hand.on(async (partition) => partition.core.nowMillis())
    await hand.write([put('short', 'a', now + 50), put('long', 'b', now + 1_000_000)])
    expect(Object.keys(await hand.all())).toEqual(['long', 'short'])
    await hand.advance(100_000_000)
    expect(Object.keys(await hand.all())).toEqual(['long'])
    await hand.ask((store) => store.keepUp())
    const left = await hand.on(async (partition) => partition.core.state.mapping.count)
    expect(left).toBe(2)
  })
})
