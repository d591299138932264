import { describe, expect, test } from 'vitest'
import { type Host, type HostName, ms, protocol, s, scenario, stockFaults, system, workload } from '../../../sim/index.js'
import { actsAndReplays } from './kind-harness.js'

const Gossip = protocol<{ tell: { req: number; res: null } }>('gossip', { transport: 'datagram' })

/** Two hosts that count aloud to each other by datagrams. */
class Gossiper {
  readonly heard: number[] = []
  static boot(host: Host): Gossiper {
    const gossiper = new Gossiper()
    let next = 0
    host.net.serve(Gossip, {
      tell: (number) => {
        gossiper.heard.push(number)
        return null
      },
    })
    host.clock.every(ms(1), () => {
      next++
      for (const peer of host.peers.gossiper as readonly HostName[]) if (peer !== host.name) host.net.send(Gossip, peer, 'tell', next)
    })
    return gossiper
  }
}
const gossip = scenario({
  name: 'gossip',
  system: system({ name: 'gossip', roles: { gossiper: { count: 2, boot: Gossiper.boot } }, survives: {} }),
  workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
  invariants: [],
  faults: { strategy: 'random' },
  duration: s(2),
  healAt: s(2),
  statistics: (world) => ({
    repeated: world.hosts.gossiper.reduce((sum, { process }) => sum + process!.heard.length - new Set(process!.heard).size, 0),
    overtaken: world.hosts.gossiper.reduce((sum, { process }) => sum + process!.heard.filter((number, i) => number < (process!.heard[i - 1] ?? 0)).length, 0),
  }),
})

describe('packet faults', () => {
  test.each([
    ['net.duplicate', 'repeated'],
    ['net.reorder', 'overtaken'],
  ])('%s strikes datagrams, and its list replays it', async (kind, effect) => {
    const { seeded } = await actsAndReplays(kind, { scenario: gossip, duration: s(2) })
    expect(seeded.statistics[effect]).toBeGreaterThan(0)
  })

  test('streams are neither repeated nor reordered', async () => {
    await expect(actsAndReplays('net.duplicate', { seeds: 2 })).rejects.toThrow('net.duplicate did not act in 2 seeds')
  })

  test.each(['net.delay', 'net.drop'])('%s strikes packets, and its list replays it', async (kind) => {
    const { seeded } = await actsAndReplays(kind)
    const count = seeded.faults.find((each) => each.kind === kind)!
    expect(count.struck).toBe(seeded.occurrences.length)
    expect(count.struck).toBeLessThanOrEqual(count.exposed)
    expect(count.injections).toBeLessThanOrEqual(count.opportunities)
  })
})

describe('network faults', () => {
  test.each(['net.clog', 'net.partition'])('%s counts as acting when it held a packet, and its list replays it', async (kind) => {
    const { seeded } = await actsAndReplays(kind)
    const count = seeded.faults.find((each) => each.kind === kind)!
    expect(count.struck).toBeGreaterThan(0)
    expect(count.injections).toBeLessThanOrEqual(seeded.injections.length)
  })
})

describe('disk faults', () => {
  test.each(['disk.lost', 'disk.torn', 'disk.lost-rename'])('%s is part of power losses, and the list replays what was kept', async (kind) => {
    const { seeded } = await actsAndReplays(kind, { beside: ['power.loss'] })
    expect(seeded.injections.every((injection) => injection.kind === 'power.loss')).toBe(true)
  })

  test.each(['disk.sync-error', 'disk.write-error', 'disk.full', 'disk.slow'])('%s strikes operations, and its list replays it', async (kind) => {
    const { seeded } = await actsAndReplays(kind)
    expect(seeded.occurrences.length).toBeGreaterThan(0)
  })

  test('disk.read-error strikes what a replica reads as it starts, and its list replays it', async () => {
    await actsAndReplays('disk.read-error', { beside: ['process.crash'] })
  })
})

describe('process and power faults', () => {
  test.each([
    ['process.crash', 'crashes'],
    ['process.pause', 'pauses'],
    ['power.loss', 'powerLosses'],
  ])('%s acts, and its list replays it', async (kind, statistic) => {
    const { seeded } = await actsAndReplays(kind)
    expect(seeded.statistics[statistic]).toBe(seeded.faults.find((each) => each.kind === kind)!.injections)
  })
})

test('every stock kind says in a line what it means', () => {
  for (const { kind, meaning } of stockFaults.definitions) expect([kind, meaning.length]).toSatisfy(([, length]) => length > 20 && length < 200)
})
