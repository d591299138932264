import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DiskError } from '../../../sim/host/errors.js'
import type { Disk } from '../../../sim/host/seam.js'
import { decodeArchive, encodeArchive } from '../../../systems/kv/archives.js'
import type { KeyChange } from '../../../systems/kv/batch.js'
import { concatBytes, writeU32 } from '../../../systems/kv/bytes.js'
import { CorruptManifest, UnknownOutcome } from '../../../systems/kv/errors.js'
import { LocalManifest, loadCopies } from '../../../systems/kv/local-manifest.js'
import { replayManifest } from '../../../systems/kv/manifest-log.js'
import { encodeDelta as encodeDeltaOf, encodeRedo as encodeRedoOf, encodeState as encodeStateOf, ownerOf } from '../../../systems/kv/manifest-record.js'
import { applyDeltas, emptyState, type ManifestDelta, type ManifestState } from '../../../systems/kv/manifest-state.js'
import { type MappingChange, MappingEdit, MappingTable, unmapped } from '../../../systems/kv/mapping.js'
import { AppendAllocator, ReuseAllocator } from '../../../systems/kv/page-allocator.js'
import type { FileCounts } from '../../../systems/kv/page-files.js'
import { crc32c } from '../../../systems/raft/crc32c.js'

const change = fc.record({ logical: fc.nat(600), physical: fc.oneof(fc.constant(unmapped), fc.nat(2 ** 40)), stamp: fc.nat(0xffff_ffff) })
const changes = fc
  .array(change, { maxLength: 30 })
  .map((all): MappingChange[] => all.map((each) => (each.physical === unmapped ? { ...each, stamp: 0 } : each)))
const file = fc.record({ file: fc.nat(9), term: fc.nat(3), pages: fc.nat(100) })
const rootOf = fc.option(fc.nat(600))

const deltas = fc
  .array(fc.record({ mapping: changes, files: fc.array(file, { maxLength: 3 }), root: rootOf, expiryRoot: rootOf }), { maxLength: 6 })
  .map((all) => all.map((each, i): ManifestDelta => ({ ...each, sequence: i + 1, term: 2, clockMillis: 1_700_000_000_000 + i, next: 1_000 + i })))

const someBytes = fc.uint8Array({ maxLength: 300 })
const operation: fc.Arbitrary<KeyChange> = fc.oneof(
  fc.record({ kind: fc.constant('delete' as const), key: someBytes }),
  fc.record({ kind: fc.constant('put' as const), key: someBytes, value: someBytes }),
  fc.record({ kind: fc.constant('put' as const), key: someBytes, value: someBytes, expiresAtMillis: fc.integer({ min: 1, max: 2 ** 52 }) }),
)
const redoOf = (sequence: number) =>
  fc.record({
    sequence: fc.constant(sequence),
    clockMillis: fc.nat(2 ** 50),
    changes: fc.record({ truncateFrom: fc.option(someBytes), operations: fc.array(operation, { maxLength: 20 }) }),
  })

const empty = emptyState({ pageBytes: 4_096, filePages: 64, layout: 'append', codec: 'zstd' })

const owner = ownerOf('t-0')
const encodeState = (state: ManifestState): Uint8Array => encodeStateOf(state, owner)
const encodeDelta = (delta: ManifestDelta): Uint8Array => encodeDeltaOf(delta, owner)

/** To be compared. */
const contentOf = ({ mapping, files, ...rest }: ManifestState): object => ({
  ...rest,
  mapping: [...mapping.pages()],
  length: mapping.length,
  files: [...files],
})

describe('A manifest', () => {
  test('says the same as the changes that it was written from, whole or one by one', () => {
    fc.assert(
      fc.property(deltas, (all) => {
        const state = applyDeltas(empty, all)
        const bytes = concatBytes([encodeState(empty), ...all.map((delta) => encodeDelta(delta))])
        const replayed = replayManifest(bytes, 'manifest', owner)
        expect(contentOf(replayed?.state as ManifestState)).toEqual(contentOf(state))
        expect(replayed?.end).toBe(bytes.length)
        expect(contentOf(replayManifest(encodeState(state), 'manifest', owner)?.state as ManifestState)).toEqual(contentOf(state))
      }),
    )
  })

  test('has commits whose pages are still to be written after the state that lies in files, until a later one has written them', () => {
    fc.assert(
      fc.property(redoOf(1), redoOf(2), (first, second) => {
        const records = [encodeState(empty), encodeRedoOf(first, owner), encodeRedoOf(second, owner)]
        const replayed = replayManifest(concatBytes(records), 'manifest', owner)
        expect(replayed).toMatchObject({ state: { sequence: 0 }, redo: [first, second], sequence: 2 })
        const delta: ManifestDelta = { sequence: 3, term: 0, clockMillis: 0, root: null, expiryRoot: null, next: 1, mapping: [], files: [] }
        const written = concatBytes([...records, encodeDelta(delta)])
        expect(replayManifest(written, 'manifest', owner)).toMatchObject({ state: { sequence: 3 }, redo: [], sequence: 3, end: written.length })
        // What follows is the change to the state after the last commit, not after the last that lies in files.
        expect(() => replayManifest(concatBytes([...records, encodeDelta({ ...delta, sequence: 1 })]), 'm', owner)).toThrow('expected the change to state 3')
        const torn = replayManifest(concatBytes(records).slice(0, -1), 'manifest', owner)
        expect(torn).toMatchObject({ redo: [first], sequence: 1 })
      }),
    )
  })

  test('that was torn anywhere says what its whole records say', () => {
    fc.assert(
      fc.property(deltas, fc.nat(), (all, dice) => {
        const records = [encodeState(empty), ...all.map((delta) => encodeDelta(delta))]
        const bytes = concatBytes(records)
        const cut = dice % (bytes.length + 1)
        const ends = records.map((_, i) => records.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0))
        const whole = ends.filter((end) => end <= cut).length
        const replayed = replayManifest(bytes.slice(0, cut), 'manifest', owner)
        if (whole === 0) expect(replayed).toBeNull()
        else expect(replayed?.state.sequence).toBe(whole - 1)
      }),
    )
  })

  test('that decayed before a record that is whole is refused, with the file and the place', () => {
    const delta = (sequence: number): ManifestDelta => {
      return { sequence, term: 0, clockMillis: 0, root: 0, expiryRoot: null, next: 1, mapping: [{ logical: 0, physical: sequence, stamp: 1 }], files: [] }
    }
    const first = encodeState(empty)
    const bytes = concatBytes([first, encodeDelta(delta(1)), encodeDelta(delta(2))])
    const damaged = first.length + 20
    bytes[damaged] = (bytes[damaged] as number) ^ 4
    expect(() => replayManifest(bytes, 'kv/t-0/manifest-1', owner)).toThrow(CorruptManifest)
    expect(() => replayManifest(bytes, 'kv/t-0/manifest-1', owner)).toThrow(
      /^kv\/t-0\/manifest-1: at \d+: expected checksum [0-9a-f]{8}, found checksum [0-9a-f]{8}, though a whole record follows at \d+$/,
    )
    expect(() => replayManifest(concatBytes([first, encodeDelta(delta(2))]), 'm', owner)).toThrow('expected the change to state 1, found the change to state 2')
  })
})

describe('A record that was meant for the manifest of another partition', () => {
  const foreign = ownerOf('t-1')

  test('is no manifest', () => expect(replayManifest(encodeStateOf(empty, foreign), 'm', owner)).toBeNull())

  test('is no change, though its number would fit', () => {
    const delta: ManifestDelta = { sequence: 1, term: 0, clockMillis: 0, root: null, expiryRoot: null, next: 1, mapping: [], files: [] }
    const first = encodeState(empty)
    expect(replayManifest(concatBytes([first, encodeDeltaOf(delta, foreign)]), 'm', owner)).toMatchObject({ end: first.length, state: { sequence: 0 } })
    expect(replayManifest(concatBytes([first, encodeDeltaOf(delta, owner)]), 'm', owner)).toMatchObject({ state: { sequence: 1 } })
  })

  test('is no archive, nor is another archive of the same partition', () => {
    const bytes = encodeArchive(empty, 't-0/archive-0-5')
    expect(decodeArchive(bytes, 't-0/archive-0-5').sequence).toBe(0)
    for (const name of ['t-0/archive-0-6', 't-1/archive-0-5']) expect(() => decodeArchive(bytes, name)).toThrow(CorruptManifest)
  })
})

describe('A mapping', () => {
  test('is as it was, whatever later versions of it say', () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 5 }), (rounds) => {
        const versions: { table: MappingTable; expected: [number, number][] }[] = []
        const model = new Map<number, number>()
        let table = MappingTable.empty
        for (const round of rounds) {
          const edit = new MappingEdit(table)
          for (const each of round) {
            edit.set(each)
            if (each.physical === unmapped) model.delete(each.logical)
            else model.set(each.logical, each.physical)
          }
          table = edit.finish()
          versions.push({ table, expected: [...model].sort(([a], [b]) => a - b) })
        }
        for (const { table: version, expected } of versions) {
          expect([...version.pages()].map(({ logical, physical }) => [logical, physical])).toEqual(expected)
          expect(version.count).toBe(expected.length)
          expect(version.unused().every((logical) => version.physicalOf(logical) === unmapped)).toBe(true)
        }
      }),
    )
  })
})

describe('Places', () => {
  test('are given once until they are freed, the lowest first', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (steps) => {
        const allocator = new ReuseAllocator(5, [1, 3])
        const held = new Set([1, 3])
        for (const gives of steps) {
          if (gives || held.size === 0) {
            const place = allocator.allocate()
            for (let lower = 0; lower < place; lower++) expect(held.has(lower)).toBe(true)
            expect(held.has(place)).toBe(false)
            held.add(place)
          } else {
            const place = Math.max(...held)
            held.delete(place)
            allocator.free([place])
          }
        }
      }),
    )
  })

  test('of a store whose files never change again begin with a new file at every commit', () => {
    const allocator = new AppendAllocator(3, 4, true)
    expect([allocator.allocate(), allocator.allocate()]).toEqual([4, 5])
    allocator.endCommit()
    expect(allocator.allocate()).toBe(8)
  })
})

describe('A manifest that ends in what is no whole record', () => {
  const put = (sequence: number, value: Uint8Array) =>
    encodeRedoOf({ sequence, clockMillis: 1, changes: { truncateFrom: null, operations: [{ kind: 'put', key: new Uint8Array([1]), value }] } }, owner)

  test('is cut there, though a value of the lost record holds a copy of the manifest itself', () => {
    const before = concatBytes([encodeState(empty), put(1, new Uint8Array(10)), put(2, new Uint8Array(10))])
    const torn = put(3, before).slice()
    torn.fill(0, 0, 16)
    const found = replayManifest(concatBytes([before, torn]), 'manifest', owner)
    expect(found).toMatchObject({ sequence: 2, end: before.length })
  })

  test('refuses when a later record is whole', () => {
    const torn = put(1, new Uint8Array(10)).slice()
    torn.fill(0, 0, 16)
    const bytes = concatBytes([encodeState(empty), torn, put(2, new Uint8Array(10))])
    expect(() => replayManifest(bytes, 'manifest', owner)).toThrow('a whole record follows')
  })

  test('refuses when the checksums of the record are right: a later version wrote it', () => {
    const strange = put(1, new Uint8Array(10)).slice()
    strange[16] = 77
    writeU32(strange, 8, crc32c(strange, 16, strange.length, owner))
    writeU32(strange, 12, crc32c(strange, 0, 12))
    expect(() => replayManifest(concatBytes([encodeState(empty), strange]), 'manifest', owner)).toThrow('a later version wrote it')
    expect(() => replayManifest(strange, 'manifest', owner)).toThrow('a later version wrote it')
  })
})

describe('Damage of a record is named with what was expected and what was found', () => {
  const name = 't-0/archive-0-5'
  const whole = encodeArchive(empty, name)
  const word = '[0-9a-f]{8}'
  test.each<[string, (bytes: Uint8Array) => Uint8Array, string]>([
    ['bytes of its content', (bytes) => flipped(bytes, 20), `at 0: expected checksum ${word}, found checksum ${word}`],
    ['its checksum', (bytes) => flipped(bytes, 8), `at 0: expected checksum ${word} of a record's head, found checksum ${word}`],
    ['its mark', (bytes) => flipped(bytes, 0), `at 0: expected checksum ${word} of a record's head, found checksum ${word}`],
    ['what it is', foreignKind, `at 0: expected the mark 4d564b53 of a record, found 4d564b57`],
    ['its end', (bytes) => bytes.slice(0, -1), `at 0: expected a record of ${whole.length} bytes, found ${whole.length - 1} bytes`],
    ['all of it', () => new Uint8Array(0), 'at 0: expected the 16 bytes that begin a record, found 0 bytes'],
    ['what follows it', (bytes) => concatBytes([bytes, new Uint8Array(3)]), `at ${whole.length}: expected the end of the archive, found 3 bytes more`],
    ['whose it is', () => encodeArchive(empty, 't-1/archive-0-5'), `at 0: expected checksum ${word}, found checksum ${word}`],
  ])('%s', (_, damage, says) => {
    let error: unknown
    try {
      decodeArchive(damage(whole.slice()), name)
    } catch (failure) {
      error = failure
    }
    expect(error).toBeInstanceOf(CorruptManifest)
    expect((error as CorruptManifest).message).toMatch(new RegExp(`^${name}: ${says}$`))
    expect(error).toMatchObject({ file: name, expected: expect.any(String), found: expect.any(String) })
  })
})

/** Right by its checksums, and no record of a manifest. */
function foreignKind(bytes: Uint8Array): Uint8Array {
  writeU32(flipped(bytes, 0), 12, crc32c(bytes, 0, 12))
  return bytes
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  bytes[at] = (bytes[at] as number) ^ 4
  return bytes
}

/** A disk with room for so many bytes in its files; of what does not fit nothing is written. */
function smallDisk(room: number): Disk {
  const sizes = new Map<string, number>()
  const grow = (path: string, size: number): void => {
    const others = [...sizes].reduce((sum, [name, each]) => sum + (name === path ? 0 : each), 0)
    if (others + size > room) throw new DiskError('ENOSPC', 'write', path)
    sizes.set(path, size)
  }
  const open = async (path: string) => ({
    path,
    writeAt: async (offset: number, bytes: Uint8Array) => grow(path, Math.max(sizes.get(path) ?? 0, offset + bytes.length)),
    sync: async () => {},
    close: () => {},
  })
  return { open, replace: async (path: string, bytes: Uint8Array) => grow(path, bytes.length), stat: async () => null } as unknown as Disk
}

test('A manifest on a disk that was too full for room ahead takes no more than its records need', async () => {
  const counts = { writes: 0, syncs: 0, bytesWritten: 0 } as unknown as FileCounts
  const manifest = new LocalManifest({ disk: smallDisk(100_000), directory: 'kv', partition: 't-0', copies: 1, longBytes: 1e9, counts })
  await manifest.rewrite(empty)
  let refusals = 0
  let held = 0
  const redo = { clockMillis: 1, changes: { truncateFrom: null, operations: [{ kind: 'put' as const, key: new Uint8Array(1), value: new Uint8Array(500) }] } }
  for (let sequence = 1; sequence <= 180; sequence++) {
    try {
      await manifest.log({ ...redo, sequence })
      held++
    } catch (error) {
      if (!(error instanceof UnknownOutcome)) throw error
      refusals++
      await manifest.rewrite(empty)
    }
  }
  expect({ held, refusals }).toEqual({ held: 179, refusals: 1 })
})

test('A manifest that a read shows with a torn end is read again before that counts', async () => {
  const redo = encodeRedoOf({ sequence: 1, clockMillis: 1, changes: { truncateFrom: null, operations: [{ kind: 'delete', key: new Uint8Array(9) }] } }, owner)
  const whole = concatBytes([encodeState(empty), redo, new Uint8Array(100)])
  const astray = whole.slice().fill(7, encodeState(empty).length)
  let reads = 0
  const found = await loadCopies(['manifest-1'], owner, async () => (reads++ === 0 ? astray : whole))
  expect({ sequence: found?.sequence, reads }).toEqual({ sequence: 1, reads: 2 })
  const torn = await loadCopies(['manifest-1'], owner, async () => astray)
  expect(torn?.sequence).toBe(0)
  const second = encodeRedoOf({ sequence: 2, clockMillis: 1, changes: { truncateFrom: null, operations: [{ kind: 'delete', key: new Uint8Array(9) }] } }, owner)
  const damaged = concatBytes([encodeState(empty), new Uint8Array(redo.length).fill(7), second])
  let turn = 0
  await expect(loadCopies(['manifest-1'], owner, async () => (turn++ === 0 ? damaged : astray))).rejects.toThrow('a whole record follows')
})

test('A manifest whose whole state is longer than it should be is written anew only when as much has come to it', async () => {
  const written: number[] = []
  const file = {
    writeAt: async (_at: number, bytes: Uint8Array) => void written.push(bytes.length),
    sync: async () => {},
    close: () => {},
  }
  const disk = { replace: async () => {}, open: async () => file, stat: async () => null } as unknown as Disk
  const counts = { writes: 0, syncs: 0, bytesWritten: 0 } as FileCounts
  const manifest = new LocalManifest({ disk, directory: 'd', partition: 't-0', copies: 1, longBytes: 1_000, counts })
  const mapping = Array.from({ length: 200 }, (_, logical): MappingChange => ({ logical, physical: logical, stamp: 7 }))
  const delta = (sequence: number): ManifestDelta => ({ sequence, term: 0, clockMillis: 0, root: 0, expiryRoot: null, next: 200, mapping, files: [] })
  await manifest.rewrite(applyDeltas(empty, [delta(1)]))
  expect(manifest.isLong).toBe(false)
  let changes = 0
  while (!manifest.isLong) await manifest.append(delta(++changes + 1))
  // One change says about as much as the whole state.
  expect(changes).toBeLessThan(4)
  await manifest.rewrite(applyDeltas(empty, [delta(1)]))
  expect(manifest.isLong).toBe(false)
})

describe('Of two copies of a manifest', () => {
  const delta = (sequence: number): ManifestDelta => {
    return { sequence, term: 0, clockMillis: 0, root: null, expiryRoot: null, next: 1, mapping: [], files: [] }
  }
  const [first, second] = ['d/manifest-1', 'd/manifest-2'] as const
  /** One of them lacks the last change: its write went astray. The other fails to be read so often. */
  const copies = (failures: number) => {
    let left = failures
    return async (path: string): Promise<Uint8Array> => {
      if (path === first) return concatBytes([encodeState(empty), encodeDelta(delta(1)), new Uint8Array(600)])
      if (left-- > 0) throw new DiskError('EIO', 'read', path)
      return concatBytes([encodeState(empty), encodeDelta(delta(1)), encodeDelta(delta(2)), new Uint8Array(600)])
    }
  }

  test('one that cannot be read at first is asked again, before the other is believed', async () => {
    expect(await loadCopies([first, second], owner, copies(2))).toMatchObject({ sequence: 2 })
  })

  test('one that cannot be read at all, and may say more, keeps the partition from opening', async () => {
    await expect(loadCopies([first, second], owner, copies(9))).rejects.toThrow(
      'd/manifest-2 may say more than its other copy, and cannot be read: EIO: read d/manifest-2; if it is lost for good, remove it',
    )
  })
})
