import { describe, expect, test } from 'vitest'
import { ms, s } from '../../../sim/index.js'
import { MapCluster } from './map-cluster.js'

const small = { compactAfterEntries: 20, trailingEntries: 2, snapshotChunkBytes: 256, walSegmentBytes: 4_096 }

describe('a Raft group on simulated hosts', () => {
  test('a committed update is applied by all members, and read back', async () => {
    await using cluster = await MapCluster.start('1')
    const leader = cluster.leader as string
    expect(await cluster.put(leader, 'a', 1)).toEqual({ kind: 'ok', result: true })
    expect(await cluster.update(leader, { f: 'cas', key: 'a', from: 7, to: 8 })).toEqual({ kind: 'ok', result: false })
    expect(await cluster.read(leader, 'a')).toEqual({ kind: 'ok', result: 1 })
    await cluster.untilAllApplied(cluster.members, cluster.member(leader).node.applied)
    expect(cluster.members.map((name) => cluster.member(name).state.get('a'))).toEqual([1, 1, 1, 1, 1])
  })

  test('a follower refuses proposals and reads, and names the leader', async () => {
    await using cluster = await MapCluster.start('2')
    const leader = cluster.leader as string
    await cluster.simulation.advance(ms(100))
    const follower = cluster.members.find((name) => name !== leader) as string
    expect(await cluster.put(follower, 'a', 1)).toEqual({ kind: 'not-leader', leader })
    expect(await cluster.read(follower, 'a')).toEqual({ kind: 'not-leader', leader })
  })

  test('without a majority nothing commits: a proposal ends unknown, and the leader steps down', async () => {
    await using cluster = await MapCluster.start('3')
    const leader = cluster.leader as string
    const [companion, ...majority] = cluster.members.filter((name) => name !== leader)
    cluster.simulation.partition([leader, companion as string, 'driver-1'], majority)
    expect(await cluster.put(leader, 'a', 1)).toEqual({ kind: 'unknown' })
    expect(cluster.member(leader).node.isLeader).toBe(false)
    expect((await cluster.read(leader, 'a')).kind).toBe('not-leader')
    const next = await cluster.untilLeader(majority)
    expect(cluster.member(next).node.term).toBeGreaterThan(cluster.member(leader).node.term)
    cluster.simulation.heal()
    expect(await cluster.put(next, 'b', 2)).toEqual({ kind: 'ok', result: true })
    await cluster.untilAllApplied(cluster.members, cluster.member(next).node.applied)
    expect(cluster.member(leader).state.get('a')).toBeNull()
  })

  test('a deposed leader that does not know it yet serves no read', async () => {
    await using cluster = await MapCluster.start('4')
    const leader = cluster.leader as string
    await cluster.put(leader, 'a', 1)
    const others = cluster.members.filter((name) => name !== leader)
    cluster.simulation.partition([leader, 'driver-1'], others)
    const read = cluster.read(leader, 'a')
    expect((await read).kind).toBe('not-leader')
  })

  test('the group survives the power loss of all members with everything it acknowledged', async () => {
    await using cluster = await MapCluster.start('5', small)
    const leader = cluster.leader as string
    for (let i = 1; i <= 30; i++) expect((await cluster.put(leader, `k${i % 7}`, i)).kind).toBe('ok')
    cluster.simulation.powerLoss(...cluster.members)
    await cluster.simulation.advance(ms(100))
    for (const name of cluster.members) cluster.simulation.restart(name)
    const next = await cluster.untilLeader()
    for (let key = 0; key < 7; key++) {
      const expected = Array.from({ length: 30 }, (_, i) => i + 1).findLast((i) => i % 7 === key)
      expect(await cluster.read(next, `k${key}`)).toEqual({ kind: 'ok', result: expected })
    }
  })

  test('a member that was away while the log was compacted gets a snapshot in chunks', async () => {
    await using cluster = await MapCluster.start('6', small)
    const leader = cluster.leader as string
    const away = cluster.members.find((name) => name !== leader) as string
    cluster.simulation.crash(away)
    for (let i = 1; i <= 80; i++) await cluster.put(leader, `k${i % 9}`, i, 100)
    expect(cluster.member(leader).node.machineState.log.base.index).toBeGreaterThan(40)
    cluster.simulation.restart(away)
    await cluster.untilAllApplied([away], cluster.member(leader).node.applied)
    expect(cluster.member(away).node.flushed.index).toBeGreaterThan(40)
    expect(cluster.member(away).state.digest).toBe(cluster.member(leader).state.digest)
  })

  test('a snapshot arrives though the log is compacted all the time', async () => {
    await using cluster = await MapCluster.start('9', { ...small, compactAfterEntries: 2, trailingEntries: 0, snapshotChunkBytes: 64 })
    const leader = cluster.leader as string
    const away = cluster.members.find((name) => name !== leader) as string
    cluster.simulation.crash(away)
    for (let i = 1; i <= 20; i++) await cluster.put(leader, `k${i}`, i, 3_000)
    cluster.simulation.restart(away)
    const behind = cluster.member(leader).node.applied
    // A few hundred chunks, and not one entry may wait for them.
    for (let i = 1; i <= 200; i++) expect((await cluster.put(leader, 'k1', i)).kind).toBe('ok')
    expect(cluster.member(away).node.applied).toBeGreaterThan(behind + 100)
  })

  test('the log is compacted as entries are applied, so that it stays small', async () => {
    await using cluster = await MapCluster.start('7', small)
    const leader = cluster.leader as string
    for (let i = 1; i <= 200; i++) await cluster.put(leader, 'a', i, 50)
    await cluster.simulation.advance(s(1))
    for (const name of cluster.members) {
      const { node } = cluster.member(name)
      expect(node.lastIndex - node.machineState.log.base.index).toBeLessThan(60)
      const { durable } = cluster.simulation.world.host(name) as { durable: { list(directory: string): string[] } }
      expect(durable.list(node.walDirectory).length).toBeLessThan(8)
    }
  })

  test('a restarted member goes on in the term and with the vote that it had', async () => {
    await using cluster = await MapCluster.start('8')
    await cluster.simulation.advance(ms(200))
    const before = cluster.members.map((name) => cluster.member(name).node).map(({ term, vote }) => ({ term, vote }))
    cluster.simulation.powerLoss(...cluster.members)
    await cluster.simulation.advance(ms(10))
    for (const name of cluster.members) cluster.simulation.restart(name)
    await cluster.simulation.until(({ hosts }) => hosts.member.every(({ status }) => status === 'up'), { within: s(1) })
    const after = cluster.members.map((name) => cluster.member(name).node).map(({ term, vote }) => ({ term, vote }))
    for (const [i, { term, vote }] of after.entries()) {
      expect(term).toBeGreaterThanOrEqual(before[i]?.term ?? 0)
      if (term === before[i]?.term && before[i]?.vote !== null) expect(vote).toBe(before[i]?.vote)
    }
  })
})

describe('what cannot be asked of a Raft group', () => {
  test('to forget a leader with lease reads is refused, and the member goes on', async () => {
    await using cluster = await MapCluster.start('11', { leaseReadsDriftPpm: 100 })
    const leader = cluster.leader as string
    const follower = cluster.members.find((name) => name !== leader) as string
    const { node } = cluster.member(follower)
    await cluster.simulation.advance(ms(100))
    expect(() => node.members.forgetLeader()).toThrow('cannot be forgotten')
    expect(() => node.input({ kind: 'forget-leader' })).toThrow('cannot be forgotten')
    expect(await cluster.put(leader, 'a', 1)).toEqual({ kind: 'ok', result: true })
    await cluster.untilAllApplied([follower], cluster.member(leader).node.applied)
    await expect(node.propose(new Uint8Array(1))).rejects.toMatchObject({ code: 'not-leader', leader })
  })
})
