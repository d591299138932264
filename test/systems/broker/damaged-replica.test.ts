import { describe, expect, test } from 'vitest'
import brokerScenario from '../../../scenarios/broker.scenario.js'
import { ms, s } from '../../../sim/host/durations.js'
import type { World } from '../../../sim/host/world.js'
import { type Simulation, simulate } from '../../../sim/run/simulation.js'
import type { Broker } from '../../../systems/broker/broker.js'
import { decodeCheckpoint, type LogCheckpoint } from '../../../systems/broker/log-checkpoint.js'
import { segmentPath } from '../../../systems/broker/log-recovery.js'

type Roles = { broker: Broker }

/** Small segments, and logs that are compacted often: what is damaged is in no write-ahead log any more. */
const options = {
  compactionEntries: 50,
  trailingEntries: 0,
  segmentBytes: 8_192,
  valueBytes: 200,
  recordsPerProduce: 6,
  cacheBytes: 1,
  thinkMicros: 8_000,
  inFlight: 5,
}
const start = (seed: string) => simulate(brokerScenario, { seed, faults: 'none', options })

const host = (world: World<Roles>, name: string) => world.hosts.broker.find((each) => each.name === name) as World<Roles>['hosts']['broker'][number]
const leaderOf = (world: World<Roles>, p: number) => world.hosts.broker.find(({ process }) => process?.services[p]?.replication.isLeader)
const lacks = (world: World<Roles>, name: string) => host(world, name).process?.nodes[0]?.machineState.lacks

/** Flips bits in one sector of a segment of partition 0. */
function rot(sim: Simulation<Roles>, name: string, path: string, sector = 0): void {
  sim.inject({ kind: 'disk.rot', site: name, args: { path, sector, key: 7 } })
}

/** The first segment, and the last one that the checkpoint speaks of: that is read at every start, and what lies beyond is cut off. */
function segmentsOf(sim: Simulation<Roles>, name: string): { first: string; last: string } {
  const { generation, startOffset, segment } = decodeCheckpoint(host(sim.world, name).durable.read('events-0/log/checkpoint') as Uint8Array) as LogCheckpoint
  const path = (base: number) => segmentPath(`events-0/log/${generation}`, base)
  return { first: path(startOffset), last: path(segment) }
}

async function passes(sim: Simulation<Roles>, name: string): Promise<void> {
  await sim.until((world) => host(world, name).status === 'up' && lacks(world, name) === 0, { within: s(10) })
  const report = await sim.finish()
  expect([report.outcome, report.violation]).toEqual(['passed', undefined])
  const property = report.properties.find((each) => each.name === 'a lost state is supplied by the leader')
  expect(property?.reached).toBeGreaterThan(0)
}

describe('a broker whose segments decayed', () => {
  test('finds it at its start, and has them replicated anew from the group', async () => {
    await using sim = await start('a')
    await sim.until(({ hosts }) => (hosts.broker[1]?.process?.nodes[0]?.machineState.log.base.index ?? 0) > 100, { within: s(10) })
    const { name } = sim.world.hosts.broker.find((each) => each !== leaderOf(sim.world, 0)) as { name: string }
    sim.powerLoss(name)
    await sim.advance(ms(100))
    rot(sim, name, segmentsOf(sim, name).last)
    await sim.advance(ms(1))
    sim.restart(name)
    await sim.until((world) => (lacks(world, name) ?? 0) > 0, { within: s(1) })
    await passes(sim, name)
  })

  test('leads no longer once it has found it, serves nothing of it, and gets it from another', async () => {
    await using sim = await start('b')
    await sim.until(({ hosts }) => (hosts.broker[1]?.process?.nodes[0]?.machineState.log.base.index ?? 0) > 100, { within: s(10) })
    const { name } = leaderOf(sim.world, 0) as { name: string }
    for (let sector = 0; sector < 8; sector++) rot(sim, name, segmentsOf(sim, name).first, sector)
    // Its consumers passed that place long ago: a follower that needs a snapshot makes the leader read all.
    const { name: away } = sim.world.hosts.broker.find((each) => each.name !== name) as { name: string }
    sim.crash(away)
    await sim.advance(s(2))
    sim.restart(away)
    await sim.until((world) => (lacks(world, name) ?? 0) > 0, { within: s(5) })
    expect(leaderOf(sim.world, 0)?.name).not.toBe(name)
    await passes(sim, name)
  })

  test('is a violation when it was the last whole copy', async () => {
    await using sim = await start('c')
    await sim.until(({ hosts }) => (hosts.broker[1]?.process?.nodes[0]?.machineState.log.base.index ?? 0) > 100, { within: s(10) })
    const names = sim.world.hosts.broker.map(({ name }) => name)
    for (const name of names) rot(sim, name, segmentsOf(sim, name).first)
    const { name } = sim.world.hosts.broker.find((each) => each !== leaderOf(sim.world, 0)) as { name: string }
    sim.powerLoss(name)
    await sim.advance(ms(100))
    rot(sim, name, segmentsOf(sim, name).last)
    await sim.advance(ms(1))
    sim.restart(name)
    await expect(sim.advance(s(2))).rejects.toThrow(/^violation: AckedDurable: partition 0: .* and no disk holds them undamaged/)
  })
})
