import { describe, expect, test } from 'vitest'
import { episode, faultyDisk, Recorder } from './faulty-disk.js'
import { bytesOf, textOf } from './manual-disk-host.js'
import { loseAll } from './power-loss-dice.js'

describe('a lying sync', () => {
  test('answers before anything is durable; a power loss shows it', async () => {
    const { faults, image, disk, finish } = faultyDisk()
    const file = await finish(disk.open('wal', { create: true }))
    const opened = episode('disk.sync-lie')
    const end = faults.open(opened)
    await finish(disk.syncDirectory(''))
    expect(image.durable.list('')).toEqual([])
    end()
    await finish(disk.syncDirectory(''))
    await finish(file.append(bytesOf('promised')))
    faults.open(opened)
    await finish(file.sync())
    expect(textOf(await finish(file.readAt(0, 10)))).toBe('promised')
    image.losePower(loseAll)
    expect(image.durable.size('wal')).toBe(0)
    expect(opened.observer.occurrences.map(({ site }) => site)).toEqual(['broker-1: sync-directory', 'broker-1:wal sync'])
    // What the power loss took is damage until the disk is another.
    expect(opened.observer.damages.map(({ path, offset }) => [path, offset])).toEqual([
      ['', 0],
      ['wal', 0],
    ])
    expect(opened.observer.damages[1]?.isHealed()).toBe(false)
  })

  test('is mended by a later sync, and there is nothing to lie about when all is durable', async () => {
    const { faults, image, disk, finish } = faultyDisk()
    const file = await finish(disk.open('wal', { create: true }))
    await finish(disk.syncDirectory(''))
    await finish(file.append(bytesOf('promised')))
    const opened = episode('disk.sync-lie')
    const end = faults.open(opened)
    await finish(file.sync())
    end()
    expect(opened.observer.damages[0]?.isHealed()).toBe(false)
    await finish(file.sync())
    expect(opened.observer.damages[0]?.isHealed()).toBe(true)
    faults.open(opened)
    await finish(file.sync())
    expect([opened.observer.opportunities, opened.observer.occurrences.length]).toEqual([1, 1])
    image.losePower(loseAll)
    expect(textOf(image.durable.read('wal'))).toBe('promised')
  })
})

describe('a misdirected operation', () => {
  async function threeSectors() {
    const made = faultyDisk()
    const { disk, finish } = made
    for (const [path, letter] of [
      ['data', 'd'],
      ['other', 'o'],
    ] as const) {
      await finish(disk.append(path, new Uint8Array(1536).fill(letter.charCodeAt(0))))
      await finish(disk.sync(path))
    }
    const file = await finish(disk.open('data'))
    const letters = (bytes: Uint8Array) => Array.from({ length: bytes.length / 512 }, (_, i) => String.fromCharCode(bytes[i * 512 + 511] as number)).join('')
    return { ...made, file, letters }
  }

  test('read answers another sector once; the disk itself is as it was', async () => {
    const { faults, file, finish, letters } = await threeSectors()
    const recorder = new Recorder()
    faults.list({ kind: 'disk.misdirect-read', site: 'broker-1:data read', ordinal: 1, args: { sector: 1, otherPath: 'other', otherSector: 2 } }, recorder)
    const bytes = await finish(file.readAt(100, 1436))
    expect([bytes[411], bytes[412], bytes[923], bytes[924]].map((byte) => String.fromCharCode(byte as number)).join('')).toBe('dood')
    expect(letters(await finish(file.readAt(0, 1536)))).toBe('ddd')
    expect(recorder.damages.map(({ path, offset, isHealed }) => [path, offset, isHealed()])).toEqual([['data', 512, false]])
    await finish(file.writeAt(512, bytesOf('x')))
    await finish(file.sync())
    expect(recorder.damages[0]?.isHealed()).toBe(true)
  })

  test('write lands on another sector, of another file too, and its own keeps what it held; until it is written again', async () => {
    const { faults, disk, image, file, finish, letters } = await threeSectors()
    const recorder = new Recorder()
    faults.list({ kind: 'disk.misdirect-write', site: 'broker-1:data sync', ordinal: 2, args: { sector: 1, otherPath: 'other', otherSector: 2 } }, recorder)
    await finish(file.writeAt(0, new Uint8Array(1024).fill(0x6e)))
    expect(letters(await finish(file.readAt(0, 1536)))).toBe('nnd')
    await finish(file.sync())
    for (const read of [() => finish(file.readAt(0, 1536)), async () => image.durable.read('data') as Uint8Array]) expect(letters(await read())).toBe('ndd')
    expect(letters((await finish(disk.readFile('other'))) as Uint8Array)).toBe('oon')
    expect(recorder.damages.map(({ path, offset, isHealed }) => [path, offset, isHealed()])).toEqual([
      ['data', 512, false],
      ['other', 1024, false],
    ])
    await finish(file.writeAt(512, new Uint8Array(512).fill(0x6d)))
    await finish(file.sync())
    await finish(disk.remove('other'))
    expect(recorder.damages.map(({ isHealed }) => isHealed())).toEqual([true, false])
    await finish(disk.syncDirectory(''))
    expect(recorder.damages.map(({ isHealed }) => isHealed())).toEqual([true, true])
  })

  test('does not count as an opportunity what its episode does not concern, and leads no write astray to it', async () => {
    for (const kind of ['disk.misdirect-read', 'disk.misdirect-write', 'disk.sync-lie'] as const) {
      const { faults, file, finish, letters } = await threeSectors()
      const opened = episode(kind, { concerns: () => false, allows: () => expect.unreachable('nobody asks') })
      faults.open(opened)
      await finish(file.writeAt(512, new Uint8Array(512).fill(0x6e)))
      await finish(file.sync())
      expect(letters(await finish(file.readAt(0, 1536)))).toBe('dnd')
      expect([opened.observer.held, opened.observer.opportunities, opened.observer.occurrences]).toEqual([0, 0, []])
    }
  })

  test('strikes nothing that its episode does not allow, and tells that it was held back', async () => {
    for (const kind of ['disk.misdirect-read', 'disk.misdirect-write', 'disk.sync-lie'] as const) {
      const { faults, file, finish, letters } = await threeSectors()
      const asked: unknown[] = []
      const opened = episode(kind, {
        allows: (places) => {
          asked.push(...places)
          return false
        },
      })
      faults.open(opened)
      await finish(file.writeAt(512, new Uint8Array(512).fill(0x6e)))
      await finish(file.sync())
      expect(letters(await finish(file.readAt(0, 1536)))).toBe('dnd')
      expect([opened.observer.held, opened.observer.occurrences]).toEqual([1, []])
      expect(asked[0]).toMatchObject({ path: 'data' })
    }
  })
})

describe('rot', () => {
  test('flips bits that the content decides, for reads and for the durable image, until the sector is written again', async () => {
    const rotten = async (text: string, key: number) => {
      const { image, disk, finish } = faultyDisk()
      await finish(disk.append('data', bytesOf(text.repeat(1024))))
      await finish(disk.sync('data'))
      const { changes } = image.durable
      expect(image.rot('data', 1, key)).toBe(true)
      expect(image.durable.changes).toBeGreaterThan(changes)
      const bytes = (await finish(disk.readFile('data'))) as Uint8Array
      expect(bytes).toEqual(image.durable.read('data'))
      const clean = bytesOf(text.repeat(1024))
      const flipped = [...bytes].flatMap((byte, at) => (byte === clean[at] ? [] : [at]))
      expect(flipped.length).toBeGreaterThan(0)
      expect(flipped.every((at) => at >= 512 && at < 1024)).toBe(true)
      const file = await finish(disk.open('data'))
      await finish(file.writeAt(512, clean.subarray(512, 1024)))
      expect(await finish(file.readAt(0, 1024))).toEqual(clean)
      return flipped.join()
    }
    expect(await rotten('a', 7)).toBe(await rotten('a', 7))
    expect(await rotten('a', 7)).not.toBe(await rotten('b', 7))
    expect(await rotten('a', 7)).not.toBe(await rotten('a', 8))
  })

  test('spares pages with undurable writes, what is not there, and what has no durable bytes', async () => {
    const { image, disk, finish } = faultyDisk()
    const file = await finish(disk.open('data', { create: true }))
    expect(image.rot('data', 0, 1)).toBe(false)
    await finish(file.append(new Uint8Array(8192)))
    await finish(disk.sync('data'))
    await finish(file.writeAt(4096, bytesOf('x')))
    expect([image.rot('data', 8, 1), image.rot('data', 7, 1), image.rot('data', 16, 1), image.rot('nothing', 0, 1)]).toEqual([false, true, false, false])
  })
})
