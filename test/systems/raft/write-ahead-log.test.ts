import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import type { PowerLossDice } from '../../../sim/disk/power-loss.js'
import type { DurableView } from '../../../sim/host/seam.js'
import { Stream } from '../../../sim/kernel/stream.js'
import type { HardState } from '../../../systems/raft/messages.js'
import { WalReader } from '../../../systems/raft/wal-reader.js'
import { WriteAheadLog } from '../../../systems/raft/write-ahead-log.js'
import { keepAll, loseAll } from '../../sim/disk/power-loss-dice.js'
import { hostWith, ImageDisk } from './image-disk.js'
import { after, describeModel, diceOf, emptyModel, type LogModel, nextChange } from './log-model.js'

const seeds = fc.record({ high: fc.integer(), low: fc.integer() })
const settle = async () => {
  for (let i = 0; i < 12; i++) await new Promise((resolve) => setImmediate(resolve))
}

/** Sees of every change that something was changed, and not what. */
function withoutHints(view: DurableView): DurableView {
  return {
    get changes() {
      return view.changes
    },
    lastChanged: null,
    read: (path) => view.read(path),
    readFrom: (path, offset) => view.readFrom(path, offset),
    size: (path) => view.size(path),
    list: (directory) => view.list(directory),
    file: (path) => view.file(path),
  }
}

const read = ({ hardState: { term, vote }, lastIndex, snapshotIndex, snapshotTerm, suspect, incarnation }: WalReader): string =>
  [term, vote, lastIndex, snapshotIndex, snapshotTerm, suspect, incarnation].join(' ')

/**
 * Several lives of one log: each saves at random, and ends in a crash between any two disk operations, with or without the power.
 * Every life has to find a prefix of what was saved that includes all that was reported durable.
 */
async function liveThrough(key: { high: number; low: number }, garbage: boolean): Promise<{ suspicions: number; readerSteps: number }> {
  const random = new Stream(key)
  const image = new DiskImage()
  const reader = new WalReader(image.durable, 'raft/wal')
  const careful = new WalReader(withoutHints(image.durable), 'raft/wal')
  /** Bytes of another file may become durable at any time. */
  const follow = (life: number): boolean => {
    if (random.int(2) === 0) {
      const other = image.openFile('other', { create: true })
      image.write(other, other.size, Uint8Array.of(1))
      image.finishSync(other, image.beginSync(other))
      if (random.int(8) === 0) image.syncDirectory('')
    }
    const isNew = reader.follow(life)
    if (careful.follow(life) !== isNew || read(careful) !== read(reader)) {
      expect([isNew, read(reader)], 'what a reader finds does not hang on what it is told of changes').toEqual([!isNew, read(careful)])
    }
    return isNew
  }
  let acceptable: LogModel[] = [emptyModel()]
  let hardStates: HardState[] = []
  let suspicions = 0
  let readerSteps = 0
  for (let life = 1; life <= 6; life++) {
    const disk = new ImageDisk(image)
    if (random.int(4) === 0) disk.diesAt = random.int(40)
    const opened = await Promise.race([WriteAheadLog.open(hostWith(disk, life), 'raft/wal', { segmentBytes: 1_500 }), settle().then(() => null)])
    if (opened !== null) {
      const found = opened.recovered
      if (found.suspect) suspicions++
      const shown = { base: found.base, entries: found.entries.map((entry) => ({ ...entry, data: [...entry.data] })) }
      const matching = acceptable.filter((model) => JSON.stringify(describeModel(model)) === JSON.stringify(shown))
      expect(matching.length, `life ${life} found none of the states it might have`).toBeGreaterThan(0)
      // The newest acceptable hard state, or one that was written after it.
      const candidates = [...matching.map((model) => model.hardState), ...hardStates]
      expect(candidates).toContainEqual(found.hardState)
      expect(found.hardState.term).toBeGreaterThanOrEqual((acceptable[0] as LogModel).hardState.term)
      const start: LogModel = { ...(matching[0] as LogModel), hardState: found.hardState }
      follow(life)
      expect(reader.hardState).toEqual(found.hardState)
      expect(reader.lastIndex).toBe(start.last)

      const states = [start]
      let durable = 0
      opened.onDurable((token) => {
        expect(token).toBeGreaterThan(durable)
        durable = token
      })
      disk.diesAt = disk.operations + random.int(60)
      for (let token = 1; token <= 40; token++) {
        const change = nextChange(states.at(-1) as LogModel, random, garbage)
        states.push(after(states.at(-1) as LogModel, change))
        opened.save(token, change)
        if (token % 40 === 0 || random.int(3) > 0) opened.flush()
        if (random.int(3) === 0) for (let i = random.int(8); i > 0; i--) await null
        if (follow(life)) readerSteps++
      }
      await settle()
      if (follow(life)) readerSteps++
      const shownByReader = states.findIndex((state, at) => at >= durable && state.last === reader.lastIndex && state.base.index === reader.snapshotIndex)
      expect(shownByReader, 'the reader shows a durable state').toBeGreaterThanOrEqual(0)
      for (const [index, { term }] of (states[shownByReader] as LogModel).entries) expect(reader.termAt(index)).toBe(term)
      acceptable = states.slice(durable)
      hardStates = acceptable.map((state) => state.hardState)
    }
    disk.diesAt = 0
    if (random.int(3) > 0) image.losePower([keepAll, loseAll, diceOf(random, garbage), diceOf(random, garbage)][random.int(4)] as PowerLossDice)
  }
  return { suspicions, readerSteps }
}

describe('after any crash the log recovers to a prefix of what was saved that includes all that was durable', () => {
  test('when torn sectors hold old or new bytes, and then the member is not suspect', async () => {
    let readerSteps = 0
    await fc.assert(
      fc.asyncProperty(seeds, async (key) => {
        const lived = await liveThrough(key, false)
        readerSteps += lived.readerSteps
        expect(lived.suspicions).toBe(0)
      }),
      { numRuns: 60 },
    )
    expect(readerSteps).toBeGreaterThan(250)
  }, 120_000)

  test('when torn sectors may hold garbage, and then the member may be suspect', async () => {
    let suspicions = 0
    await fc.assert(
      fc.asyncProperty(seeds, async (key) => {
        suspicions += (await liveThrough(key, true)).suspicions
      }),
      { numRuns: 200 },
    )
    expect(suspicions).toBeGreaterThan(0)
  }, 120_000)
})

test('a follower enters a segment whose name was durable before its bytes', async () => {
  const source = new ImageDisk()
  const log = await WriteAheadLog.open(hostWith(source, 1), 'wal', { segmentBytes: 200 })
  for (let index = 1; index <= 8; index++) {
    log.save(index, { kind: 'entries', entries: [{ index, term: 1, kind: 'normal', data: new Uint8Array(60).fill(index) }] })
    await log.drain()
  }
  const image = new DiskImage()
  const reader = new WalReader(image.durable, 'wal')
  image.makeDirectory('wal')
  image.syncDirectory('')
  const found: number[] = []
  for (const name of source.image.list('wal')) {
    const file = image.openFile(`wal/${name}`, { create: true })
    image.syncDirectory('wal')
    reader.follow(1)
    image.write(file, 0, source.image.durable.read(`wal/${name}`) as Uint8Array)
    image.finishSync(file, image.beginSync(file))
    expect(reader.follow(1)).toBe(true)
    found.push(reader.lastIndex)
  }
  expect(found.length).toBeGreaterThan(2)
  expect(found).toEqual(found.toSorted((a, b) => a - b))
  expect(found.at(-1)).toBe(8)
})
