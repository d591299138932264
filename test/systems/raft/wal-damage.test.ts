import { describe, expect, test } from 'vitest'
import type { Entry, RaftChange } from '../../../systems/raft/messages.js'
import { frameHeaderBytes, newFrameHeader, readHeader, sectorBytes } from '../../../systems/raft/wal-frame.js'
import { CorruptLog } from '../../../systems/raft/wal-recovery.js'
import { WriteAheadLog } from '../../../systems/raft/write-ahead-log.js'
import { hostWith, ImageDisk, withRottenEnd } from './image-disk.js'

const segment = 'wal/00000001.wal'
const options = { segmentBytes: 1 << 20 }

function entries(first: number, count: number, bytes: number, term = 1): RaftChange {
  return {
    kind: 'entries',
    entries: Array.from({ length: count }, (_, i): Entry => ({ index: first + i, term, kind: 'normal', data: new Uint8Array(bytes).fill(first + i) })),
  }
}

/** A log with three batches of 2 entries each, and what of its file is where. */
async function threeBatches(bytes = 700): Promise<{ disk: ImageDisk; file: Uint8Array; ends: number[] }> {
  const disk = new ImageDisk()
  const log = await WriteAheadLog.open(hostWith(disk, 1), 'wal', options)
  const ends: number[] = []
  for (let batch = 0; batch < 3; batch++) {
    await saveAll(log, [entries(2 * batch + 1, 1, bytes), entries(2 * batch + 2, 1, bytes)], 2 * batch)
    ends.push((await disk.stat(segment))?.size ?? 0)
  }
  return { disk, file: (await disk.readFile(segment)) as Uint8Array, ends }
}

function saveAll(log: WriteAheadLog, changes: readonly RaftChange[], token = 0): Promise<void> {
  const last = token + changes.length
  return new Promise((resolve) => {
    log.onDurable((durable) => durable === last && resolve())
    changes.forEach((change, i) => {
      log.save(token + i + 1, change)
    })
    log.flush()
  })
}

/** Opens a log whose one segment holds `file`. */
async function reopen(file: Uint8Array): Promise<WriteAheadLog> {
  const disk = new ImageDisk()
  await disk.makeDirectory('wal')
  await disk.append(segment, file)
  return WriteAheadLog.open(hostWith(disk, 2), 'wal', options)
}

const changed = (file: Uint8Array, at: number, value: number | Uint8Array): Uint8Array => {
  const copy = file.slice()
  if (typeof value === 'number') copy[at] = (copy[at] as number) ^ value
  else copy.set(value, at)
  return copy
}

describe('what recovery concludes from damage', () => {
  test('a whole log is taken over as it is', async () => {
    const { file } = await threeBatches()
    const { recovered } = await reopen(file)
    expect([recovered.lastIndex, recovered.suspect]).toEqual([6, false])
  })

  test('damage before a later batch was written is certainly later than the sync: the log is refused', async () => {
    const { file, ends } = await threeBatches()
    for (const at of [30, (ends[0] as number) + 3, (ends[1] as number) - 1]) await expect(reopen(changed(file, at, 0x10))).rejects.toThrow(CorruptLog)
  })

  test('damage before a later batch is found even when that batch has no whole record', async () => {
    const { file, ends } = await threeBatches()
    const last = changed(file, (ends[1] as number) + frameHeaderBytes + 5, 0x10)
    await expect(reopen(changed(last, (ends[0] as number) + 3, 0x10))).rejects.toThrow(CorruptLog)
  })

  test('a last batch that was cut off at any place is torn: it goes, and the member is not suspect', async () => {
    const { file, ends } = await threeBatches()
    for (let end = (ends[1] as number) + 1; end < file.length; end += 7) {
      const { recovered } = await reopen(file.subarray(0, end))
      expect(recovered.suspect, `cut off at ${end}`).toBe(false)
      expect(recovered.lastIndex).toBeGreaterThanOrEqual(4)
      expect(recovered.lastIndex).toBeLessThan(6)
    }
  })

  test('a last batch of which any sector is blank is torn: it goes, and the member is not suspect', async () => {
    const { file, ends } = await threeBatches()
    const start = ends[1] as number
    for (let sector = Math.floor(start / sectorBytes); sector * sectorBytes < file.length; sector++) {
      const from = Math.max(start, sector * sectorBytes)
      const to = Math.min(file.length, (sector + 1) * sectorBytes)
      const { recovered } = await reopen(changed(file, from, new Uint8Array(to - from)))
      expect(recovered.suspect, `sector ${sector} is blank`).toBe(false)
      expect(recovered.lastIndex).toBeLessThan(6)
    }
  })

  test('so it is wherever a header lies across two sectors, and however little of it is in one of them', async () => {
    const header = newFrameHeader()
    const met = new Set<number>()
    for (let bytes = 700; bytes < 700 + sectorBytes; bytes++) {
      const { file, ends } = await threeBatches(bytes)
      for (let at = ends[1] as number; at < file.length; at += frameHeaderBytes + header.length) {
        expect(readHeader(file, at, 1, at, header)).toBe(true)
        const boundary = at - (at % sectorBytes) + sectorBytes
        if (boundary >= at + frameHeaderBytes) continue
        met.add(boundary - at)
        for (const sector of [boundary - sectorBytes, boundary]) {
          const [from, to] = [Math.max(sector, ends[1] as number), Math.min(sector + sectorBytes, file.length)]
          const { recovered } = await reopen(changed(file, from, new Uint8Array(to - from)))
          expect([recovered.suspect, recovered.lastIndex < 6], `${boundary - at} bytes before the boundary, blank from ${from}`).toEqual([false, true])
        }
      }
    }
    expect(met.size).toBe(frameHeaderBytes - 1)
  })

  test('a last batch with rubbish in it may have been acknowledged: it goes, and the member is suspect until it is trusted', async () => {
    const { file, ends } = await threeBatches()
    for (const at of [(ends[1] as number) + 1, (ends[1] as number) + 100, file.length - 1]) {
      const log = await reopen(changed(file, at, 0x10))
      expect(log.recovered.suspect).toBe(true)
      expect(log.recovered.lastIndex).toBeLessThan(6)
      expect(log.recovered.lastIndex).toBeGreaterThanOrEqual(4)
    }
  })

  test('whatever older segments have gone, the log that is left without its last batch is one', async () => {
    const disk = new ImageDisk()
    const log = await WriteAheadLog.open(hostWith(disk, 1), 'wal', { segmentBytes: 1_000 })
    for (let index = 1; index <= 40; index++) {
      const token = 2 * index
      await saveAll(log, [entries(index, 1, 150)], token - 2)
      for (let i = 0; i < 200; i++) await null
      expect((await WriteAheadLog.open(hostWith(withRottenEnd(disk, 'wal'), 2), 'wal', options)).recovered.suspect).toBe(true)
      await saveAll(log, [{ kind: 'compacted', base: { index: Math.max(1, index - 3), term: 1 }, configuration: null }], token - 1)
      for (let i = 0; i < 200; i++) await null
      const { recovered, isNew } = await WriteAheadLog.open(hostWith(withRottenEnd(disk, 'wal'), 2), 'wal', options)
      expect([recovered.suspect, recovered.lastIndex, isNew]).toEqual([true, index, false])
    }
    expect(disk.image.list('wal').length).toBeLessThan(5)
  })

  test('a suspicion outlives crashes until the save that ends it', async () => {
    const { file, ends } = await threeBatches()
    const disk = new ImageDisk()
    await disk.makeDirectory('wal')
    await disk.append(segment, changed(file, (ends[1] as number) + 100, 0x10))
    await WriteAheadLog.open(hostWith(disk, 2), 'wal', options)
    const third = await WriteAheadLog.open(hostWith(disk, 3), 'wal', options)
    expect(third.recovered.suspect).toBe(true)
    await saveAll(third, [{ kind: 'trusted' }])
    expect((await WriteAheadLog.open(hostWith(disk, 4), 'wal', options)).recovered.suspect).toBe(false)
  })

  test('term and vote survive any one damaged sector of the last batch', async () => {
    const disk = new ImageDisk()
    const log = await WriteAheadLog.open(hostWith(disk, 1), 'wal', options)
    await saveAll(log, [entries(1, 1, 300)])
    const before = (await disk.stat(segment))?.size ?? 0
    await saveAll(log, [{ kind: 'hard-state', hardState: { term: 7, vote: 3 } }], 1)
    const file = (await disk.readFile(segment)) as Uint8Array
    const rubbish = new Uint8Array(sectorBytes).fill(0xa5)
    for (let sector = Math.floor(before / sectorBytes); sector * sectorBytes < file.length; sector++) {
      const from = Math.max(before, sector * sectorBytes)
      const to = Math.min(file.length, (sector + 1) * sectorBytes)
      const { recovered } = await reopen(changed(file, from, rubbish.subarray(0, to - from)))
      expect(recovered.hardState).toEqual({ term: 7, vote: 3 })
    }
  })

  test('a record copied to another place does not verify there', async () => {
    const { file, ends } = await threeBatches()
    const copy = file.slice(ends[0], ends[1])
    expect(readHeader(copy, 0, 1, ends[0] as number, newFrameHeader())).toBe(true)
    expect(readHeader(copy, 0, 1, ends[1] as number, newFrameHeader())).toBe(false)
    expect(readHeader(copy, 0, 2, ends[0] as number, newFrameHeader())).toBe(false)
  })
})

describe('the log on its disk', () => {
  test('saves that come while a batch is under way go out with one write and one sync', async () => {
    const disk = new ImageDisk()
    const log = await WriteAheadLog.open(hostWith(disk, 1), 'wal', options)
    const { syncs, appends } = disk
    const durable: number[] = []
    const done = new Promise<void>((resolve) => {
      log.onDurable((token) => {
        durable.push(token)
        if (token === 100) resolve()
      })
    })
    for (let token = 1; token <= 100; token++) {
      log.save(token, entries(token, 1, 10))
      log.flush()
    }
    await done
    expect(durable).toEqual([1, 100])
    expect([disk.syncs - syncs, disk.appends - appends]).toEqual([2, 2])
  })

  test.each(['sync', 'append'] as const)('a failed %s ends the process, and nothing of the batch is reported durable', async (operation) => {
    const disk = new ImageDisk()
    const reasons: string[] = []
    const log = await WriteAheadLog.open(
      hostWith(disk, 1, (reason) => reasons.push(reason)),
      'wal',
      options,
    )
    await saveAll(log, [entries(1, 1, 10)])
    if (operation === 'sync') disk.failsSyncAt = disk.syncs
    else disk.failsAppendAt = disk.appends
    const durable: number[] = []
    log.onDurable((token) => durable.push(token))
    log.save(2, entries(2, 3, 900))
    log.flush()
    for (let i = 0; i < 20; i++) await null
    expect(durable).toEqual([])
    expect(reasons).toHaveLength(1)
    expect(reasons[0]).toContain('write-ahead log')
  })

  test('what the cache holds after a failed sync is made durable before it is relied upon', async () => {
    const disk = new ImageDisk()
    const log = await WriteAheadLog.open(hostWith(disk, 1), 'wal', options)
    await saveAll(log, [entries(1, 1, 10)])
    disk.failsSyncAt = disk.syncs
    log.save(2, entries(2, 1, 10))
    log.flush()
    for (let i = 0; i < 20; i++) await null
    const next = new ImageDisk(disk.image)
    const found = await WriteAheadLog.open(hostWith(next, 2), 'wal', options)
    expect(found.recovered.lastIndex).toBe(2)
    disk.image.losePower({ keepsName: () => false, sizeVersion: () => 0, pageFate: (page) => ({ kind: 'version', version: page.oldest }) })
    expect((await WriteAheadLog.open(hostWith(new ImageDisk(disk.image), 3), 'wal', options)).recovered.lastIndex).toBe(2)
  })

  test('compaction removes the segments that hold nothing but compacted entries', async () => {
    const disk = new ImageDisk()
    const log = await WriteAheadLog.open(hostWith(disk, 1), 'wal', { segmentBytes: 2_000 })
    for (let index = 1; index <= 40; index++) await saveAll(log, [entries(index, 1, 300)], index - 1)
    const before = (await disk.list('wal')).length
    await saveAll(log, [{ kind: 'compacted', base: { index: 35, term: 1 }, configuration: null }], 40)
    // As soon as that is not the newest batch.
    await saveAll(log, [{ kind: 'hard-state', hardState: { term: 1, vote: null } }], 41)
    for (let i = 0; i < 200; i++) await null
    expect(before).toBeGreaterThan(5)
    expect((await disk.list('wal')).length).toBeLessThan(4)
    const { recovered } = await WriteAheadLog.open(hostWith(new ImageDisk(disk.image), 2), 'wal', options)
    expect([recovered.base.index, recovered.entries[0]?.index, recovered.lastIndex]).toEqual([35, 36, 40])
  })

  test('a log with a hole is refused', async () => {
    const disk = new ImageDisk()
    const log = await WriteAheadLog.open(hostWith(disk, 1), 'wal', { segmentBytes: 600 })
    for (let index = 1; index <= 12; index++) await saveAll(log, [entries(index, 1, 300)], index - 1)
    await disk.remove('wal/00000003.wal')
    await expect(WriteAheadLog.open(hostWith(new ImageDisk(disk.image), 2), 'wal', options)).rejects.toThrow(CorruptLog)
  })
})
