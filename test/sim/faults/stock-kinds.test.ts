import { describe, expect, test } from 'vitest'
import { type DiskError, type Host, type HostName, ms, protocol, run, s, scenario, simulate, stockFaults, system, workload } from '../../../sim/index.js'
import { actsAndReplays } from './kind-harness.js'

const Gossip = protocol<{ tell: { req: number; res: null } }>('gossip', { transport: 'datagram' })

/** Two hosts that count aloud to each other by datagrams. */
class Gossiper {
  readonly heard: number[] = []
  /** The longest way of a number, which was told at its own millisecond. */
  latest = 0
  static boot(host: Host): Gossiper {
    const gossiper = new Gossiper()
    let next = 0
    host.net.serve(Gossip, {
      tell: (number) => {
        gossiper.heard.push(number)
        gossiper.latest = Math.max(gossiper.latest, host.clock.monotonic() - ms(number))
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
    heard: world.hosts.gossiper.reduce((sum, { process }) => sum + process!.heard.length, 0),
    latest: Math.max(...world.hosts.gossiper.map(({ process }) => process!.latest)),
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

describe('what hosts see of the network', () => {
  const calm = async () => (await run({ scenario: gossip, seed: 'calm', strategy: 'none', duration: s(2) })).statistics

  test.each(['net.drop', 'net.partition', 'net.clog'])('%s: fewer datagrams are heard', async (kind) => {
    // Whoever is cut off is down for the budget.
    const scenario = { ...gossip, system: { ...gossip.system, survives: { down: 1 } } }
    const { seeded } = await actsAndReplays(kind, { scenario, duration: s(2) })
    expect(seeded.statistics.heard).toBeLessThan((await calm()).heard! - 5)
  })

  test('net.delay: datagrams are on their way for longer', async () => {
    await using simulation = await simulate(gossip, { seed: '1', faults: 'none' })
    simulation.inject({ kind: 'net.delay', site: '*>*', args: { forNanos: s(1), perMille: 1000, mostNanos: s(1), key: [1, 2] } })
    await simulation.advance(s(2))
    // A link's own latency has a tail of 100 ms.
    for (const { process } of simulation.world.hosts.gossiper) expect(process!.latest).toBeGreaterThan(ms(500))
  })

  test('process.pause: what came meanwhile is heard late, and timers fire late', async () => {
    await using simulation = await simulate(gossip, { seed: '1', faults: 'none' })
    await simulation.advance(ms(100))
    simulation.inject({ kind: 'process.pause', site: 'gossiper-1', args: { forNanos: ms(300) } })
    await simulation.advance(ms(250))
    const [paused, other] = simulation.world.hosts.gossiper.map(({ process }) => process!) as [Gossiper, Gossiper]
    expect([paused.heard.length < 105, other.heard.length < 105]).toEqual([true, true])
    await simulation.advance(ms(200))
    expect(paused.heard.length).toBeGreaterThan(440)
    expect(paused.latest).toBeGreaterThan(ms(290))
    expect(other.latest).toBeGreaterThan(ms(290))
  })

  test('net.priority: all that a host sends is late by the same, until its priority changes', async () => {
    const latest = async (...delays: readonly number[]) => {
      await using simulation = await simulate(gossip, { seed: '1', faults: 'none' })
      for (const delayNanos of delays) simulation.inject({ kind: 'net.priority', site: 'gossiper-1>*', args: { delayNanos } })
      await simulation.advance(s(1))
      return simulation.world.hosts.gossiper.map(({ process }) => process!.latest)
    }
    const [ofSecond, ofFirst] = (await latest()) as [number, number]
    expect(Math.max(ofSecond, ofFirst)).toBeLessThan(ms(20))
    for (const delays of [[ms(200)], [ms(400), ms(200)]]) {
      const [fromSecond, fromFirst] = (await latest(...delays)) as [number, number]
      expect(fromSecond).toBeLessThan(ms(20))
      expect(fromFirst).toBeGreaterThanOrEqual(ms(200))
      expect(fromFirst).toBeLessThan(ms(220))
    }
  })
})

describe('what a process sees of its disk', () => {
  const always = { forNanos: s(5), perMille: 1000, files: null, key: [1, 2], mostTimes: 100 }
  /** What a write, a sync and a read answer, and how long they take, while a kind of fault lies on the disk. */
  async function seen(kind: string | null): Promise<{ codes: string[]; took: number }> {
    const answer = { codes: [] as string[], took: 0 }
    const lone = scenario({
      name: 'lone',
      workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
      faults: { strategy: 'random' },
      duration: s(2),
      healAt: s(2),
      system: system({
        name: 'lone',
        roles: {
          lone: {
            count: 1,
            boot: async (host: Host) => {
              const file = await host.disk.open('file', { create: true })
              await file.writeAt(0, new Uint8Array(4096))
              await file.sync()
              await host.clock.sleep(ms(500))
              const since = host.clock.monotonic()
              for (const act of [() => file.writeAt(4096, new Uint8Array(4096)), () => file.sync(), () => file.readAt(0, 512)]) {
                answer.codes.push(
                  await act().then(
                    () => 'ok',
                    (error: DiskError) => error.code,
                  ),
                )
              }
              answer.took = host.clock.monotonic() - since
            },
          },
        },
        survives: { down: 1 },
      }),
      invariants: [],
    })
    await using simulation = await simulate(lone, { seed: '1', faults: 'none' })
    await simulation.advance(ms(400))
    if (kind !== null) simulation.inject({ kind, site: 'lone-1', args: always })
    await simulation.advance(s(4))
    return answer
  }

  test.each([
    ['disk.write-error', ['EIO', 'ok', 'ok']],
    ['disk.sync-error', ['ok', 'EIO', 'ok']],
    ['disk.read-error', ['ok', 'ok', 'EIO']],
    ['disk.full', ['ENOSPC', 'ok', 'ok']],
  ])('%s: the error that belongs to it, and no other', async (kind, codes) => {
    expect((await seen(null)).codes).toEqual(['ok', 'ok', 'ok'])
    expect((await seen(kind)).codes).toEqual(codes)
  })

  test('disk.slow: the same answers, later', async () => {
    const slow = await seen('disk.slow')
    expect(slow.codes).toEqual(['ok', 'ok', 'ok'])
    expect(slow.took).toBeGreaterThan(2 * (await seen(null)).took)
  })
})

describe('what a host finds after a power loss', () => {
  const pageBytes = 4096
  /** Eight pages of 2 over synced pages of 1, and a name made by a rename, none of it synced: what is left of either. */
  async function left(args: { lostPerMille: number; tornPerMille: number; lostNamesPerMille: number }): Promise<{ pages: Uint8Array[]; isRenamed: boolean }> {
    let found: { pages: Uint8Array[]; isRenamed: boolean } | undefined
    const boot = async ({ disk, incarnation }: Host): Promise<void> => {
      const file = await disk.open('file', { create: true })
      if (incarnation > 1) {
        const pages = await Promise.all(Array.from({ length: 8 }, (_, page) => file.readAt(page * pageBytes, pageBytes)))
        found = { pages, isRenamed: (await disk.readFile('renamed')) !== null }
        return
      }
      await file.writeAt(0, new Uint8Array(8 * pageBytes).fill(1))
      await file.sync()
      const other = await disk.open('other', { create: true })
      await other.sync()
      await disk.syncDirectory('')
      await file.writeAt(0, new Uint8Array(8 * pageBytes).fill(2))
      await disk.rename('other', 'renamed')
    }
    const lone = scenario({
      name: 'lone',
      workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
      faults: { strategy: 'random' },
      duration: s(2),
      healAt: s(2),
      system: system({ name: 'lone', roles: { lone: { count: 1, boot } }, survives: { down: 1 } }),
      invariants: [],
    })
    await using simulation = await simulate(lone, { seed: '1', faults: 'none' })
    await simulation.advance(ms(400))
    simulation.inject({ kind: 'power.loss', site: 'lone-1', args: { ...args, key: [1, 2], hosts: ['lone-1'], garbage: [], restartAfterNanos: [ms(10)] } })
    await simulation.advance(s(1))
    if (found === undefined) throw new Error('the host is not back')
    return found
  }
  const none = { lostPerMille: 0, tornPerMille: 0, lostNamesPerMille: 0 }
  const isWhole = (page: Uint8Array, byte: number) => page.every((each) => each === byte)

  test('without any of the three, all that was written', async () => {
    const { pages, isRenamed } = await left(none)
    expect([pages.every((page) => isWhole(page, 2)), isRenamed]).toEqual([true, true])
  })

  test('disk.lost: pages as they were before', async () => {
    const { pages, isRenamed } = await left({ ...none, lostPerMille: 1000 })
    expect([pages.some((page) => isWhole(page, 1)), pages.every((page) => isWhole(page, 1) || isWhole(page, 2)), isRenamed]).toEqual([true, true, true])
  })

  test('disk.torn: pages that are neither', async () => {
    const { pages, isRenamed } = await left({ ...none, tornPerMille: 1000 })
    expect([pages.some((page) => !isWhole(page, 1) && !isWhole(page, 2)), isRenamed]).toEqual([true, true])
  })

  test('disk.lost-rename: the old name', async () => {
    const { pages, isRenamed } = await left({ ...none, lostNamesPerMille: 1000 })
    expect([pages.every((page) => isWhole(page, 2)), isRenamed]).toEqual([true, false])
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
