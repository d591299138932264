import { describe, expect, test } from 'vitest'
import { ackedDurable } from '../../../invariants/broker/acked-durable.js'
import { ackedInLog } from '../../../invariants/broker/acked-in-log.js'
import { offsetsDense } from '../../../invariants/broker/offsets-dense.js'
import { partitionLogMatching } from '../../../invariants/broker/partition-log-matching.js'
import { producerSequence } from '../../../invariants/broker/producer-sequence.js'
import { watermarkOrder } from '../../../invariants/broker/watermark-order.js'
import { ProducerState } from '../../../systems/broker/producer-state.js'
import { batchCrc } from '../../../systems/broker/record-batch.js'
import { loseAll } from '../../sim/disk/power-loss-dice.js'
import { Replica, Watch } from './replicas.js'

const replicas = (count: number) => Promise.all(Array.from({ length: count }, (_, i) => Replica.start(i)))
async function one(): Promise<Replica> {
  return (await replicas(1))[0] as Replica
}
async function two(): Promise<[Replica, Replica]> {
  return (await replicas(2)) as [Replica, Replica]
}
/** The same disk after a loss of power, with the process of a next life. */
async function restarted(replica: Replica): Promise<Replica> {
  replica.disk.image.losePower(loseAll)
  return replica.restarted()
}

describe('OffsetsDense', () => {
  test('holds while batches follow each other, through restarts and snapshots', async () => {
    let [a, b] = await two()
    const watch = new Watch(offsetsDense, [a, b])
    for (const records of [3, 1, 5]) {
      a.apply(records)
      expect(watch.look(a)).toBeUndefined()
    }
    await a.partition.flush()
    a.apply(2)
    a = await restarted(a)
    a.apply(2)
    a.apply(4)
    expect(watch.look(a)).toBeUndefined()
    expect(watch.look(b)).toBeUndefined()
    await b.partition.install(await a.partition.capture())
    b.apply(1)
    expect(watch.look(b)).toBeUndefined()
  })

  test.each([
    ['a gap', 2, 'a batch at offset 5 follows a log that ends at 3'],
    ['a reused offset', -1, 'a batch at offset 2 follows a log that ends at 3'],
  ])('notices %s', async (_, by, message) => {
    const a = await one()
    const watch = new Watch(offsetsDense, [a])
    a.apply(3)
    expect(watch.look(a)).toBeUndefined()
    a.partition.log.endOffset += by
    a.apply(1)
    expect(watch.look(a)).toContain(message)
  })

  test('notices an end that no batch has', async () => {
    const a = await one()
    const watch = new Watch(offsetsDense, [a])
    a.apply(3)
    a.partition.log.endOffset++
    expect(watch.look(a)).toContain('the log ends at 4, its last batch at 3')
  })
})

describe('PartitionLogMatching', () => {
  test('holds for equal logs, however they came to be', async () => {
    let [a, b] = await two()
    const watch = new Watch(partitionLogMatching, [a, b])
    for (const replica of [a, b]) {
      for (const value of [1, 2, 3]) replica.apply(2, undefined, value)
      expect(watch.look(replica)).toBeUndefined()
    }
    await a.partition.flush()
    a = await restarted(a)
    expect(watch.look(a)).toBeUndefined()
    await b.partition.install(await a.partition.capture())
    expect(watch.look(b)).toBeUndefined()
  })

  test('notices another batch at the same offset', async () => {
    const [a, b] = await two()
    const watch = new Watch(partitionLogMatching, [a, b])
    a.apply(2, undefined, 1)
    b.apply(2, undefined, 9)
    expect(watch.look(a)).toBeUndefined()
    expect(watch.look(b)).toBe('partition 0: the logs of two replicas differ below offset 2')
  })

  test('notices a recovered log that nobody had', async () => {
    const a = await one()
    const watch = new Watch(partitionLogMatching, [a])
    a.apply(2)
    expect(watch.look(a)).toBeUndefined()
    a.apply(1)
    await a.partition.flush()
    const later = await restarted(a)
    expect(watch.look(later)).toContain("a log was recovered up to offset 3, which was no batch's end in any replica")
  })

  /** A replica whose second life flushed a batch and died before anybody looked, as its third life finds it. */
  async function afterUnseenLife(watch: (replica: Replica) => string | undefined, first: Replica): Promise<Replica> {
    first.apply(2)
    expect(watch(first)).toBeUndefined()
    await first.partition.flush()
    const second = await restarted(first)
    second.apply(3)
    await second.partition.flush()
    return restarted(second)
  }

  test('takes at its word what a life left that nobody saw, and finds it confirmed', async () => {
    const [a, b] = await two()
    const watch = new Watch(partitionLogMatching, [a, b])
    expect(watch.look(await afterUnseenLife((replica) => watch.look(replica), a))).toBeUndefined()
    b.apply(2)
    b.apply(3)
    b.apply(1)
    expect(watch.look(b)).toBeUndefined()
  })

  test.each([
    ['another content', [2, 3], 7, 'the logs of two replicas differ below offset 5'],
    ['an end within the batch of another', [2, 2, 2], 1, 'differ below offset 6: one was recovered up to 5, within a batch of another'],
  ])('holds against what nobody saw: %s', async (_, sizes, value, message) => {
    const [a, b] = await two()
    const watch = new Watch(partitionLogMatching, [a, b])
    expect(watch.look(await afterUnseenLife((replica) => watch.look(replica), a))).toBeUndefined()
    for (const [i, size] of sizes.entries()) b.apply(size, undefined, i === 0 ? 1 : value)
    expect(watch.look(b)).toContain(message)
  })

  test('notices that what nobody saw ends within a batch that was seen before', async () => {
    const [a, b] = await two()
    const watch = new Watch(partitionLogMatching, [a, b])
    b.apply(2)
    b.apply(4)
    expect(watch.look(b)).toBeUndefined()
    expect(watch.look(await afterUnseenLife((replica) => watch.look(replica), a))).toContain('up to offset 5, within the batch 2 to 5 of another replica')
  })

  test('notices a recovered log with other content', async () => {
    const [a, b] = await two()
    const watch = new Watch(partitionLogMatching, [a, b])
    a.apply(2, undefined, 1)
    expect(watch.look(a)).toBeUndefined()
    b.apply(2, undefined, 9)
    await b.partition.flush()
    const later = await restarted(b)
    expect(watch.look(later)).toContain('with another content than other replicas have')
  })
})

describe('WatermarkOrder', () => {
  test('holds while the watermark rises, and lets a new life begin lower', async () => {
    let a = await one()
    const watch = new Watch(watermarkOrder, [a])
    a.apply(3)
    expect(watch.look(a)).toBeUndefined()
    a = await restarted(a)
    a.apply(1)
    expect(watch.look(a)).toBeUndefined()
  })

  test.each([
    ['a watermark beyond the log', 9, 0, 'log start 0, last stable 9, high watermark 9, log end 3'],
    ['a watermark before the log', 0, 1, 'log start 1, last stable 0, high watermark 0, log end 3'],
    ['a watermark that drops', 2, 0, 'the high watermark dropped from 3 to 2'],
  ])('notices %s', async (_, highWatermark, start, message) => {
    const a = await one()
    const watch = new Watch(watermarkOrder, [a])
    a.apply(3)
    expect(watch.look(a)).toBeUndefined()
    a.partition.highWatermark = highWatermark
    a.partition.log.startOffset = start
    a.changes++
    expect(watch.look(a)).toContain(message)
  })

  test('notices a log start that drops', async () => {
    const a = await one()
    const watch = new Watch(watermarkOrder, [a])
    a.apply(3)
    a.partition.log.startOffset = 2
    expect(watch.look(a)).toBeUndefined()
    a.partition.log.startOffset = 1
    a.changes++
    expect(watch.look(a)).toContain('the log start dropped from 2 to 1')
  })
})

describe('ProducerSequence', () => {
  test('holds for sequences that follow each other, in each producer and epoch', async () => {
    const [a, b] = await two()
    const watch = new Watch(producerSequence, [a, b])
    for (const replica of [a, b]) {
      replica.apply(2, { id: 7, epoch: 0, sequence: 0 })
      replica.apply(3, { id: 8, epoch: 0, sequence: 0 })
      replica.apply(1, { id: 7, epoch: 0, sequence: 2 })
      replica.apply(1)
      replica.apply(1, { id: 7, epoch: 1, sequence: 0 })
      expect(watch.look(replica)).toBeUndefined()
    }
  })

  test.each([
    ['a duplicate', { id: 7, epoch: 0, sequence: 0 }, 'sequence 0 where 2 comes next'],
    ['a hole', { id: 7, epoch: 0, sequence: 4 }, 'sequence 4 where 2 comes next'],
    ['a producer that does not begin at 0', { id: 9, epoch: 0, sequence: 1 }, 'sequence 1 where 0 comes next'],
  ])('notices %s that a partition let pass', async (_, producer, message) => {
    const a = await one()
    const watch = new Watch(producerSequence, [a])
    a.apply(2, { id: 7, epoch: 0, sequence: 0 })
    // A partition that has forgotten its producers, and asks nothing of new ones.
    a.partition.producers = Object.assign(new ProducerState(), { check: () => ({ kind: 'accepted' }) })
    a.apply(2, producer)
    expect(watch.look(a)).toContain(message)
  })

  test('notices an epoch that goes back', async () => {
    const a = await one()
    const watch = new Watch(producerSequence, [a])
    a.apply(2, { id: 7, epoch: 3, sequence: 0 })
    a.partition.producers = new ProducerState()
    a.apply(2, { id: 7, epoch: 2, sequence: 0 })
    expect(watch.look(a)).toContain('comes after epoch 3')
  })
})

describe('AckedInLog', () => {
  test('holds for what the log has, and notices what it has not', async () => {
    const [a, b] = await two()
    const watch = new Watch(ackedInLog, [a, b])
    a.apply(2)
    const crc = batchCrc(a.partition.log.tail.batch(0)?.bytes ?? new Uint8Array(), 0)
    expect(watch.look(a)).toBeUndefined()
    b.acknowledge(0, 2, 1, crc)
    expect(watch.look(b)).toBeUndefined()
    b.acknowledge(0, 2, 1, crc + 1)
    expect(watch.look(b)).toContain('does not have at offset 0 what was acknowledged there')
    a.acknowledge(2, 4, 2, crc)
    expect(watch.look(a)).toContain('does not have at offset 2')
  })
})

describe('AckedDurable', () => {
  test('holds while a quorum of disks has the entry, in its write-ahead log or behind a checkpoint', async () => {
    const all = await replicas(5)
    const watch = new Watch(ackedDurable, all)
    const [a, b, c] = all as [Replica, Replica, Replica]
    for (const replica of [a, b, c]) await replica.save(1, 3)
    a.acknowledge(0, 4, 3)
    expect(watch.look(a)).toBeUndefined()
    const later = await restarted(b)
    expect(watch.look(later)).toBeUndefined()
  })

  test('notices an acknowledgement before the sync, without any crash', async () => {
    const all = await replicas(5)
    const watch = new Watch(ackedDurable, all)
    const [a, b, c] = all as [Replica, Replica, Replica]
    for (const replica of [a, b]) await replica.save(1, 3)
    await c.save(1, 2)
    await c.save(3, 3, false)
    a.acknowledge(2, 4, 2)
    expect(watch.look(a)).toBeUndefined()
    a.acknowledge(4, 6, 3)
    expect(watch.look(a)).toBe('partition 0: offsets 4 to 5 (entry 3 of term 1) were acknowledged, but are on 2 of 5 disks (broker-1, broker-2)')
  })

  test('notices a recovery that gives up an entry that counted', async () => {
    const all = await replicas(3)
    const watch = new Watch(ackedDurable, all)
    const [a, b] = all as [Replica, Replica]
    for (const replica of [a, b]) await replica.save(1, 3)
    a.acknowledge(0, 4, 3)
    expect(watch.look(a)).toBeUndefined()
    const later = await b.restarted()
    // What a leader never asks of a follower that holds acknowledged entries: to begin again after the first.
    await later.save(1, 1)
    expect(watch.look(later)).toBe('partition 0: offsets 0 to 3 (entry 3 of term 1) were acknowledged, but are on 1 of 3 disks (broker-1)')
  })
})
