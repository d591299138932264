import { describe, expect, test } from 'vitest'
import { DiskError } from '../../../sim/host/errors.js'
import type { Disk } from '../../../sim/host/seam.js'
import { removeArchive } from '../../../systems/kv/archive.js'
import { LocalArchives } from '../../../systems/kv/archives.js'
import { ExpiredTerm, NotFound, NotWritten, OutOfSpace, UnknownOutcome } from '../../../systems/kv/errors.js'
import type { GivenOptions } from '../../../systems/kv/options.js'
import { bytes, put, StoreInHand, small } from './store-in-hand.js'

/** So that a state lies in several files. */
const options: GivenOptions = { ...small, filePages: 2 }
const many = (word: string) => Array.from({ length: 200 }, (_, i) => put(`k${String(i).padStart(3, '0')}`, `${word} ${i}`))
const archive = (hand: StoreInHand) => hand.on((partition) => partition.archive())
const names = (hand: StoreInHand) => hand.on(async (partition) => partition.archives())
const statsOf = (hand: StoreInHand) => hand.ask(async (store) => store.stats().partitions[0]!)
const files = (hand: StoreInHand) => hand.on(({ core }) => core.files.list())
const remove = (hand: StoreInHand, name: string) => hand.on(({ core }) => core.job('remove archive', () => removeArchive(core, name)))

describe('An archive', () => {
  test('does not hold what had expired when it was made, and holds on to what had not', async () => {
    await using hand = await StoreInHand.start(options)
    const now = await hand.on(async ({ core }) => core.nowMillis())
    await hand.write([put('early', '1', now + 50), put('late', '2', now + 500), put('kept', '3')])
    await hand.ask((store) => store.keepUp())
    await hand.advance(100_000_000)
    const name = await archive(hand)
    await hand.advance(1_000_000_000)
    const found = await hand.on(async (partition) => {
      const opened = await partition.openArchive(name)
      const keys: string[] = []
      for await (const { key } of opened.scan()) keys.push(new TextDecoder().decode(key))
      return [keys, await opened.read(bytes('early')), (await opened.floor(bytes('f')))?.key ?? null]
    })
    expect(found).toEqual([['kept', 'late'], null, null])
  })

  test('that certainly could not be written is not among the others, and holds no files', async () => {
    await using hand = await StoreInHand.start(options)
    await hand.write(many('old'))
    await hand.ask((store) => store.keepUp())
    hand.inject('disk.full', 'store-1', { forNanos: 50_000_000, perMille: 1_000, files: null, key: [1, 2] })
    await expect(archive(hand)).rejects.toBeInstanceOf(OutOfSpace)
    expect(await names(hand)).toEqual([])
    await hand.advance(100_000_000)
    const before = await files(hand)
    expect(before.length).toBeGreaterThan(2)
    for (const word of ['new', 'newer']) await hand.write(many(word))
    await hand.ask((store) => store.keepUp())
    expect((await files(hand)).filter((file) => before.slice(0, -1).includes(file))).toEqual([])
  })

  test('of which nobody knows whether it was written stays among the others until it is removed', async () => {
    await using hand = await StoreInHand.start(options)
    await hand.write(many('old'))
    await hand.on(async ({ core }) => Object.assign(core.storage.archives, { put: () => Promise.reject(new UnknownOutcome('no answer')) }))
    await expect(archive(hand)).rejects.toBeInstanceOf(UnknownOutcome)
    const [name] = await names(hand)
    expect(name).toMatch(/^archive-0-/)
    await remove(hand, name!)
    expect(await names(hand)).toEqual([])
    await expect(remove(hand, name!)).rejects.toBeInstanceOf(NotFound)
  })

  test('is gone for good once it is removed, and then its files are', async () => {
    await using hand = await StoreInHand.start(options)
    await hand.write(many('old'))
    const name = await archive(hand)
    const before = await files(hand)
    expect(before.length).toBeGreaterThan(2)
    for (const word of ['new', 'newer']) await hand.write(many(word))
    await hand.ask((store) => store.keepUp())
    expect(await files(hand)).toEqual(expect.arrayContaining(before.slice(0, -1)))
    await remove(hand, name)
    await hand.ask((store) => store.keepUp())
    expect((await files(hand)).filter((file) => before.slice(0, -1).includes(file))).toEqual([])
    await hand.powerLoss()
    expect(await names(hand)).toEqual([])
    await expect(hand.on((partition) => partition.openArchive(name))).rejects.toBeInstanceOf(NotFound)
  })

  test('that cannot be read is counted, and no data file goes until it is removed', async () => {
    await using hand = await StoreInHand.start(options)
    await hand.write(many('old'))
    const name = await archive(hand)
    const disk = hand.simulation.diskOf(hand.simulation.host('store-1')!)
    disk.rot(`kv/t-0/${name}`, 0, 1)
    await hand.powerLoss()
    const before = await files(hand)
    expect(before.length).toBeGreaterThan(2)
    for (const word of ['new', 'newer']) await hand.write(many(word))
    await hand.ask((store) => store.keepUp())
    expect(await statsOf(hand)).toMatchObject({ archives: 1, unreadableArchives: 1 })
    expect(await files(hand)).toEqual(expect.arrayContaining(before))
    await remove(hand, name)
    await hand.ask((store) => store.keepUp())
    expect(await statsOf(hand)).toMatchObject({ archives: 0, unreadableArchives: 0 })
    expect((await files(hand)).filter((file) => before.slice(0, -1).includes(file))).toEqual([])
  })

  test('of an owner who was overtaken is removed by whoever made it', async () => {
    await using hand = await StoreInHand.start({ ...small, cloud: {} }, { objects: true })
    await hand.write(many('old'))
    const found = await hand.on(async (partition) => {
      const { core } = partition
      const { archives, term } = core.storage
      Object.assign(core.storage, { confirm: () => Promise.reject(new ExpiredTerm(core.name, term)) })
      const error = await partition.archive().catch((failure: unknown) => failure)
      return { error, listed: await archives.list(), own: partition.archives(), health: core.health }
    })
    expect(found.error).toBeInstanceOf(ExpiredTerm)
    expect(found).toMatchObject({ listed: [], own: [], health: 'expired' })
  })

  test('that another owner removed is forgotten with the next', async () => {
    await using hand = await StoreInHand.start({ ...small, cloud: {} }, { objects: true })
    await hand.write(many('old'))
    const first = await archive(hand)
    await hand.crash()
    expect(await names(hand)).toEqual([first])
    await hand.on(({ core }) => core.storage.archives.remove(first))
    const second = await archive(hand)
    expect(await names(hand)).toEqual([second])
  })
})

describe('An archive on a disk', () => {
  const refusing = (disk: Disk, refused: Partial<Disk>): Disk => new Proxy(disk, { get: (of, name) => Reflect.get(refused, name) ?? bound(of, name) })
  const bound = (of: Disk, name: string | symbol) => (Reflect.get(of, name) as (...given: unknown[]) => unknown).bind(of)

  test('may be there when its name alone could not be made durable, and is not when it has no name', async () => {
    await using hand = await StoreInHand.start(options)
    await hand.write([put('a', '1')])
    const failed = (operation: string) => () => Promise.reject(new DiskError('EIO', operation, 'kv/t-0'))
    const [unsynced, unnamed, left] = await hand.ask(async (_, { disk }) => {
      const replace = async (path: string, written: Uint8Array) => {
        await disk.append(path, written)
        return failed('syncDirectory')()
      }
      const write = async (path: string, written: Uint8Array) => {
        await disk.append(`${path}.tmp`, written)
        return failed('rename')()
      }
      const put = (given: Partial<Disk>, name: string) =>
        new LocalArchives(refusing(disk, given), 'kv/t-0').put(name, bytes('archive')).catch((failure: unknown) => failure)
      const errors = [await put({ replace }, 'archive-0-1'), await put({ replace: write }, 'archive-0-2')]
      return [...errors, (await disk.list('kv/t-0')).filter((name) => name.startsWith('archive-'))]
    })
    expect(unsynced).toBeInstanceOf(UnknownOutcome)
    expect(unnamed).toBeInstanceOf(NotWritten)
    expect(left).toEqual(['archive-0-1'])
  })

  test('can be removed again when it was gone before its removal was durable', async () => {
    await using hand = await StoreInHand.start(options)
    await hand.write([put('a', '1')])
    const name = await archive(hand)
    await hand.ask((_, { disk }) => disk.remove(`kv/t-0/${name}`))
    await remove(hand, name)
    expect(await names(hand)).toEqual([])
  })
})
