import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import type { PowerLossDice } from '../../../sim/disk/power-loss.js'
import { Stream } from '../../../sim/kernel/stream.js'
import type { Entry, HardState, RaftChange } from '../../../systems/raft/messages.js'
import { SharedLog } from '../../../systems/raft/shared-log.js'
import { SharedLogReader } from '../../../systems/raft/wal-reader.js'
import { CorruptLog } from '../../../systems/raft/wal-recovery.js'
import { keepAll, loseAll } from '../../sim/disk/power-loss-dice.js'
import { hostWith, ImageDisk, withRottenEnd } from './image-disk.js'
import { after, describeModel, diceOf, emptyModel, type LogModel, nextChange } from './log-model.js'

const groups = ['one', 'two', 'three'] as const
const seeds = fc.record({ high: fc.integer(), low: fc.integer() })
const settle = async () => {
  for (let i = 0; i < 12; i++) await new Promise((resolve) => setImmediate(resolve))
}
const options = { segmentBytes: 1_500, mostSegments: 2 }

const liveEntries = ({ base, entries, last }: LogModel): Entry[] => {
  const live: Entry[] = []
  for (let index = base.index + 1; index <= last; index++) live.push(entries.get(index) as Entry)
  return live
}

/**
 * Several lives of one log that three groups share, not all of which are there in every life: each saves at random, and the life ends in a crash between any two disk
 * operations, with or without the power; now and then a group leaves. In every life every group has to find a prefix of what it saved that includes all that was
 * reported durable, or nothing when it was to leave; nothing but that when it was told that it has.
 */
async function liveThrough(key: { high: number; low: number }, garbage: boolean): Promise<Lived> {
  const random = new Stream(key)
  const image = new DiskImage()
  const reader = new SharedLogReader(image.durable, 'raft/wal')
  const acceptable = new Map<string, LogModel[]>(groups.map((group) => [group, [emptyModel()]]))
  const hardStates = new Map<string, HardState[]>(groups.map((group) => [group, []]))
  /** Whether the group's log began with a doubt; and whether any group was told that it has left. */
  const beganSuspect = new Map<string, boolean>()
  let hasLeft = false
  const lived = { suspicions: 0, repeats: 0, mostSegments: 0, departures: 0, returns: 0 }
  for (let life = 1; life <= 6; life++) {
    const disk = new ImageDisk(image)
    if (random.int(4) === 0) disk.diesAt = random.int(40)
    const host = hostWith(disk, life)
    const opened = await Promise.race([SharedLog.open(countRepeats(host, lived), 'raft/wal', options), settle().then(() => null)])
    for (const group of opened === null ? [] : groups) {
      // A group that nobody asks for stays as it is.
      if (random.int(5) === 0) continue
      // Its beginning may be durable though the life ended before that was told.
      if (!(opened as SharedLog).groups.includes(group)) beganSuspect.set(group, lived.departures > 0)
      const part = await Promise.race([(opened as SharedLog).of(group, false), settle().then(() => null)])
      if (part === null) continue
      const found = part.recovered
      if (part.isNew) {
        if (hasLeft) expect([found.suspect, found.wiped]).toEqual([true, true])
        if (lived.departures === 0) expect(found.suspect).toBe(false)
        beganSuspect.set(group, found.suspect)
      } else if (found.suspect && beganSuspect.get(group) !== true) lived.suspicions++
      const shown = { base: found.base, entries: found.entries.map((entry) => ({ ...entry, data: [...entry.data] })) }
      const matching = (acceptable.get(group) as LogModel[]).filter((model) => JSON.stringify(describeModel(model)) === JSON.stringify(shown))
      expect(matching.length, `life ${life}: ${group} found none of the states it might have`).toBeGreaterThan(0)
      expect([...matching.map((model) => model.hardState), ...(hardStates.get(group) as HardState[])]).toContainEqual(found.hardState)
      const states: LogModel[] = [{ ...(matching[0] as LogModel), hardState: found.hardState }]
      acceptable.set(group, states)
      if (part.isNew && life > 1) lived.returns++
      let durable = 0
      let isLeaving = false
      part.onDurable((token) => {
        expect(token).toBeGreaterThan(durable)
        durable = token
        acceptable.set(group, isLeaving ? [...states.slice(durable), emptyModel()] : states.slice(durable))
        hardStates.set(
          group,
          states.slice(durable).map((state) => state.hardState),
        )
      })
      part.repeats?.(() => liveEntries(states.at(-1) as LogModel))
      const save = (token: number) => {
        const change: RaftChange = nextChange(states.at(-1) as LogModel, random)
        const next = after(states.at(-1) as LogModel, change)
        states.push(next)
        if (acceptable.get(group) !== states) (acceptable.get(group) as LogModel[]).push(next)
        ;(hardStates.get(group) as HardState[]).push(next.hardState)
        part.save(token, change)
        if (random.int(3) > 0) part.flush()
      }
      if (disk.diesAt === Number.POSITIVE_INFINITY) disk.diesAt = disk.operations + 20 + random.int(150)
      const saves = random.int(60)
      for (let token = 1; token <= saves; token++) {
        save(token)
        if (random.int(3) === 0) for (let i = random.int(8); i > 0; i--) await null
      }
      if (random.int(4) === 0) {
        isLeaving = true
        lived.departures++
        acceptable.set(group, [...(acceptable.get(group) as LogModel[]), emptyModel()])
        ;(hardStates.get(group) as HardState[]).push(emptyModel().hardState)
        void (opened as SharedLog).leave(group).then(() => {
          hasLeft = true
          acceptable.set(group, [emptyModel()])
          hardStates.set(group, [])
        })
      }
      part.flush()
      if (random.int(2) === 0) await settle()
    }
    await settle()
    reader.follow(life)
    for (const group of groups) {
      const log = reader.of(group)
      const shown = (acceptable.get(group) as LogModel[]).some((state) => state.last === log.lastIndex && state.base.index === log.snapshotIndex)
      if (opened !== null && random.int(2) === 0) expect(shown, `life ${life}: the reader shows a state of ${group} that it may have`).toBe(true)
    }
    if (opened !== null) lived.mostSegments = Math.max(lived.mostSegments, image.list('raft/wal').length)
    disk.diesAt = 0
    if (random.int(3) > 0) image.losePower([keepAll, loseAll, diceOf(random, garbage), diceOf(random, garbage)][random.int(4)] as PowerLossDice)
  }
  return lived
}

interface Lived {
  suspicions: number
  repeats: number
  mostSegments: number
  departures: number
  returns: number
}

function countRepeats(host: ReturnType<typeof hostWith>, lived: { repeats: number }): ReturnType<typeof hostWith> {
  const check = {
    ...host.check,
    reachable: (name: string) => {
      if (name === 'an idle group is repeated in a new segment') lived.repeats++
    },
  }
  return { ...host, check }
}

describe('after any crash every group recovers to a prefix of what it saved that includes all that was durable', () => {
  test('when torn sectors hold old or new bytes, and then no group is suspect', async () => {
    const sums = { repeats: 0, departures: 0, returns: 0 }
    await fc.assert(
      fc.asyncProperty(seeds, async (key) => {
        const lived = await liveThrough(key, false)
        sums.repeats += lived.repeats
        sums.departures += lived.departures
        sums.returns += lived.returns
        expect(lived.suspicions).toBe(0)
      }),
      { numRuns: 40 },
    )
    for (const sum of Object.values(sums)) expect(sum).toBeGreaterThan(5)
  }, 120_000)

  test('when torn sectors may hold garbage, and then groups may be suspect', async () => {
    let suspicions = 0
    await fc.assert(
      fc.asyncProperty(seeds, async (key) => {
        suspicions += (await liveThrough(key, true)).suspicions
      }),
      { numRuns: 80 },
    )
    expect(suspicions).toBeGreaterThan(0)
  }, 120_000)
})

const entry = (index: number, bytes = 60): Entry => ({ index, term: 1, kind: 'normal', data: new Uint8Array(bytes).fill(index) })

test('what several groups save at a time is one write and one sync', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal')
  const parts = await Promise.all(Array.from({ length: 50 }, (_, i) => log.of(`g${i}`, false)))
  const { syncs, appends } = disk
  const durable: number[] = []
  for (const [i, part] of parts.entries()) {
    part.onDurable(() => durable.push(i))
    part.save(1, { kind: 'entries', entries: [entry(1)] })
  }
  parts[0]?.flush()
  await Promise.all(parts.map((part) => part.drain()))
  expect([disk.syncs - syncs, disk.appends - appends]).toEqual([1, 1])
  expect(durable).toEqual(parts.map((_, i) => i))
})

test('a group that saves no more does not keep old segments for ever, and loses nothing', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal', { segmentBytes: 1_000, mostSegments: 3 })
  const idle = await log.of('idle', false)
  idle.repeats?.(() => [entry(1), entry(2)])
  idle.save(1, { kind: 'hard-state', hardState: { term: 1, vote: 2 } })
  idle.save(2, { kind: 'entries', entries: [entry(1), entry(2)] })
  await idle.drain()
  const busy = await log.of('busy', false)
  for (let index = 1; index <= 200; index++) {
    busy.save(2 * index - 1, { kind: 'entries', entries: [entry(index)] })
    busy.save(2 * index, { kind: 'compacted', base: { index, term: 1 }, configuration: null })
    await busy.drain()
  }
  expect(disk.image.list('wal').length).toBeLessThanOrEqual(4)
  disk.image.losePower(loseAll)
  const next = await SharedLog.open(hostWith(new ImageDisk(disk.image), 2), 'wal')
  const { recovered, isNew } = await next.of('idle', true)
  expect(isNew).toBe(false)
  expect([recovered.hardState, recovered.entries.map(({ index }) => index), recovered.suspect]).toEqual([{ term: 1, vote: 2 }, [1, 2], false])
  expect((await next.of('busy', true)).recovered.base).toEqual({ index: 200, term: 1 })
})

test('whatever older segments have gone, the log that is left without its last batch is one, of every group', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal', { segmentBytes: 1_000, mostSegments: 3 })
  const idle = await log.of('idle', false)
  idle.repeats?.(() => [entry(1), entry(2)])
  idle.save(1, { kind: 'entries', entries: [entry(1), entry(2)] })
  await idle.drain()
  const busy = await log.of('busy', false)
  for (let index = 1; index <= 60; index++) {
    busy.save(2 * index - 1, { kind: 'entries', entries: [entry(index)] })
    await busy.drain()
    busy.save(2 * index, { kind: 'compacted', base: { index, term: 1 }, configuration: null })
    await busy.drain()
    await settle()
    const next = await SharedLog.open(hostWith(withRottenEnd(disk, 'wal'), 2), 'wal')
    const found = [(await next.of('idle', true)).recovered, (await next.of('busy', true)).recovered]
    expect(found.map(({ base, entries, suspect }) => [base.index + entries.length, suspect])).toEqual([
      [2, true],
      [index, true],
    ])
  }
  expect(disk.image.list('wal').length).toBeLessThanOrEqual(5)
})

test('a group that holds more than a segment is repeated no sooner than as much has been saved since', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal', { segmentBytes: 1_000, mostSegments: 2 })
  const kept = Array.from({ length: 60 }, (_, i) => entry(i + 1))
  const large = await log.of('large', false)
  large.repeats?.(() => kept)
  large.save(1, { kind: 'entries', entries: kept })
  await large.drain()
  const busy = await log.of('busy', false)
  for (let index = 1; index <= 200; index++) {
    busy.save(2 * index - 1, { kind: 'entries', entries: [entry(index)] })
    busy.save(2 * index, { kind: 'compacted', base: { index, term: 1 }, configuration: null })
    await busy.drain()
  }
  const names = disk.image.list('wal')
  expect(names.length).toBeLessThanOrEqual(3)
  // 5,000 bytes of one group, 30,000 of the other: every second segment repeats the first.
  expect(Number.parseInt(names.at(-1) as string, 10)).toBeLessThanOrEqual(15)
})

test('a start that died while it wrote the beginning of a segment takes nothing away that was durable', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal')
  const parts = [await log.of('one', false), await log.of('two', false)]
  for (const part of parts) {
    part.save(1, { kind: 'entries', entries: [entry(1), entry(2)] })
    await part.drain()
  }
  // The second life's segment, of which the next one finds so many bytes.
  await SharedLog.open(hostWith(new ImageDisk(disk.image), 2), 'wal')
  const path = 'wal/00000002.wal'
  const whole = disk.image.durable.read(path) as Uint8Array
  for (let bytes = 0; bytes <= whole.length; bytes++) {
    const image = new DiskImage()
    image.makeDirectory('wal')
    for (const [name, content] of [
      ['wal/00000001.wal', disk.image.durable.read('wal/00000001.wal') as Uint8Array],
      [path, whole.slice(0, bytes)],
    ] as const)
      image.write(image.openFile(name, { create: true }), 0, content)
    const next = await SharedLog.open(hostWith(new ImageDisk(image), 3), 'wal')
    for (const name of ['one', 'two']) {
      const { recovered } = await next.of(name, false)
      expect([name, bytes, recovered.entries.map(({ index }) => index), recovered.suspect]).toEqual([name, bytes, [1, 2], false])
    }
  }
})

test('a group that the log does not know is new, or was lost where that was said', async () => {
  const log = await SharedLog.open(hostWith(new ImageDisk(), 3), 'wal')
  const fresh = await log.of('fresh', false)
  const lost = await log.of('lost', true)
  expect([fresh.isNew, fresh.recovered.wiped, lost.isNew, lost.recovered.wiped]).toEqual([true, false, true, true])
})

test('a member that was lost stays so in the next life, until it is trusted', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 2), 'wal')
  await log.of('g', true)
  const next = await SharedLog.open(hostWith(new ImageDisk(disk.image), 3), 'wal')
  const part = await next.of('g', true)
  expect([part.isNew, part.recovered.wiped]).toEqual([false, true])
  part.save(1, { kind: 'trusted' })
  await part.drain()
  const last = await SharedLog.open(hostWith(new ImageDisk(disk.image), 4), 'wal')
  expect((await last.of('g', true)).recovered.wiped).toBe(false)
})

test('a group is asked for once in a life', async () => {
  const log = await SharedLog.open(hostWith(new ImageDisk(), 1), 'wal')
  await log.of('g', false)
  await expect(log.of('g', false)).rejects.toThrow('group g is started already on this host')
})

test('damage where the log was durable stops every group', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal')
  const part = await log.of('g', false)
  for (let index = 1; index <= 3; index++) {
    part.save(index, { kind: 'entries', entries: [entry(index)] })
    await part.drain()
  }
  const file = disk.image.openFile('wal/00000001.wal', {})
  const bytes = file.read(0, file.size)
  bytes[400] = (bytes[400] as number) ^ 0xff
  disk.image.write(file, 0, bytes)
  await expect(SharedLog.open(hostWith(new ImageDisk(disk.image), 2), 'wal')).rejects.toThrow(CorruptLog)
})

test('neither kind of log takes the other for its own', async () => {
  const disk = new ImageDisk()
  const log = await SharedLog.open(hostWith(disk, 1), 'wal')
  await log.of('g', false)
  const { WriteAheadLog } = await import('../../../systems/raft/write-ahead-log.js')
  await expect(WriteAheadLog.open(hostWith(new ImageDisk(disk.image), 2), 'wal')).rejects.toThrow('a log that groups share')
})
