import { describe, expect, test } from 'vitest'
import { ms, s } from '../../../sim/host/durations.js'
import type { Host } from '../../../sim/host/seam.js'
import { Acknowledgements } from '../../../systems/broker/acknowledgements.js'
import { brokerApi, type InitProducerIdAnswer, type MetadataAnswer, type ProduceAnswer, type ProduceRequest } from '../../../systems/broker/api.js'
import { BrokerClient } from '../../../systems/broker/client.js'
import { type Refusal, refusal } from '../../../systems/broker/errors.js'
import { type AppendResult, Partition } from '../../../systems/broker/partition.js'
import { logDefaults } from '../../../systems/broker/partition-log.js'
import { PartitionService } from '../../../systems/broker/partition-service.js'
import { ProduceFailed } from '../../../systems/broker/producer.js'
import type { NewRecord } from '../../../systems/broker/record.js'
import { recordCount } from '../../../systems/broker/record-batch.js'
import type { Replication } from '../../../systems/broker/replication.js'
import { runScript } from './script.js'

/** One replica that agrees with itself. */
class Alone implements Replication {
  isLeader = true
  leader = 'broker-1'
  leaderEpoch = 1
  #index = 0
  constructor(readonly partition: Partition) {}
  async append(batch: Uint8Array): Promise<AppendResult | Refusal> {
    return this.partition.apply(++this.#index, 1, batch)
  }
  async confirmLeadership(): Promise<Refusal | null> {
    return this.isLeader ? null : refusal('NOT_LEADER_OR_FOLLOWER', this.leader)
  }
}

type Around = (request: ProduceRequest, attempt: number, produce: () => Promise<ProduceAnswer>) => Promise<ProduceAnswer>

/** Brokers of which the first leads the one partition; `around` may come between a produce request and its handling. */
function brokers(around: Around = (_, __, produce) => produce(), seen: ProduceRequest[] = []) {
  return async (host: Host) => {
    const counter = { changes: 0 }
    const partition = new Partition(host.disk, 'events', 0, 'events-0/log', { log: logDefaults, maxProducers: 100 }, counter, (error) =>
      host.exit(String(error)),
    )
    await partition.open()
    const limits = { maxBatchBytes: 2_000, maxFetchBytes: 100_000 }
    const service = new PartitionService(host, 0, partition, new Alone(partition), new Acknowledgements(), counter, limits)
    const names = host.peers.broker ?? []
    const leads = host.name === 'broker-1'
    let ids = 40
    host.net.serve(brokerApi, {
      produce: (request) => {
        if (!leads) return refusal('NOT_LEADER_OR_FOLLOWER', 'broker-1')
        seen.push(request)
        return around(request, seen.length, () => service.produce(request))
      },
      fetch: (request) => (leads ? service.fetch(request) : refusal('NOT_LEADER_OR_FOLLOWER', 'broker-1')),
      listOffsets: (request) => service.listOffsets(request),
      initProducerId: (): InitProducerIdAnswer => (leads ? { kind: 'producer-id', id: ids++, epoch: 0 } : refusal('NOT_COORDINATOR', 'broker-1')),
      // Nobody knows better than to name the last broker.
      metadata: (): MetadataAnswer => ({
        kind: 'metadata',
        brokers: names,
        topics: [{ topic: 'events', partitions: [{ partition: 0, leader: names.at(-1) ?? null, leaderEpoch: 1, replicas: names }] }],
        controller: names.at(-1) ?? null,
      }),
    })
    return partition
  }
}

const record = (value: number): NewRecord => ({ key: null, value: Uint8Array.of(value), timestamp: value })
const send = (client: BrokerClient, values: readonly number[]) => Promise.all(values.map((value) => client.producer.send('events', 0, record(value))))
/** Every record's first byte, by offset. */
async function readAll(client: BrokerClient): Promise<number[]> {
  const values: number[] = []
  for (;;) {
    const { records } = await client.consumer.poll('events', 0, { maxBytes: 150, maxWait: 0 })
    if (records.length === 0) return values
    for (const each of records) {
      expect(each.offset).toBe(values.length)
      values.push(each.value?.[0] as number)
    }
  }
}
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('a broker client', () => {
  test('finds the leader by redirects, and reads back in order what it sent', async () => {
    const values = await runScript({
      brokers: 3,
      broker: brokers(),
      script: async (host, names) => {
        const client = new BrokerClient(host, names, { producer: { batchRecords: 4 } })
        expect(await send(client, upTo(30))).toEqual(upTo(30))
        return readAll(client)
      },
    })
    expect(values).toEqual(upTo(30))
  })

  test('records that come within the linger go in one batch', async () => {
    const seen: ProduceRequest[] = []
    await runScript({
      brokers: 1,
      broker: brokers(undefined, seen),
      script: async (host, names) => {
        const client = new BrokerClient(host, names, { producer: { linger: ms(5), batchRecords: 10 } })
        await send(client, upTo(25))
      },
    })
    expect(seen.map(({ batch }) => recordCount(batch, 0))).toEqual([10, 10, 5])
  })

  test('a retry after a lost answer appends nothing twice, and gets the first offset', async () => {
    const values = await runScript({
      brokers: 1,
      broker: brokers(async (_, attempt, produce) => {
        const answer = await produce()
        if (attempt % 2 === 1) throw new Error('the answer is lost')
        return answer
      }),
      script: async (host, names) => {
        const client = new BrokerClient(host, names, { producer: { batchRecords: 3, maxInFlight: 1 } })
        expect(await send(client, upTo(9))).toEqual(upTo(9))
        return readAll(client)
      },
    })
    expect(values).toEqual(upTo(9))
  })

  test('batches in flight stay in order when an older one is refused', async () => {
    const seen: ProduceRequest[] = []
    const values = await runScript({
      brokers: 1,
      broker: brokers((_, attempt, produce) => (attempt === 2 ? Promise.resolve(refusal('NOT_ENOUGH_REPLICAS')) : produce()), seen),
      script: async (host, names) => {
        const client = new BrokerClient(host, names, { producer: { batchRecords: 1, maxInFlight: 5 } })
        expect(await send(client, upTo(12))).toEqual(upTo(12))
        return readAll(client)
      },
    })
    expect(values).toEqual(upTo(12))
    expect(seen.length).toBeGreaterThan(12)
  })

  test('a batch that is given up has an unknown outcome, and the next goes out under a new producer id', async () => {
    await runScript({
      brokers: 1,
      broker: brokers((_, attempt, produce) => (attempt === 2 ? new Promise(() => {}) : produce())),
      script: async (host, names) => {
        const client = new BrokerClient(host, names, { producer: { deliveryTimeout: ms(100) } })
        expect(await send(client, [0])).toEqual([0])
        await expect(send(client, [1])).rejects.toThrow(new ProduceFailed('REQUEST_TIMED_OUT', true).message)
        expect(await send(client, [2])).toEqual([1])
        expect(await readAll(client)).toEqual([0, 2])
      },
    })
  })

  test('a record that no broker takes has certainly failed', async () => {
    await runScript({
      brokers: 1,
      broker: brokers(),
      script: async (host, names) => {
        const client = new BrokerClient(host, names)
        const large = { key: null, value: new Uint8Array(3_000), timestamp: 0 }
        await expect(client.producer.send('events', 0, large)).rejects.toMatchObject({ error: 'MESSAGE_TOO_LARGE', uncertain: false })
        expect(await send(client, [7])).toEqual([0])
      },
    })
  })

  test('a poll at the end waits for the next record, and no longer than it was told', async () => {
    await runScript({
      brokers: 1,
      broker: brokers(),
      script: async (host, names) => {
        const client = new BrokerClient(host, names)
        await send(client, [1])
        await readAll(client)
        const { clock } = host
        const before = clock.monotonic()
        expect((await client.consumer.poll('events', 0, { maxWait: ms(50) })).records).toEqual([])
        expect(clock.monotonic() - before).toBeGreaterThanOrEqual(ms(50))
        clock.timer(ms(20), () => void send(client, [2]))
        const waited = await client.consumer.poll('events', 0, { maxWait: s(1) })
        expect(waited.records.map((each) => each.offset)).toEqual([1])
        expect(clock.monotonic() - before).toBeLessThan(ms(80))
      },
    })
  })

  test('a consumer moves to either end of the log, and to a time', async () => {
    await runScript({
      brokers: 1,
      broker: brokers(),
      script: async (host, names) => {
        const client = new BrokerClient(host, names)
        await send(client, [10, 20, 30])
        const { consumer } = client
        expect(await consumer.seekTo('events', 0, 'latest')).toBe(3)
        expect((await consumer.poll('events', 0, { maxWait: 0 })).records).toEqual([])
        expect(await consumer.seekTo('events', 0, 20)).toBe(1)
        expect((await consumer.poll('events', 0)).records.map(({ timestamp }) => timestamp)).toEqual([20, 30])
        expect(await consumer.seekTo('events', 0, 31)).toBe(3)
        expect(await consumer.seekTo('events', 0, 'earliest')).toBe(0)
      },
    })
  })

  test('a position beyond the log is out of range', async () => {
    await runScript({
      brokers: 1,
      broker: brokers(),
      script: async (host, names) => {
        const client = new BrokerClient(host, names)
        client.consumer.seek('events', 0, 5)
        await expect(client.consumer.poll('events', 0)).rejects.toThrow('OFFSET_OUT_OF_RANGE')
      },
    })
  })
})

describe('a partition service', () => {
  test('refuses what it cannot take, by name and code', async () => {
    await runScript({
      brokers: 1,
      broker: brokers(),
      script: async (host, names) => {
        await send(new BrokerClient(host, names), [1])
        const produce = (batch: Uint8Array, acks = -1) =>
          host.net.call(brokerApi, 'broker-1', 'produce', { topic: 'events', partition: 0, acks, timeout: ms(500), batch })
        expect(await produce(new Uint8Array(10))).toEqual({ kind: 'error', error: 'CORRUPT_MESSAGE', code: 2 })
        expect(await produce(new Uint8Array(10), 1)).toEqual({ kind: 'error', error: 'INVALID_REQUIRED_ACKS', code: 21 })
        expect(await produce(new Uint8Array(5_000))).toEqual({ kind: 'error', error: 'MESSAGE_TOO_LARGE', code: 10 })
      },
    })
  })

  test('lists the earliest, the latest and the offset of a time', async () => {
    await runScript({
      brokers: 1,
      broker: brokers(),
      script: async (host, names) => {
        await send(new BrokerClient(host, names), [10, 20, 30])
        const list = (at: 'earliest' | 'latest' | number) => host.net.call(brokerApi, 'broker-1', 'listOffsets', { topic: 'events', partition: 0, at })
        expect(await list('earliest')).toMatchObject({ offset: 0 })
        expect(await list('latest')).toMatchObject({ offset: 3 })
        expect(await list(15)).toMatchObject({ offset: 1, timestamp: 20 })
        expect(await list(31)).toMatchObject({ offset: -1 })
      },
    })
  })
})
