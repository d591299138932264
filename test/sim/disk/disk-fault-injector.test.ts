import { describe, expect, test } from 'vitest'
import { deviceModels } from '../../../sim/disk/device-model.js'
import { type DiskFaultEpisode, DiskFaultInjector, type DiskFaultOccurrence } from '../../../sim/disk/disk-fault-injector.js'
import type { DiskFaultKind } from '../../../sim/disk/disk-faults.js'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import { Misuse } from '../../../sim/host/errors.js'
import { episode, faultyDisk, Recorder } from './faulty-disk.js'
import { bytesOf, testDisk, textOf } from './manual-disk-host.js'
import { keepAll, loseAll } from './power-loss-dice.js'

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

test('a read that was struck before faults ended fails, and leaves no bad sector behind', async () => {
  const { faults, image, disk, finish } = faultyDisk()
  await finish(disk.append('data', new Uint8Array(1024).fill(5)))
  const file = await finish(disk.open('data'))
  faults.list({ kind: 'disk.read-error', site: 'broker-1:data read', ordinal: 1, args: { sector: 1 } }, new Recorder())
  const struck = file.readAt(0, 1024)
  image.healSectors()
  await expect(finish(struck)).rejects.toMatchObject({ code: 'EIO' })
  expect((await finish(file.readAt(0, 1024))).length).toBe(1024)
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
