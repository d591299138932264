import { expect, test } from 'vitest'
import { UnknownGroup } from '../../../systems/raft/errors.js'
import { lifeOf } from '../../../systems/raft/life.js'
import type { Entry } from '../../../systems/raft/messages.js'
import { SharedLog } from '../../../systems/raft/shared-log.js'
import { SharedLogReader } from '../../../systems/raft/wal-reader.js'
import { keepAll, loseAll } from '../../sim/disk/power-loss-dice.js'
import { hostWith, ImageDisk, withRottenEnd } from './image-disk.js'

const settle = async () => {
  for (let i = 0; i < 12; i++) await new Promise((resolve) => setImmediate(resolve))
}

const entry = (index: number, bytes = 60): Entry => ({ index, term: 1, kind: 'normal', data: new Uint8Array(bytes).fill(index) })

const indexes = (part: { recovered: { entries: readonly Entry[] } }) => part.recovered.entries.map(({ index }) => index)

test('a group that leaves is gone whole or there whole, wherever the life that it leaves in ends, and so it stays', async () => {
  let operations = 1
  const outcomes = new Set<string>()
  for (let diesAt = 0; diesAt <= operations; diesAt++) {
    for (const dice of [keepAll, loseAll]) {
      const disk = new ImageDisk()
      const log = await SharedLog.open(hostWith(disk, 1), 'wal', { segmentBytes: 400, mostSegments: 4 })
      const [goes, stays] = [await log.of('goes', false), await log.of('stays', false)]
      for (let index = 1; index <= 6; index++) {
        for (const part of [goes, stays]) part.save(index, { kind: 'entries', entries: [entry(index)] })
        await stays.drain()
      }
      const before = disk.operations
      disk.diesAt = before + diesAt
      let hasLeft = false
      void log.leave('goes').then(() => {
        hasLeft = true
      })
      // What others save meanwhile goes with it, and begins the next segment.
      for (let index = 7; index <= 9; index++) {
        stays.save(index, { kind: 'entries', entries: [entry(index)] })
        stays.flush()
        await settle()
      }
      operations = Math.max(operations, disk.operations - before)
      disk.diesAt = 0
      disk.image.losePower(dice)
      const found: boolean[] = []
      for (let life = 2; life <= 4; life++) {
        const next = await SharedLog.open(hostWith(new ImageDisk(disk.image), life), 'wal')
        const isThere = next.groups.includes('goes')
        found.push(isThere)
        if (isThere) expect(indexes(await next.of('goes', false))).toEqual([1, 2, 3, 4, 5, 6])
        expect(indexes(await next.of('stays', false)).slice(0, 6)).toEqual([1, 2, 3, 4, 5, 6])
        disk.image.losePower(dice)
      }
      expect(new Set(found).size).toBe(1)
      if (hasLeft) expect(found[0]).toBe(false)
      outcomes.add(`${found[0] === true ? 'there' : 'gone'} ${hasLeft ? 'told' : 'not told'}`)
    }
  }
  expect([...outcomes].sort()).toEqual(['gone not told', 'gone told', 'there not told'])
}, 60_000)

test('a group that left begins blank when it comes back, and knows that it has forgotten what it said', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal')
  const reader = new SharedLogReader(disk.image.durable, 'wal')
  const first = await log.of('g', false)
  first.save(1, { kind: 'hard-state', hardState: { term: 4, vote: 1 } })
  first.save(2, { kind: 'entries', entries: [entry(1), entry(2)] })
  await first.drain()
  reader.follow(1)
  expect([log.groups, reader.of('g').lastIndex]).toEqual([['g'], 2])
  await log.leave('g')
  reader.follow(1)
  expect([log.groups, reader.of('g').lastIndex]).toEqual([[], 0])
  const second = await log.of('g', false)
  expect([second.isNew, second.recovered.entries, second.recovered.hardState, second.recovered.wiped]).toEqual([true, [], { term: 0, vote: null }, true])
  expect([first.rejoins, second.rejoins]).toEqual([0, 1])
  second.save(1, { kind: 'entries', entries: [entry(1)] })
  await second.drain()
  const next = await SharedLog.open(hostWith(new ImageDisk(disk.image), 2), 'wal')
  const third = await next.of('g', true)
  expect([indexes(third), third.recovered.wiped, third.recovered.hardState.term]).toEqual([[1], true, 0])
})

test('a group that was never there cannot leave, nor one that is leaving; and none saves any more', async () => {
  const log = await SharedLog.open(hostWith(new ImageDisk(), 1), 'wal')
  await expect(log.leave('g')).rejects.toThrow(UnknownGroup)
  const part = await log.of('g', false)
  const outcomes = Promise.allSettled([log.leave('g'), log.leave('g'), log.of('g', false)])
  expect(() => part.save(1, { kind: 'trusted' })).toThrow('group g has left this host')
  expect((await outcomes).map((outcome) => (outcome.status === 'rejected' ? outcome.reason.message : 'done'))).toEqual([
    'done',
    'group g is leaving this host',
    'group g is leaving this host',
  ])
  await expect(log.leave('g')).rejects.toThrow('this host holds nothing of group g')
})

test('segments that hold records of groups that left alone are dropped', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal', { segmentBytes: 1_000, mostSegments: 50 })
  const part = await log.of('large', false)
  for (let index = 1; index <= 60; index++) {
    part.save(index, { kind: 'entries', entries: [entry(index)] })
    await part.drain()
  }
  expect(disk.image.list('wal').length).toBeGreaterThan(5)
  await log.leave('large')
  await settle()
  expect(disk.image.list('wal').length).toBe(1)
  const next = await SharedLog.open(hostWith(new ImageDisk(disk.image), 2), 'wal')
  expect(next.groups).toEqual([])
})

test('no number is given again while the log may hold records of a group that had it', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal')
  await log.of('one', false)
  const two = await log.of('two', false)
  two.save(1, { kind: 'entries', entries: [entry(1)] })
  await two.drain()
  await log.leave('one')
  const three = await log.of('three', false)
  three.save(1, { kind: 'hard-state', hardState: { term: 3, vote: null } })
  await three.drain()
  const next = await SharedLog.open(hostWith(new ImageDisk(disk.image), 2), 'wal')
  expect(next.groups).toEqual(['two', 'three'])
  expect(indexes(await next.of('two', false))).toEqual([1])
  expect((await next.of('three', false)).recovered.hardState.term).toBe(3)
})

test('a group that has left is not there again, whatever decays in the newest batch', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal')
  const [goes, stays] = [await log.of('goes', false), await log.of('stays', false)]
  goes.save(1, { kind: 'entries', entries: [entry(1)] })
  await goes.drain()
  stays.save(1, { kind: 'entries', entries: [entry(1)] })
  await log.leave('goes')
  for (let life = 2; life <= 3; life++) {
    const next = await SharedLog.open(hostWith(withRottenEnd(disk, 'wal'), life), 'wal')
    expect(next.groups).toEqual(['stays'])
    expect((await next.of('stays', false)).recovered).toMatchObject({ suspect: true, entries: [{ index: 1 }] })
  }
})

test('a group whose departure is on its way is not there again because another record of that batch decayed', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal')
  const [goes, stays] = [await log.of('goes', false), await log.of('stays', false)]
  goes.save(1, { kind: 'entries', entries: [entry(1)] })
  await goes.drain()
  const file = disk.image.openFile('wal/00000001.wal', {})
  const decayed = file.size + 25
  stays.save(1, { kind: 'entries', entries: [entry(1)] })
  // Its first batch, and no second.
  disk.diesAt = disk.operations + 2
  void log.leave('goes')
  await stays.drain()
  const cut = new ImageDisk(disk.image)
  const bytes = file.read(0, file.size)
  cut.image.write(cut.image.openFile('wal/00000001.wal', {}), decayed, Uint8Array.of((bytes[decayed] as number) ^ 0xff))
  for (let life = 2; life <= 3; life++) {
    const next = await SharedLog.open(hostWith(new ImageDisk(cut.image), life), 'wal')
    expect(next.groups).toEqual(['stays'])
    expect((await next.of('stays', false)).recovered.suspect).toBe(true)
  }
})

test('the life that a disk is read to be of is the one that the member says, which left and came back, as often as it did', async () => {
  const disk = new ImageDisk()
  const reader = new SharedLogReader(disk.image.durable, 'wal')
  for (let life = 1; life <= 3; life++) {
    const log = await SharedLog.open(hostWith(new ImageDisk(disk.image), life), 'wal')
    for (let departures = 0; departures <= 2; departures++) {
      const { rejoins = 0 } = await log.of('g', true)
      reader.follow(life)
      expect([reader.of('g').incarnation, rejoins]).toEqual([lifeOf(life, departures), departures])
      if (departures === 2) break
      await log.leave('g')
      reader.follow(life)
      expect(reader.of('g').incarnation).toBe(lifeOf(life, departures + 1))
    }
    expect(reader.of('other').incarnation).toBe(life)
  }
})

/** Entries of another group, until the segment that is written to is followed by another. */
async function goOn(log: SharedLog, disk: ImageDisk, { segments }: { segments: number }): Promise<void> {
  const busy = await log.of('busy', false)
  const newest = () => Number.parseInt(disk.image.list('wal').at(-1) as string, 10)
  const last = newest() + segments
  for (let index = 1; newest() < last; index++) {
    busy.save(2 * index - 1, { kind: 'entries', entries: [entry(index)] })
    busy.save(2 * index, { kind: 'compacted', base: { index, term: 1 }, configuration: null })
    await busy.drain()
  }
  await settle()
}

test.each([0, 1, 4])('a group that left has forgotten what it said in later lives too, whatever is said of the disk, %i segments on', async (segments) => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal', { segmentBytes: 400, mostSegments: 2 })
  const first = await log.of('g', false)
  first.save(1, { kind: 'hard-state', hardState: { term: 4, vote: 1 } })
  await first.drain()
  await log.leave('g')
  if (segments > 0) await goOn(log, disk, { segments })
  if (segments === 4) expect(disk.image.list('wal')).not.toContain('00000001.wal')
  for (let life = 2; life <= 4; life++) {
    disk.image.losePower(loseAll)
    const next = await SharedLog.open(hostWith(new ImageDisk(disk.image), life), 'wal')
    // It is there, and not trusted, from the second of these lives on.
    const { recovered, isNew } = await next.of('g', false)
    expect([recovered.suspect, recovered.wiped, isNew]).toEqual([true, true, life === 2])
    expect((await next.of(`other-${life}`, false)).recovered).toMatchObject({ suspect: true, wiped: true })
  }
})

test('a log that no group ever left says nothing of it', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal', { segmentBytes: 400, mostSegments: 2 })
  await goOn(log, disk, { segments: 3 })
  const next = await SharedLog.open(hostWith(new ImageDisk(disk.image), 2), 'wal')
  expect((await next.of('g', false)).recovered).toMatchObject({ suspect: false, wiped: false })
})
