import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import type { FileInode } from '../../../sim/disk/file-inode.js'
import type { PageFate, PowerLossDice } from '../../../sim/disk/power-loss.js'
import { Stream } from '../../../sim/kernel/stream.js'
import { keepAll, loseAll } from './power-loss-dice.js'

/** The plainest model: whole copies. */
class PlainFile {
  cached: number[] = []
  durable: number[] = []
  /** Bytes that an undurable change has touched since they were synced, or that lie beyond what was. */
  unsure = new Set<number>()
}

type Action = { kind: 'write'; offset: number; length: number } | { kind: 'truncate'; size: number } | { kind: 'sync' }

const offset = fc.oneof(fc.integer({ min: 0, max: 9_000 }), fc.constantFrom(0, 511, 512, 4095, 4096, 4097))
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('write' as const), offset, length: fc.integer({ min: 1, max: 700 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('truncate' as const), size: offset }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'sync' as const }) },
)

function perform(actions: readonly Action[]): { image: DiskImage; file: FileInode; plain: PlainFile } {
  const image = new DiskImage()
  const file = image.openFile('f', { create: true })
  image.syncDirectory('')
  const plain = new PlainFile()
  actions.forEach((each, index) => {
    const letter = 1 + (index % 250)
    if (each.kind === 'write') {
      image.write(file, each.offset, new Uint8Array(each.length).fill(letter))
      while (plain.cached.length < each.offset) plain.cached.push(0)
      for (let at = each.offset; at < each.offset + each.length; at++) {
        plain.cached[at] = letter
        plain.unsure.add(at)
      }
    } else if (each.kind === 'truncate') {
      image.truncate(file, each.size)
      for (let at = each.size; at < plain.cached.length; at++) plain.unsure.add(at)
      plain.cached.length = Math.min(plain.cached.length, each.size)
      while (plain.cached.length < each.size) plain.cached.push(0)
    } else {
      image.finishSync(file, image.beginSync(file))
      plain.durable = [...plain.cached]
      plain.unsure.clear()
    }
  })
  return { image, file, plain }
}

const contents = (image: DiskImage) => {
  const file = image.find('f', 'stat') as FileInode
  return [...file.read(0, file.size)]
}

class RandomLoss implements PowerLossDice {
  constructor(readonly random: Stream) {}
  keepsName = () => true
  sizeVersion = ({ newest }: { newest: number }) => this.random.int(newest + 1)
  pageFate({ oldest, newest }: { oldest: number; newest: number }): PageFate {
    const from = oldest + this.random.int(newest - oldest)
    const to = from + 1 + this.random.int(newest - from)
    const sectors = Array.from({ length: 8 }, () => this.random.pick(['o', 'n', 'g'])).join('')
    return this.random.int(2) === 0 ? { kind: 'version', version: from } : { kind: 'torn', from, to, sectors, garbage: this.random.u32() }
  }
}

describe('whatever was written, cut and synced', () => {
  test('reads see the cache, and the durable view what was synced last', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const { image, plain } = perform(actions)
        expect(contents(image)).toEqual(plain.cached)
        expect([...(image.durable.read('f') as Uint8Array)]).toEqual(plain.durable)
        expect([...(image.durable.readFrom('f', 100) as Uint8Array)]).toEqual(plain.durable.slice(100))
      }),
      { numRuns: 300 },
    )
  })

  test('the kindest power loss leaves the cache, the plainest what was synced', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
        const kind = perform(actions)
        kind.image.losePower(keepAll)
        expect(contents(kind.image)).toEqual(kind.plain.cached)
        const plain = perform(actions)
        plain.image.losePower(loseAll)
        expect(contents(plain.image)).toEqual(plain.plain.durable)
      }),
      { numRuns: 200 },
    )
  })

  test('no power loss harms a synced byte that nothing has touched since, and what it leaves is durable', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 30 }), fc.integer(), (actions, seed) => {
        const { image, plain } = perform(actions)
        image.losePower(new RandomLoss(new Stream({ high: seed, low: 1 })))
        const left = contents(image)
        expect(plain.durable.findIndex((byte, at) => !plain.unsure.has(at) && left[at] !== byte)).toBe(-1)
        expect([...(image.durable.read('f') as Uint8Array)]).toEqual(left)
        image.losePower(loseAll)
        expect(contents(image)).toEqual(left)
      }),
      { numRuns: 300 },
    )
  })
})

describe('a file that is hardly ever synced', () => {
  /** Many writes, a sync that begins, as many writes; then it ends. */
  function overwritten(endSync: boolean) {
    const image = new DiskImage()
    const file = image.openFile('f', { create: true })
    image.syncDirectory('')
    image.write(file, 0, new Uint8Array(6_000).fill(1))
    image.finishSync(file, image.beginSync(file))
    const random = new Stream({ high: 1, low: 2 })
    const overwrite = (times: number) => {
      for (let i = 0; i < times; i++) image.write(file, random.int(5_000), new Uint8Array(100).fill(2 + (i % 200)))
    }
    overwrite(1_300)
    const captured = image.beginSync(file)
    const synced = [...file.read(0, file.size)]
    overwrite(3_000)
    for (let i = 0; i < 5_000; i++) image.write(file, file.size, new Uint8Array(3).fill(9))
    const before = [...(image.durable.read('f') as Uint8Array)]
    if (endSync) image.finishSync(file, captured)
    return { image, file, synced, before }
  }

  test('keeps its durable contents through thousands of overwrites and appends', () => {
    const { image, synced, before } = overwritten(true)
    expect(before).toEqual(new Array(6_000).fill(1))
    expect([...(image.durable.read('f') as Uint8Array)]).toEqual(synced)
    image.losePower(loseAll)
    expect(contents(image)).toEqual(synced)
    const unfinished = overwritten(false)
    unfinished.image.losePower(loseAll)
    expect(contents(unfinished.image)).toEqual(before)
  })

  test('loses no synced byte to the garbage of writes around it', () => {
    for (let garbage = 0; garbage < 20; garbage++) {
      const image = new DiskImage()
      const file = image.openFile('f', { create: true })
      image.syncDirectory('')
      image.write(file, 0, new Uint8Array(4_096).fill(1))
      image.finishSync(file, image.beginSync(file))
      for (let i = 0; i < 2_000; i++) image.write(file, 100 + (i % 2) * 300, new Uint8Array(4).fill(i))
      image.losePower({ ...keepAll, pageFate: ({ oldest, newest }) => ({ kind: 'torn', from: oldest, to: newest, sectors: 'gggggggg', garbage }) })
      const harmed = contents(image).flatMap((byte, at) => (byte === 1 || (at >= 100 && at < 104) || (at >= 400 && at < 404) ? [] : [at]))
      expect(harmed).toEqual([])
    }
  })

  test.each([
    ['appended to', (index: number) => index * 10],
    ['overwritten here and there', (index: number) => (index * 997) % 4_000],
  ])('remembers few versions, however often it is %s', (_, offsetOf) => {
    const image = new DiskImage()
    const file = image.openFile('f', { create: true })
    image.syncDirectory('')
    for (let i = 0; i < 50_000; i++) image.write(file, offsetOf(i), new Uint8Array(10).fill(i))
    let most = 0
    image.losePower({
      ...keepAll,
      sizeVersion: ({ newest }) => {
        most = Math.max(most, newest)
        return newest
      },
      pageFate: ({ newest }) => {
        most = Math.max(most, newest)
        return { kind: 'version', version: newest }
      },
    })
    expect(most).toBeLessThan(2_500)
  })
})
