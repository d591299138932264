import { describe, expect, test } from 'vitest'
import { deviceModels } from '../../../sim/disk/device-model.js'
import { type DiskFaultEpisode, DiskFaultInjector, type DiskFaultOccurrence } from '../../../sim/disk/disk-fault-injector.js'
import type { DiskDamage, DiskFaultKind, DiskFaultObserver } from '../../../sim/disk/disk-faults.js'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import { matchesPattern } from '../../../sim/disk/file-pattern.js'
import { Misuse } from '../../../sim/host/errors.js'
import { bytesOf, testDisk, textOf } from './manual-disk-host.js'
import { keepAll, loseAll } from './power-loss-dice.js'

class Recorder implements DiskFaultObserver {
  readonly occurrences: DiskFaultOccurrence[] = []
  opportunities = 0
  held = 0
  readonly damages: DiskDamage[] = []
  opportunity(): void {
    this.opportunities++
  }
  heldBack(): void {
    this.held++
  }
  occurred(kind: DiskFaultKind, site: string, ordinal: number, args: DiskFaultOccurrence['args'], damages: readonly DiskDamage[]): void {
    this.occurrences.push({ kind, site, ordinal, args })
    this.damages.push(...damages)
  }
}

const always = { in: 1, of: 1 }
const episode = (kind: DiskFaultKind, options: Partial<DiskFaultEpisode> = {}): DiskFaultEpisode & { observer: Recorder } => ({
  kind,
  files: null,
  rate: always,
  key: { high: 3, low: 4 },
  observer: new Recorder(),
  ...(options as object),
})

function faultyDisk() {
  const image = new DiskImage()
  const faults = new DiskFaultInjector('broker-1', image)
  return { faults, ...testDisk({ image, faults }) }
}

describe('a failed sync', () => {
  test('answers EIO once, drops the dirty pages, and lets later syncs succeed', async () => {
    const { faults, image, disk, finish } = faultyDisk()
    const file = await finish(disk.open('wal', { create: true }))
    await finish(disk.syncDirectory(''))
    await finish(file.append(bytesOf('lost')))
    const end = faults.open(episode('disk.sync-error', { files: 'wal' }))
    await expect(finish(file.sync())).rejects.toMatchObject({ code: 'EIO', operation: 'sync', path: 'wal' })
    end()
    await finish(file.sync())
    expect(textOf(await finish(file.readAt(0, 10)))).toBe('lost')
    // The size is journalled and so was saved by the later sync; the bytes were not.
    expect([...(image.durable.read('wal') as Uint8Array)]).toEqual([0, 0, 0, 0])
    image.losePower(loseAll)
    const next = testDisk({ image })
    expect([...((await next.finish(next.disk.readFile('wal'))) as Uint8Array)]).toEqual([0, 0, 0, 0])
  })

  test('leaves the dropped bytes to the next write of their page, which saves them', async () => {
    const { faults, image, disk, finish } = faultyDisk()
    const file = await finish(disk.open('wal', { create: true }))
    await finish(disk.syncDirectory(''))
    await finish(file.append(bytesOf('dropped ')))
    const end = faults.open(episode('disk.sync-error', { files: 'wal' }))
    await expect(finish(file.sync())).rejects.toMatchObject({ code: 'EIO' })
    end()
    await finish(file.append(bytesOf('written again')))
    await finish(file.sync())
    expect(textOf(image.durable.read('wal'))).toBe('dropped written again')
  })

  test('is heard by every sync that is in flight on the file, not by those before and after', async () => {
    const image = new DiskImage()
    const faults = new DiskFaultInjector('broker-1', image)
    const model = { ...deviceModels.nvme, sync: { min: 1000, max: 1000 } }
    const { disk, finish } = testDisk({ image, faults, model })
    const file = await finish(disk.open('wal', { create: true }))
    await finish(file.append(bytesOf('x')))
    faults.list({ kind: 'disk.sync-error', site: 'broker-1:wal sync', ordinal: 2, args: {} }, new Recorder())
    const syncs = await finish(Promise.allSettled([file.sync(), file.sync(), file.sync()]))
    expect(syncs.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    await finish(file.sync())
  })

  test('of a directory leaves its names undurable', async () => {
    const { faults, image, disk, finish } = faultyDisk()
    await finish(disk.append('wal', bytesOf('x')))
    const end = faults.open(episode('disk.sync-error'))
    await expect(finish(disk.syncDirectory(''))).rejects.toMatchObject({ code: 'EIO' })
    end()
    expect(image.durable.list('')).toEqual([])
    await finish(disk.syncDirectory(''))
    expect(image.durable.list('')).toEqual(['wal'])
  })
})

test('a bad sector fails every read of it, through restarts, until it is written again', async () => {
  const { faults, image, disk, finish } = faultyDisk()
  await finish(disk.append('data', new Uint8Array(2048).fill(5)))
  const file = await finish(disk.open('data'))
  const recorder = new Recorder()
  faults.list({ kind: 'disk.read-error', site: 'broker-1:data read', ordinal: 1, args: { sector: 1 } }, recorder)
  await expect(finish(file.readAt(0, 2048))).rejects.toMatchObject({ code: 'EIO', operation: 'read' })
  await expect(finish(file.readAt(1000, 1))).rejects.toMatchObject({ code: 'EIO' })
  expect((await finish(file.readAt(0, 512))).length).toBe(512)
  expect((await finish(file.readAt(1024, 1024))).length).toBe(1024)
  await finish(disk.sync('data'))
  image.losePower(keepAll)
  const next = testDisk({ image })
  const reopened = await next.finish(next.disk.open('data'))
  await expect(next.finish(reopened.readAt(512, 1))).rejects.toMatchObject({ code: 'EIO' })
  await next.finish(reopened.writeAt(600, bytesOf('x')))
  expect((await next.finish(reopened.readAt(0, 2048))).length).toBe(2048)
  expect(recorder.occurrences).toHaveLength(1)
})

test('a write error writes nothing', async () => {
  const { faults, disk, finish } = faultyDisk()
  const file = await finish(disk.open('data', { create: true }))
  await finish(file.append(bytesOf('kept')))
  const end = faults.open(episode('disk.write-error'))
  await expect(finish(file.append(bytesOf('lost')))).rejects.toMatchObject({ code: 'EIO', operation: 'write' })
  await expect(finish(file.truncate(0))).rejects.toMatchObject({ code: 'EIO' })
  end()
  expect(textOf(await finish(file.readAt(0, 10)))).toBe('kept')
})

test('a full disk takes some of a write, refuses new files, opens old ones, and has room again later', async () => {
  const { faults, disk, finish } = faultyDisk()
  const file = await finish(disk.open('data', { create: true }))
  const end = faults.open(episode('disk.full'))
  const sizes = new Set<number>()
  for (let i = 0; i < 40; i++) {
    const before = file.size()
    await expect(finish(file.append(bytesOf('0123456789')))).rejects.toMatchObject({ code: 'ENOSPC' })
    sizes.add(file.size() - before)
  }
  expect(Math.min(...sizes)).toBe(0)
  expect(Math.max(...sizes)).toBe(9)
  await expect(finish(disk.open('other', { create: true }))).rejects.toMatchObject({ code: 'ENOSPC' })
  await expect(finish(disk.makeDirectory('directory'))).rejects.toMatchObject({ code: 'ENOSPC' })
  await finish(disk.open('data', { create: true }))
  end()
  await finish(file.append(bytesOf('fits')))
})

test('a slow disk takes a multiple of its time', async () => {
  const { faults, host, disk, finish } = faultyDisk()
  const file = await finish(disk.open('data', { create: true }))
  const observer = new Recorder()
  faults.open(episode('disk.slow', { mostTimes: 500, observer }))
  const before = host.now
  await finish(file.sync())
  const times = observer.occurrences[0]?.args.times as number
  expect(times).toBeGreaterThanOrEqual(2)
  expect(host.now - before).toBeGreaterThanOrEqual(times * 50_000)
})

describe('an episode', () => {
  async function run(open: (faults: DiskFaultInjector) => Recorder) {
    const { faults, host, disk, finish } = faultyDisk()
    const recorder = open(faults)
    const a = await finish(disk.open('a', { create: true }))
    const b = await finish(disk.open('b', { create: true }))
    await finish(disk.syncDirectory(''))
    let failures = 0
    for (let i = 0; i < 100; i++) {
      for (const file of [a, b]) {
        await finish(file.append(bytesOf('record'))).catch(() => failures++)
        await finish(file.sync())
      }
    }
    return { recorder, failures, sizes: [a.size(), b.size()], now: host.now }
  }
  const withEpisode = (options: Partial<DiskFaultEpisode>) => (faults: DiskFaultInjector) => {
    const opened = episode('disk.write-error', { rate: { in: 1, of: 5 }, ...options })
    faults.open(opened)
    return opened.observer
  }

  test('strikes at its rate, only the files it names, and tells of chances and harm', async () => {
    const { recorder, failures } = await run(withEpisode({ files: 'a*' }))
    expect(recorder.opportunities).toBe(100)
    expect(recorder.occurrences).toHaveLength(failures)
    expect(failures).toBeGreaterThan(8)
    expect(failures).toBeLessThan(35)
    expect(recorder.occurrences.every(({ site }) => site === 'broker-1:a write')).toBe(true)
  })

  test('gives the same run when its occurrences are listed instead', async () => {
    for (const kind of ['disk.full', 'disk.write-error', 'disk.slow', 'disk.sync-lie', 'disk.misdirect-write'] as const) {
      const seeded = await run(withEpisode({ kind }))
      expect(seeded.recorder.occurrences.length).toBeGreaterThan(10)
      const listed = await run((faults) => {
        const recorder = new Recorder()
        for (const occurrence of JSON.parse(JSON.stringify(seeded.recorder.occurrences)) as DiskFaultOccurrence[]) faults.list(occurrence, recorder)
        return recorder
      })
      expect(listed.recorder.occurrences).toEqual(seeded.recorder.occurrences)
      expect({ ...listed, recorder: 0 }).toEqual({ ...seeded, recorder: 0 })
    }
  })

  test('has dice that other episodes do not shift', async () => {
    const alone = await run(withEpisode({}))
    const beside = await run((faults) => {
      faults.open(episode('disk.slow', { key: { high: 9, low: 9 } }))
      return withEpisode({})(faults)
    })
    expect(beside.recorder.occurrences).toEqual(alone.recorder.occurrences)
  })
})

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

test('a stalled disk finishes nothing that was asked of it before its time', async () => {
  const { faults, host, disk, finish } = faultyDisk()
  let delayed = 0
  faults.stall(2_000_000_000, () => delayed++)
  const file = await finish(disk.open('data', { create: true }))
  expect(host.now).toBeGreaterThanOrEqual(2_000_000_000)
  expect(host.now).toBeLessThan(2_001_000_000)
  const { now } = host
  await finish(file.append(bytesOf('x')))
  expect(host.now - now).toBeLessThan(1_000_000)
  expect(delayed).toBe(1)
})

test('ordinals count through the restarts of a host', async () => {
  const image = new DiskImage()
  const faults = new DiskFaultInjector('broker-1', image)
  const recorder = new Recorder()
  faults.list({ kind: 'disk.write-error', site: 'broker-1:log write', ordinal: 3, args: {} }, recorder)
  for (const life of [1, 2, 3]) {
    const { disk, finish } = testDisk({ image, faults })
    const written = finish(disk.append('log', bytesOf('x')))
    if (life === 3) await expect(written).rejects.toMatchObject({ code: 'EIO' })
    else await written
  }
  expect(recorder.occurrences.map(({ ordinal }) => ordinal)).toEqual([3])
})

test('a listed occurrence with a foreign site or incomplete arguments is refused', () => {
  const faults = new DiskFaultInjector('broker-1', new DiskImage())
  const list = (kind: DiskFaultKind, site: string, args: Record<string, unknown>) => () => faults.list({ kind, site, ordinal: 1, args }, new Recorder())
  expect(list('disk.full', 'broker-2:log write', { written: 1 })).toThrow(Misuse)
  expect(list('disk.full', 'broker-1:log sync', { written: 1 })).toThrow(Misuse)
  expect(list('disk.full', 'broker-1:log write', {})).toThrow(Misuse)
  expect(list('disk.read-error', 'broker-1:log read', { sector: -1 })).toThrow(Misuse)
  expect(list('disk.slow', 'broker-1:log read', { times: 0.5 })).toThrow(Misuse)
  expect(list('disk.misdirect-read', 'broker-1:log read', { sector: 1, otherSector: 2 })).toThrow(Misuse)
  expect(list('disk.misdirect-write', 'broker-1:log write', { sector: 1, otherPath: 'log', otherSector: 2 })).toThrow(Misuse)
})

test('a file pattern has stars for anything', () => {
  const cases: [string, string | null, boolean][] = [
    ['wal/1', null, true],
    ['wal/1', 'wal/1', true],
    ['wal/10', 'wal/1', false],
    ['wal/1', 'wal/*', true],
    ['a/wal/1', '*wal*', true],
    ['a/wal/1', 'a/*/1', true],
    ['aa', 'a*a', true],
    ['a', 'a*a', false],
    ['abab', 'ab*ab*ab', false],
  ]
  for (const [path, pattern, fits] of cases) expect(matchesPattern(path, pattern), `${path} ${pattern}`).toBe(fits)
})
