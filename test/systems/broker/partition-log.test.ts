import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PendingName, PendingPage, PendingSize, PowerLossDice } from '../../../sim/disk/power-loss.js'
import { logDefaults } from '../../../systems/broker/partition-log.js'
import { batchSize, decodeRecords } from '../../../systems/broker/record-batch.js'
import { CorruptSnapshot } from '../../../systems/raft/errors.js'
import { keepAll, loseAll } from '../../sim/disk/power-loss-dice.js'
import { ImageDisk } from '../raft/image-disk.js'
import { applyTo, entry, expectWhole, offsetOf, opened, partitionOn, settle, small } from './partition-in-hand.js'

describe('a partition log', () => {
  test('reads from memory and from files what was appended, from any offset on', async () => {
    const partition = await opened(new ImageDisk())
    applyTo(partition, 60)
    await partition.flush()
    expect(partition.log.segmentCount).toBeGreaterThan(5)
    await expectWhole(partition, 60)
    const { log } = partition
    for (let offset = 0; offset < log.endOffset; offset++) {
      const [first] = decodeRecords(await log.read(offset, 1, log.endOffset))
      expect(first?.offset).toBeLessThanOrEqual(offset)
      expect(first?.offset).toBeGreaterThan(offset - 3)
    }
  })

  test('a segment that was sealed early is followed by another, and a log that was closed is whole at the next start', async () => {
    const disk = new ImageDisk()
    const roomy = { ...small, segmentBytes: 1_000_000 }
    const partition = await opened(disk, roomy)
    applyTo(partition, 10)
    expect(partition.log.segmentCount).toBe(1)
    partition.log.seal()
    expect(partition.log.segmentCount).toBe(1)
    applyTo(partition, 20)
    expect(partition.log.segmentCount).toBe(2)
    await expectWhole(partition, 20)
    await partition.flush()
    await partition.close()
    await expectWhole(await opened(disk, roomy), 20)
  })

  test('a read in memory is a view, and stops at the limit', async () => {
    const partition = await opened(new ImageDisk(), logDefaults)
    applyTo(partition, 20)
    const first = partition.log.read(0, 100_000, 6) as Uint8Array
    const again = partition.log.read(0, 100_000, 6) as Uint8Array
    expect(first.buffer).toBe(again.buffer)
    expect(decodeRecords(first).length).toBe(2)
    let records = 0
    for (let at = 0; at < first.length; at += batchSize(first, at)) records += decodeRecords(first, at).length
    expect(records).toBeLessThanOrEqual(6)
  })

  test('what was flushed survives the loss of power, what was not is applied again', async () => {
    const disk = new ImageDisk()
    const partition = await opened(disk)
    applyTo(partition, 30)
    expect(await partition.flush()).toEqual({ index: 30, term: 1 })
    applyTo(partition, 50)
    disk.image.losePower(loseAll)
    const later = await opened(new ImageDisk(disk.image))
    expect(later.appliedIndex).toBe(30)
    applyTo(later, 55)
    await later.flush()
    await expectWhole(later, 55)
    expect(later.producers.encode()).toEqual(rebuilt(55))
  })

  test('timestamps lead to the first record that is not older', async () => {
    const partition = await opened(new ImageDisk())
    applyTo(partition, 40)
    await partition.flush()
    const { log } = partition
    expect(await log.offsetForTimestamp(0, log.endOffset)).toEqual({ offset: 0, timestamp: 1_010 })
    expect(await log.offsetForTimestamp(1_201, log.endOffset)).toEqual({ offset: offsetOf(20) + 1, timestamp: 1_201 })
    expect(await log.offsetForTimestamp(99_999, log.endOffset)).toBeNull()
    expect(await log.offsetForTimestamp(1_400, offsetOf(40))).toBeNull()
  })

  test('segments roll by the age of their batches', async () => {
    const partition = await opened(new ImageDisk(), { ...logDefaults, segmentMillis: 95 })
    applyTo(partition, 40)
    expect(partition.log.segmentCount).toBe(4)
  })

  test('a snapshot brings another replica to the same log and producers', async () => {
    const source = await opened(new ImageDisk())
    applyTo(source, 45)
    const snapshot = await source.capture()
    const disk = new ImageDisk()
    const target = await opened(disk)
    applyTo(target, 12)
    await target.flush()
    await target.install(snapshot)
    await expectWhole(target, 45)
    expect(target.log.chain).toBe(source.log.chain)
    disk.image.losePower(loseAll)
    const later = await opened(new ImageDisk(disk.image))
    await expectWhole(later, 45)
    applyTo(later, 50)
    await expectWhole(later, 50)
  })

  test('a damaged snapshot is refused and changes nothing', async () => {
    const source = await opened(new ImageDisk())
    applyTo(source, 10)
    const snapshot = await source.capture()
    const target = await opened(new ImageDisk())
    applyTo(target, 3)
    snapshot.bytes[200] = (snapshot.bytes[200] as number) ^ 1
    await expect(target.install(snapshot)).rejects.toThrow(CorruptSnapshot)
    await expect(target.install({ ...snapshot, bytes: new Uint8Array(3) })).rejects.toThrow(CorruptSnapshot)
    await expectWhole(target, 3)
  })

  test('a failed sync fails the flush, and a failed write in the background is told', async () => {
    const disk = new ImageDisk()
    const partition = await opened(disk)
    applyTo(partition, 2)
    disk.failsSyncAt = disk.syncs
    await expect(partition.flush()).rejects.toThrow('EIO')

    const failures: unknown[] = []
    const full = new ImageDisk()
    const other = partitionOn(full, small, (error) => failures.push(error))
    await other.open()
    full.image.write = () => {
      throw new Error('no room')
    }
    applyTo(other, 10)
    await settle()
    expect(failures.length).toBeGreaterThan(0)
    await expect(other.flush()).rejects.toThrow('no room')
  })

  test('whatever crash or loss of power at whatever operation, recovery finds a flushed prefix and the log goes on', async () => {
    const action = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('apply' as const), count: fc.integer({ min: 1, max: 15 }) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('install' as const), ahead: fc.integer({ min: 0, max: 20 }) }) },
    )
    const life = fc.record({
      actions: fc.array(action, { minLength: 1, maxLength: 8 }),
      diesAfter: fc.integer({ min: 1, max: 60 }),
      loss: fc.constantFrom('crash', 'kept', 'lost', 'dice'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), fc.infiniteStream(fc.nat(2 ** 30)), async (lives, dice) => {
        let disk = new ImageDisk()
        let durable = 0
        let latest = 0
        for (const { actions, diesAfter, loss } of lives) {
          const partition = await opened(disk)
          expect(partition.appliedIndex).toBeGreaterThanOrEqual(durable)
          expect(partition.appliedIndex).toBeLessThanOrEqual(latest)
          await expectWhole(partition, partition.appliedIndex)
          disk.diesAt = disk.operations + diesAfter
          const script = async () => {
            for (const step of actions) {
              if (step.kind === 'apply') applyTo(partition, partition.appliedIndex + step.count)
              else if (step.kind === 'flush') durable = (await partition.flush()).index
              else {
                const source = await opened(new ImageDisk())
                applyTo(source, partition.appliedIndex + step.ahead)
                const snapshot = await source.capture()
                latest = Math.max(latest, snapshot.index)
                await partition.install(snapshot)
                durable = snapshot.index
              }
              latest = Math.max(latest, partition.appliedIndex)
            }
          }
          const run = script()
          await settle()
          await settle()
          void run
          latest = Math.max(latest, partition.appliedIndex)
          if (loss !== 'crash') disk.image.losePower(loss === 'kept' ? keepAll : loss === 'lost' ? loseAll : drawn(dice))
          disk = new ImageDisk(disk.image)
        }
        const partition = await opened(disk)
        expect(partition.appliedIndex).toBeGreaterThanOrEqual(durable)
        applyTo(partition, partition.appliedIndex + 7)
        await partition.flush()
        await expectWhole(partition, partition.appliedIndex)
        expect(partition.producers.encode()).toEqual(rebuilt(partition.appliedIndex))
      }),
      { numRuns: 80 },
    )
  }, 30_000)
})

/** The producers' state as the batches alone give it. */
function rebuilt(index: number): Uint8Array {
  const partition = partitionOn(new ImageDisk())
  for (let i = 1; i <= index; i++) partition.producers.remember(entry(i), offsetOf(i))
  return partition.producers.encode()
}

function drawn(dice: Iterator<number>): PowerLossDice {
  const below = (limit: number) => (dice.next().value as number) % limit
  return {
    keepsName: (_: PendingName) => below(2) === 0,
    sizeVersion: (size: PendingSize) => below(size.newest + 1),
    pageFate: (page: PendingPage) => ({ kind: 'version', version: page.oldest + below(page.newest - page.oldest + 1) }),
  }
}
