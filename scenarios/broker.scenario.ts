import { brokerHistory } from '../invariants/broker/history.js'
import { brokerInvariants } from '../invariants/broker/index.js'
import type { BrokerOperation, BrokerResult } from '../invariants/broker/operations.js'
import { brokerRaftGroups } from '../invariants/broker/raft-placement.js'
import { acknowledgedEnds, readBack } from '../invariants/broker/read-back.js'
import { RaftObservation, raftInvariants } from '../invariants/raft/index.js'
import type { OperationRecord } from '../sim/check/history.js'
import { ms, s, us } from '../sim/host/durations.js'
import { NetError } from '../sim/host/errors.js'
import type { Host, Random } from '../sim/host/seam.js'
import type { World } from '../sim/host/world.js'
import { type Options, scenario, system, workload } from '../sim/run/scenario.js'
import { readInt64, writeInt64 } from '../systems/broker/big-endian.js'
import { Broker } from '../systems/broker/broker.js'
import type { BrokerConfig } from '../systems/broker/broker-config.js'
import { BrokerClient } from '../systems/broker/client.js'
import { ConsumeFailed } from '../systems/broker/consumer.js'
import { logDefaults } from '../systems/broker/partition-log.js'
import { ProduceFailed } from '../systems/broker/producer.js'
import { blockedMember } from '../systems/raft/blocked.js'

type Roles = { broker: Broker }

const topic = 'events'
const partitions = 4

/** Five brokers, every partition a Raft group of all five. Two may be away at a time; all may lose power at once. */
const cluster = system<Roles>({
  name: 'broker',
  roles: {
    broker: {
      count: 5,
      boot: Broker.boot,
      config: (_, options) => configOf(options),
      // Other limits and times than before, in the same cluster.
      versions: { patient: { config: (_, options) => patientConfigOf(options) } },
    },
  },
  smaller: [{ broker: 3 }],
  // Replicas that lost what they held and replicas in doubt of their logs are two together: the other three can always teach them.
  survives: {
    down: 2,
    wiped: 0,
    corruptCopies: 3,
    damagedHosts: 2,
    blackout: true,
    rollback: true,
    clockSkewMillis: 60_000,
    clockDriftPpm: 300_000,
    clockFreezeMillis: 3_000,
  },
  replicaUnit: (_host, path) => segmentsOf(path),
  waits: ({ nodes }) => nodes.flatMap(blockedMember),
  columns: ({ nodes }) => ({
    leads: nodes.flatMap((node, group) => (node.isLeader ? [group] : [])).join(' ') || '-',
    commits: nodes.map((node) => node.commit).join(' '),
  }),
  targets: { leader: leaderOfMost },
})

/** The segments of a partition are what its Raft group makes anew; its write-ahead log and its checkpoint are not. */
function segmentsOf(path: string): string | null {
  return /^([^/]+)\/log\/\d+\//.exec(path)?.[1] ?? null
}

function configOf(options: Options): Partial<BrokerConfig> {
  const {
    segmentBytes = 0,
    indexIntervalBytes = 0,
    cacheBytes = 0,
    writeBytes = 0,
    compactionEntries = 0,
    trailingEntries = 0,
    snapshotChunkBytes = 0,
    walSegmentBytes = 0,
  } = options
  return {
    topics: [{ name: topic, partitions }],
    log: { ...logDefaults, segmentBytes, indexIntervalBytes, cacheBytes, writeBytes },
    raft: { walSegmentBytes, compactAfterEntries: compactionEntries, trailingEntries, snapshotChunkBytes },
  }
}

function patientConfigOf(options: Options): Partial<BrokerConfig> {
  const config = configOf(options)
  const log = { ...logDefaults, ...config.log, segmentBytes: 16_384, writeBytes: 4_096 }
  return { ...config, log, raft: { ...config.raft, maxBatchBytes: 2_048, maxInflightMessages: 4, heartbeat: ms(30), electionTimeout: [ms(90), ms(180)] } }
}

/** Whoever leads most partitions; the first of equals. */
function leaderOfMost(world: World<Roles>): string | undefined {
  let best: { name: string; leads: number } | undefined
  for (const { name, process } of world.hosts.broker) {
    const leads = process?.services.filter((service) => service.replication.isLeader).length ?? 0
    if (leads > (best?.leads ?? 0)) best = { name, leads }
  }
  return best?.name
}

const raftGroups = new RaftObservation(brokerRaftGroups)

// ---------------------------------------------------------------- clients

const clients = 3

function generate(random: Random, client: number, index: number, options: Options): BrokerOperation {
  const partition = random.int(partitions)
  const onlyReads = options.readers === 1 && client === clients
  if (onlyReads || random.int(100) < (options.consumePercent ?? 0)) return { f: 'consume', partition }
  const records = 1 + random.int(options.recordsPerProduce ?? 1)
  const first = (client * 1_000_000 + index) * 100
  return { f: 'produce', partition, values: Array.from({ length: records }, (_, i) => first + i), valueBytes: options.valueBytes ?? 8 }
}

/** A client keeps its producer's sequences and its consumer's positions from one operation to the next. */
function connect(host: Host): BrokerClient {
  const { lingerMicros = 0, batchRecords = 1, inFlight = 1, fetchBytes = 1, waitMillis = 0 } = host.config as Options
  return new BrokerClient(host, host.peers.broker ?? [], {
    producer: { linger: us(lingerMicros), batchRecords, maxInFlight: inFlight as 1 | 2 | 3 | 4 | 5 },
    consumer: { maxBytes: fetchBytes, maxWait: ms(waitMillis) },
  })
}

async function perform(host: Host, operation: BrokerOperation, { producer, consumer }: BrokerClient): Promise<BrokerResult> {
  if (operation.f === 'produce') {
    const { partition, values, valueBytes } = operation
    const sent = values.map((value) =>
      producer.send(topic, partition, { key: null, value: encodeValue(value, valueBytes), timestamp: host.clock.wallMillis() }),
    )
    const offsets: (number | 'unknown' | 'failed')[] = []
    for (const outcome of await Promise.allSettled(sent)) {
      if (outcome.status === 'fulfilled') offsets.push(outcome.value)
      else if (outcome.reason instanceof ProduceFailed) offsets.push(outcome.reason.uncertain ? 'unknown' : 'failed')
      else throw outcome.reason
    }
    return { f: 'produced', offsets }
  }
  try {
    const { position, nextPosition, highWatermark, records } = await consumer.poll(topic, operation.partition)
    return { f: 'consumed', position, nextPosition, highWatermark, records: records.map(({ offset, value }) => ({ offset, value: decodeValue(value) })) }
  } catch (error) {
    if (!(error instanceof ConsumeFailed)) throw error
    if (error.error === 'OFFSET_OUT_OF_RANGE') return { f: 'out-of-range', position: consumer.position(topic, operation.partition) }
    throw new NetError('timeout', error.message)
  }
}

/** The number in eight bytes, then padding that depends on it. */
function encodeValue(value: number, valueBytes: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(8, valueBytes)).fill(value & 0xff)
  writeInt64(bytes, 0, value)
  return bytes
}

function decodeValue(bytes: Uint8Array | null): number {
  return bytes === null ? Number.NaN : readInt64(bytes, 0)
}

// ---------------------------------------------------------------- the whole

/** Every replica of every partition is up and holds the same log, which all may read. */
function replicasAreEqual(world: World<Roles>): boolean {
  const first = world.hosts.broker[0]?.process
  if (first === undefined) return false
  return world.hosts.broker.every(({ process }) =>
    first.partitions.every((partition, p) => {
      const replica = process?.partitions[p]
      return (
        replica?.log.endOffset === partition.log.endOffset && replica.log.chain === partition.log.chain && replica.highWatermark === partition.highWatermark
      )
    }),
  )
}

/** What was committed and acknowledged when faults had ended is on every replica, whatever has been written since. */
function replicasCatchUp(world: World<Roles>, history: BrokerHistory): () => boolean {
  const acknowledged = acknowledgedEnds(history)
  const ends = Array.from({ length: partitions }, (_, p) => {
    const committed = world.hosts.broker.map(({ process }) => process?.partitions[p]?.highWatermark ?? 0)
    return Math.max(...committed, acknowledged[p] ?? 0)
  })
  return () => world.hosts.broker.every(({ process }) => ends.every((end, p) => (process?.partitions[p]?.highWatermark ?? 0) >= end))
}

type BrokerHistory = readonly OperationRecord<BrokerOperation, BrokerResult>[]

function readAllBack(host: Host, history: BrokerHistory): Promise<string | null> {
  const { consumer } = new BrokerClient(host, host.peers.broker ?? [], { consumer: { maxBytes: readBackBytes, maxWait: 0, pollTimeout: s(1) } })
  return readBack(consumer, { topic, history, value: ({ value }) => decodeValue(value) })
}
const readBackBytes = 256 * 1_024

export default scenario<Roles, BrokerOperation, BrokerResult>({
  name: 'broker',
  system: cluster,
  workload: workload<BrokerOperation, BrokerResult, BrokerClient>({ clients, generate, connect, perform, judge: brokerHistory }),
  invariants: [...raftInvariants<Roles>(raftGroups), ...brokerInvariants(raftGroups)],
  faults: { strategy: 'targeted' },
  mustMeet: [
    'a later leader is elected',
    'a snapshot is installed',
    'a conflicting tail is replaced',
    'a torn tail is cut off',
    'a batch sent twice is answered from memory',
    'stops in order when it is asked to',
  ],
  duration: s(60),
  healAt: s(45),
  recovery: [{ name: 'all replicas catch up', within: s(5), begin: replicasCatchUp }],
  eventually: [
    { name: 'all replicas are equal', within: s(5), holds: replicasAreEqual },
    { name: 'every acknowledged record is readable', within: s(5), ask: readAllBack },
  ],
  options: {
    thinkMicros: { min: 60_000, max: 240_000, log: true, why: "a client's mean pause between two operations" },
    recordsPerProduce: { min: 12, max: 48 },
    valueBytes: { min: 8, max: 500, log: true },
    consumePercent: { min: 10, max: 60 },
    readers: { min: 0, max: 1, why: '1: the last client only reads' },
    lingerMicros: { min: 0, max: 5_000 },
    batchRecords: { min: 4, max: 100, log: true },
    inFlight: { min: 1, max: 5 },
    fetchBytes: { min: 200, max: 65_536, log: true },
    waitMillis: { min: 0, max: 100 },
    segmentBytes: { min: 8_192, max: 262_144, log: true },
    indexIntervalBytes: { min: 256, max: 4_096, log: true },
    cacheBytes: { min: 1, max: 65_536, log: true, why: 'small: reads go to the disk' },
    writeBytes: { min: 512, max: 65_536, log: true },
    compactionEntries: { min: 20, max: 400, log: true },
    trailingEntries: { min: 0, max: 32, why: 'few: who was away needs a snapshot' },
    snapshotChunkBytes: { min: 500, max: 65_536, log: true },
    walSegmentBytes: { min: 4_096, max: 1_048_576, log: true },
  },
  measurements: (world) => raftGroups.measurements(world),
  statistics: (world, history) => {
    let acknowledged = 0
    let unanswered = 0
    let consumed = 0
    for (const { outcome } of history) {
      if (outcome.kind !== 'ok') unanswered++
      else if (outcome.result.f === 'produced') for (const offset of outcome.result.offsets) acknowledged += typeof offset === 'number' ? 1 : 0
      else if (outcome.result.f === 'consumed') consumed += outcome.result.records.length
    }
    const up = world.hosts.broker.flatMap(({ process }) => process ?? [])
    const highest = (of: (broker: Broker, partition: number) => number) =>
      Array.from({ length: partitions }, (_, p) => Math.max(0, ...up.map((broker) => of(broker, p)))).reduce((sum, each) => sum + each, 0)
    return {
      'acknowledged records': acknowledged,
      'consumed records': consumed,
      'operations without an answer': unanswered,
      'committed records': highest((broker, p) => broker.partitions[p]?.log.endOffset ?? 0),
      ...raftGroups.statistics(world),
    }
  },
})
