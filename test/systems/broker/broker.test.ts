import { describe, expect, test } from 'vitest'
import { brokerHistory } from '../../../invariants/broker/history.js'
import type { BrokerOperation, BrokerResult } from '../../../invariants/broker/operations.js'
import brokerScenario from '../../../scenarios/broker.scenario.js'
import type { OperationRecord } from '../../../sim/check/history.js'
import { ms, s } from '../../../sim/host/durations.js'
import type { World } from '../../../sim/host/world.js'
import { simulate } from '../../../sim/run/simulation.js'
import { brokerApi, type FetchAnswer } from '../../../systems/broker/api.js'
import { Broker } from '../../../systems/broker/broker.js'
import { BrokerClient } from '../../../systems/broker/client.js'
import { runScript } from './script.js'

type Brokers = World<{ broker: Broker }>

const names = ['broker-1', 'broker-2', 'broker-3', 'broker-4', 'broker-5']
/** Few entries between compactions, so that who stays away needs a snapshot. */
const options = {
  compactionEntries: 50,
  trailingEntries: 0,
  snapshotChunkBytes: 500,
  thinkMicros: 16_000,
  recordsPerProduce: 4,
  batchRecords: 4,
  valueBytes: 100,
  consumePercent: 30,
  segmentBytes: 8_192,
}

const leads = (world: Brokers, p: number) =>
  world.hosts.broker.filter(({ process }) => process?.services[p]?.replication.isLeader === true).map(({ name }) => name)
const isLed = (world: Brokers) => [0, 1, 2, 3].every((p) => leads(world, p).length === 1)
const ends = (world: Brokers, p: number) => world.hosts.broker.map(({ process }) => process?.partitions[p]?.log.endOffset ?? -1)
const start = (seed: string) => simulate(brokerScenario, { seed, faults: 'none', options })
const judged = (history: readonly OperationRecord<unknown, unknown>[]) => brokerHistory(history as readonly OperationRecord<BrokerOperation, BrokerResult>[])

describe('a cluster of brokers', () => {
  test('elects a leader for every partition, and serves', async () => {
    await using sim = await start('a')
    await sim.until(isLed, { within: s(1) })
    await sim.advance(s(3))
    const report = await sim.finish()
    expect(report.outcome).toBe('passed')
    expect(report.statistics['acknowledged records']).toBeGreaterThan(50)
    expect(report.statistics['consumed records']).toBeGreaterThan(50)
    expect(judged(report.history)).toBeUndefined()
  })

  test('keeps all that was acknowledged when all lose power at once', async () => {
    await using sim = await start('b')
    await sim.advance(s(3))
    const before = [0, 1, 2, 3].map((p) => Math.max(...sim.world.hosts.broker.map(({ process }) => process?.services[p]?.acknowledgedEnd ?? 0)))
    sim.powerLoss(...names)
    await sim.advance(ms(100))
    for (const name of names) sim.restart(name)
    await sim.until((world) => isLed(world) && before.every((end, p) => Math.min(...ends(world, p)) >= end), { within: s(5) })
    await sim.advance(s(3))
    const report = await sim.finish()
    expect(before.every((end) => end > 0)).toBe(true)
    expect(judged(report.history)).toBeUndefined()
  })

  test('a broker that is asked to stop leaves in order, and comes back with all that it had', async () => {
    await using sim = await start('b')
    await sim.until(isLed, { within: s(1) })
    await sim.advance(s(1))
    const held = [0, 1, 2, 3].map((p) => ends(sim.world, p)[0] as number)
    sim.restart('broker-1', { graceNanos: ms(500) })
    await sim.until((world) => world.hosts.broker[0]?.incarnation === 2 && world.hosts.broker[0].process !== undefined, { within: s(1) })
    for (const [p, end] of held.entries()) expect(ends(sim.world, p)[0]).toBeGreaterThanOrEqual(end)
    await sim.advance(s(1))
    const report = await sim.finish()
    expect(report.outcome).toBe('passed')
    expect(report.statistics.killedStopping ?? 0).toBe(0)
  })

  test('goes on without two brokers, who come back by snapshot', async () => {
    await using sim = await start('c')
    await sim.until(isLed, { within: s(1) })
    const away = names.filter((name) => name !== leads(sim.world, 0)[0]).slice(0, 2)
    for (const name of away) sim.crash(name)
    await sim.advance(s(6))
    const reached = Math.max(...ends(sim.world, 0))
    expect(reached).toBeGreaterThan(50)
    for (const name of away) sim.restart(name)
    await sim.until((world) => world.hosts.broker.every(({ process }) => (process?.partitions[0]?.log.endOffset ?? 0) >= reached), { within: s(5) })
    const installed = away.map((name) => sim.world.host(name)?.process?.partitions.reduce((sum, { log }) => sum + log.installs, 0) ?? 0)
    expect(Math.max(...installed)).toBeGreaterThan(0)
    const report = await sim.finish()
    expect(judged(report.history)).toBeUndefined()
  })

  test('a leader that is cut off answers no fetch, while the others elect another and go on', async () => {
    await using sim = await start('d')
    await sim.advance(s(2))
    const [old] = leads(sim.world, 0) as [string]
    sim.partition([old], [...names.filter((name) => name !== old), 'client-1', 'client-2', 'client-3'])
    await sim.advance(s(2))
    expect(leads(sim.world, 0)).not.toContain(old)
    const [oldEnd] = ends(sim.world, 0).filter((_, i) => names[i] === old) as [number]
    expect(Math.max(...ends(sim.world, 0))).toBeGreaterThan(oldEnd)
    sim.heal()
    await sim.until((world) => new Set(ends(world, 0)).size === 1, { within: s(5) })
    const report = await sim.finish()
    expect(judged(report.history)).toBeUndefined()
  })
})

describe('the broker API', () => {
  const cluster = { brokers: 3, broker: Broker.boot, config: { topics: [{ name: 'events', partitions: 2 }] } }

  test('names the leader to who asks a follower, and knows no topic that is not there', async () => {
    await runScript({
      ...cluster,
      script: async (host, brokers) => {
        await host.clock.sleep(s(1))
        const fetch = (to: string, topic: string): Promise<FetchAnswer> =>
          host.net.call(brokerApi, to, 'fetch', { topic, partition: 1, offset: 0, maxBytes: 1, maxWait: 0 })
        const answers = await Promise.all(brokers.map((name) => fetch(name, 'events')))
        const leader = brokers[answers.findIndex((answer) => answer.kind === 'fetched')]
        expect(leader).toBeDefined()
        for (const answer of answers) if (answer.kind === 'error') expect(answer).toMatchObject({ error: 'NOT_LEADER_OR_FOLLOWER', code: 6, leader })
        expect(await fetch(leader as string, 'other')).toMatchObject({ error: 'UNKNOWN_TOPIC_OR_PARTITION', code: 3 })
        const metadata = await host.net.call(brokerApi, brokers[0] as string, 'metadata', { topics: ['events', 'other'] })
        expect(metadata.topics.map(({ topic, partitions }) => [topic, partitions.length])).toEqual([['events', 2]])
        expect(metadata.topics[0]?.partitions[1]?.leader).toBe(leader)
      },
    })
  })

  test('serves topics whatever their names', async () => {
    await runScript({
      brokers: 3,
      broker: Broker.boot,
      config: {
        topics: [
          { name: 'Orders.v2_eu', partitions: 1 },
          { name: 'orders-2e-v2', partitions: 1 },
        ],
      },
      script: async (host, brokers) => {
        const client = new BrokerClient(host, brokers)
        for (const topic of ['Orders.v2_eu', 'orders-2e-v2']) {
          expect(await client.producer.send(topic, 0, { key: null, value: null, timestamp: 5 })).toBe(0)
          expect((await client.consumer.poll(topic, 0)).records.map((record) => record.timestamp)).toEqual([5])
        }
      },
    })
  })

  test('gives out every producer id once', async () => {
    await runScript({
      ...cluster,
      script: async (host, brokers) => {
        await host.clock.sleep(s(1))
        const ask = (to: string) => host.net.call(brokerApi, to, 'initProducerId', null)
        const answers = await Promise.all([...brokers, ...brokers, ...brokers].map(ask))
        const ids = answers.flatMap((answer) => (answer.kind === 'producer-id' ? [answer.id] : []))
        expect(ids.sort()).toEqual([0, 1, 2])
        for (const answer of answers) if (answer.kind === 'error') expect(answer).toMatchObject({ error: 'NOT_COORDINATOR', code: 16 })
      },
    })
  })
})
