import { describe, expect, test } from 'vitest'
import scenario from '../../../scenarios/raft-many-groups.scenario.js'
import { ms, type Simulation, s, simulate } from '../../../sim/index.js'
import { UnknownGroup } from '../../../systems/raft/errors.js'
import type { MapStore } from '../../../systems/raft/many-maps.js'
import type { RaftNode } from '../../../systems/raft/raft-node.js'
import { StoreCluster, type StoreProcess } from './store-cluster.js'

type Roles = { store: MapStore }

const stores = ({ world }: Simulation<Roles>) => world.hosts.store.flatMap(({ process }) => process?.store ?? [])
const nodes = (simulation: Simulation<Roles>) => stores(simulation).flatMap((store) => store.nodes)

/** Twelve groups of three on five hosts, led and idle. */
async function start(options: Record<string, number> = {}): Promise<Simulation<Roles>> {
  const simulation = await simulate<Roles, never, never>(scenario as never, {
    seed: '1',
    faults: 'none',
    clients: false,
    options: { groups: 12, restAfterHeartbeats: 3, walSegmentBytes: 65_536, ...options },
  })
  await simulation.until(() => nodes(simulation).filter((node) => node.isLeader && node.commit > 0).length === 12, { within: s(3) })
  return simulation
}

const allRest = (simulation: Simulation<Roles>) => nodes(simulation).every(({ machineState }) => machineState.isResting)

describe('the groups of a store', () => {
  test('rest when nobody asks them for anything, and then only hosts speak to each other', async () => {
    await using simulation = await start()
    await simulation.until(() => allRest(simulation), { within: s(2) })
    await simulation.advance(s(1))
    const before = simulation.kernel.steps
    await simulation.advance(s(10))
    expect(allRest(simulation)).toBe(true)
    // 20 links at most, a packet each 25 ms, and each host's watch: without rest it is 24 heartbeats with answers and 36 lease timers in that time.
    expect(simulation.kernel.steps - before).toBeLessThan(10 * (20 * 40 + 5 * 40))
  })

  test('are woken when the host that leads them dies, and are led again', async () => {
    await using simulation = await start()
    await simulation.until(() => allRest(simulation), { within: s(2) })
    const led = (name: string) => nodes(simulation).filter((node) => node.isLeader && node.leader === name)
    const victim = simulation.world.hosts.store.map(({ name }) => name).find((name) => led(name).length > 0) as string
    const orphans = led(victim).map(({ group }) => group)
    simulation.crash(victim)
    await simulation.until(() => orphans.every((group) => nodes(simulation).some((node) => node.group === group && node.isLeader)), { within: ms(1_000) })
    simulation.restart(victim)
    await simulation.until(() => nodes(simulation).length === 36 && allRest(simulation), { within: s(5) })
  })

  test('are woken when the host that leads them was restarted faster than anybody missed it', async () => {
    await using simulation = await start()
    await simulation.until(() => allRest(simulation), { within: s(2) })
    await simulation.advance(ms(200))
    const victim = nodes(simulation).find((node) => node.isLeader)?.leader as string
    simulation.restart(victim)
    await simulation.until(() => new Set(nodes(simulation).flatMap((node) => (node.isLeader ? [node.group] : []))).size === 12, { within: s(2) })
  })

  test('one of which its leader leaves, unheard by the others, is led again though its host lives on', async () => {
    const groups = ['a', 'b', 'c', 'd', 'e', 'f']
    await using cluster = await StoreCluster.start(() => groups)
    const { simulation } = cluster
    await cluster.untilLed(...groups)
    await cluster.untilAllRest()
    // A host that leads two, so that it goes on greeting the others.
    const leads = (host: string) => groups.filter((group) => cluster.leader(group)?.leader === host)
    const host = cluster.hosts.find((name) => leads(name).length > 1) as string
    const [group] = leads(host) as [string]
    simulation.partition(
      [host],
      cluster.hosts.filter((name) => name !== host),
    )
    cluster.begin(host, (process) => void process.node(group)?.stop())
    await simulation.advance(ms(5))
    simulation.heal()
    const others = cluster.nodes.filter((node) => node.group === group && node.leader !== undefined)
    expect(others.map(({ machineState }) => machineState.isResting)).toEqual([true, true])
    await simulation.until(() => others.some((node) => node.isLeader), { within: s(1) })
    // None of the others was woken for it.
    expect(cluster.nodes.filter((node) => node.group !== group && !node.machineState.isResting)).toEqual([])
  })

  test('of which one leaves a host for good: it is stopped, its log is void in all later lives, and the others go on', async () => {
    let isFirst = true
    await using cluster = await StoreCluster.start((store) => (isFirst ? ['a', 'b'] : store.groups))
    const { simulation } = cluster
    await cluster.untilLed('a', 'b')
    isFirst = false
    const leader = cluster.leader('a')?.leader as string
    const host = cluster.hosts.find((name) => name !== leader) as string
    for (let i = 1; i <= 30; i++) await cluster.on(leader, (process) => process.put('a', `k${i}`, i))
    await cluster.on(leader, (process) => (process.node('a') as RaftNode<boolean>).members.remove(host))
    await cluster.on(host, (process) => process.store.leave('a'))
    expect(cluster.process(host).store.groups).toEqual(['b'])
    expect(cluster.process(host).nodes.map(({ group }) => group)).toEqual(['b'])
    await cluster.on(host, (process) => process.erase('a'))
    simulation.powerLoss(host)
    simulation.restart(host)
    await simulation.until(() => cluster.nodes.filter(({ group }) => group === 'b').length === 3, { within: s(1) })
    expect(cluster.process(host).nodes.map(({ group }) => group)).toEqual(['b'])
    await cluster.untilLed('a', 'b')
  })

  test('of which one comes back to a host, in the life in which it left it, begins blank and is taught everything', async () => {
    await using cluster = await StoreCluster.start((store) => (store.groups.length === 0 ? ['a', 'b'] : store.groups))
    const { simulation } = cluster
    await cluster.untilLed('a', 'b')
    const leader = cluster.leader('a')?.leader as string
    const host = cluster.hosts.find((name) => name !== leader) as string
    const members = (process: StoreProcess) => (process.node('a') as RaftNode<boolean>).members
    for (let i = 1; i <= 30; i++) await cluster.on(leader, (process) => process.put('a', `k${i}`, i))
    // The others do not hear of it: they still count on it, and on nothing that it said before.
    await cluster.on(host, (process) => process.store.leave('a'))
    await cluster.on(host, (process) => process.erase('a'))
    await cluster.on(host, (process) => process.begin('a'))
    const back = cluster.process(host).node('a') as RaftNode<boolean>
    expect(back.machineState).toMatchObject({ suspect: true, wiped: true, term: 0 })
    const applied = cluster.leader('a')?.applied as number
    await simulation.until(() => back.applied >= applied && !back.machineState.suspect, { within: s(2) })
    expect(cluster.process(host).states.get('a')?.get('k30')).toBe(30)
    await cluster.on(leader, (process) => members(process).transferLeadership(host))
    await simulation.until(() => back.isLeader, { within: s(1) })
    simulation.powerLoss(host)
    simulation.restart(host)
    await simulation.until(() => (cluster.nodes.find(({ group, id }) => group === 'a' && id === back.id)?.applied ?? 0) > 30, { within: s(2) })
  })

  test.each(['leaves', 'leaves and comes back'])('of which a member %s that is one yet goes on, and no invariant objects', async (what) => {
    await using cluster = await StoreCluster.start((store) => (store.groups.length === 0 ? ['a'] : store.groups))
    await cluster.untilLed('a')
    const leader = cluster.leader('a')?.leader as string
    const host = cluster.hosts.find((name) => name !== leader) as string
    for (let i = 1; i <= 30; i++) await cluster.on(leader, (process) => process.put('a', `k${i}`, i))
    await cluster.on(host, (process) => process.store.leave('a'))
    if (what !== 'leaves') {
      await cluster.on(host, (process) => process.erase('a'))
      await cluster.on(host, (process) => process.begin('a'))
    }
    expect(await cluster.on(leader, (process) => process.put('a', 'k31', 31))).toBe(true)
    await cluster.simulation.advance(s(1))
  })

  test('that are new come up where others have left, on one of the hosts or on all', async () => {
    await using cluster = await StoreCluster.start((store) => (store.groups.length === 0 ? ['a', 'b', 'c'] : store.groups))
    await cluster.untilLed('a', 'b', 'c')
    for (const [i, host] of cluster.hosts.entries()) {
      await cluster.on(host, (process) => process.store.leave(['a', 'b', 'c'][i] as string))
      const group = `new-${i}`
      const states: RaftNode['machineState'][] = []
      let suspects = 0
      for (const host of cluster.hosts) {
        cluster.begin(host, async (process) => {
          const { machineState } = await process.begin(group)
          states.push(machineState)
          if (machineState.suspect) suspects++
        })
      }
      await cluster.untilLed(group)
      await cluster.simulation.until(() => states.length === 3 && states.every(({ suspect }) => !suspect), { within: s(2) })
      expect(suspects).toBe(i + 1)
      expect(await cluster.on(cluster.leader(group)?.leader as string, (process) => process.put(group, 'k', 1))).toBe(true)
    }
  })

  test('that a host holds nothing of cannot leave it', async () => {
    await using cluster = await StoreCluster.start(() => ['a'])
    await cluster.untilLed('a')
    await expect(cluster.on('store-1', (process) => process.store.leave('b'))).rejects.toThrow(UnknownGroup)
  })

  test('are not left while they are started, and their host goes on', async () => {
    let isFirst = true
    await using cluster = await StoreCluster.start(() => (isFirst ? ['a'] : []))
    await cluster.untilLed('a')
    isFirst = false
    const [host] = cluster.hosts as [string]
    cluster.simulation.powerLoss(host)
    cluster.simulation.restart(host)
    await cluster.simulation.until(() => cluster.simulation.world.hosts.store.every(({ process }) => process !== undefined), { within: s(1) })
    const refused = await cluster.on(host, async (process) => {
      const starts = [process.begin('a'), process.begin('a')]
      const outcomes = await Promise.allSettled([process.store.leave('a'), ...starts, process.begin('a')])
      return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.message] : []))
    })
    expect(refused).toEqual(Array.from({ length: 3 }, () => 'group a is being started on this host'))
    await expect(cluster.on(host, (process) => process.begin('a'))).rejects.toThrow('group a is started already on this host')
    await cluster.untilLed('a')
    await cluster.on(host, (process) => process.store.leave('a'))
  })

  test.each([
    { what: 'a voter that is none of its hosts', more: { voters: ['nobody'] }, says: 'nobody is not among the hosts of b' },
    { what: 'an option that fits no group', more: { options: { maxBatchBytes: 0 } }, says: 'maxBatchBytes' },
    { what: 'an option that does not fit this one', more: { options: { commitGroups: [1, 2, 3, 4] } }, says: 'one group for each member' },
  ])('whose start fails for $what can be started all the same, or leave', async ({ more, says }) => {
    await using cluster = await StoreCluster.start(() => ['a'])
    await cluster.untilLed('a')
    for (const host of cluster.hosts) await expect(cluster.on(host, (process) => process.begin('b', more))).rejects.toThrow(says)
    const [one, two, three] = cluster.hosts as [string, string, string]
    for (const host of [one, two]) await cluster.on(host, (process) => process.begin('b'))
    await cluster.untilLed('b')
    if (cluster.process(three).store.groups.includes('b')) await cluster.on(three, (process) => process.store.leave('b'))
    expect(cluster.process(three).store.groups).toEqual(['a'])
  })

  test('do not rest when that is turned off', async () => {
    await using simulation = await start({ restAfterHeartbeats: 0 })
    await simulation.advance(s(3))
    expect(nodes(simulation).filter(({ machineState }) => machineState.isResting)).toEqual([])
  })

  test('survive the power loss of all hosts together', async () => {
    await using simulation = await start()
    const terms = new Map(nodes(simulation).map((node) => [`${node.group} ${node.id}`, node.term]))
    const hosts = simulation.world.hosts.store.map(({ name }) => name)
    simulation.powerLoss(...hosts)
    await simulation.advance(ms(10))
    for (const name of hosts) simulation.restart(name)
    await simulation.until(() => nodes(simulation).length === 36 && nodes(simulation).filter((node) => node.isLeader).length === 12, { within: s(5) })
    for (const node of nodes(simulation)) expect(node.term).toBeGreaterThanOrEqual(terms.get(`${node.group} ${node.id}`) as number)
  })
})

test('what is said twice of rest, and not alike, is refused', async () => {
  const { RaftStore } = await import('../../../systems/raft/raft-store.js')
  const { hostWith, ImageDisk } = await import('./image-disk.js')
  const open = RaftStore.open(hostWith(new ImageDisk(), 1), { directory: 'store', restAfterHeartbeats: 3, raft: { restAfterHeartbeats: 5 } })
  await expect(open).rejects.toThrow('restAfterHeartbeats is given twice')
})
