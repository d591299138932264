import { describe, expect, it } from 'vitest'
import { configurationOf } from '../../../systems/raft/configuration.js'
import type { Durable } from '../../../systems/raft/messages.js'
import { emptyDurable } from '../../../systems/raft/persist.js'
import { CoreCluster } from './core-cluster.js'

/** All hold six entries, the first four of which only their state machines hold; node 2 then finds that its own is lost. */
function lost(): CoreCluster {
  const cluster = new CoreCluster(3)
  cluster.elect(0)
  for (let i = 0; i < 5; i++) cluster.propose(0)
  cluster.settle()
  cluster.beat(0)
  for (const id of [0, 1, 2]) cluster.input(id, { kind: 'compact', index: 4 })
  cluster.settle()
  cluster.crash(2)
  const node = cluster.node(2)
  node.durable = { ...(node.durable as Durable), applied: null }
  cluster.boot(2)
  return cluster
}

describe('A Raft member whose state machine lost its content', () => {
  it('keeps its log, applies nothing, and gets a snapshot though its log lacks nothing', () => {
    const cluster = lost()
    expect(cluster.state(2)).toMatchObject({ lacks: 4, commit: 4, log: { base: { index: 4 }, durable: 6 } })
    const before = cluster.events(2, 'apply').length
    cluster.timer(0, 'heartbeat')
    cluster.deliver()
    expect(cluster.events(2, 'apply')).toHaveLength(before)
    for (let i = 0; i < 3; i++) cluster.beat(0)
    expect(cluster.events(2, 'install')).toEqual([{ kind: 'install', snapshot: { index: 6, term: 1 } }])
    expect(cluster.state(2)).toMatchObject({ lacks: 0, applied: 6 })
    cluster.propose(0)
    cluster.settle()
    cluster.beat(0)
    expect(cluster.state(2).applied).toBe(7)
  })

  it('votes, but does not campaign', () => {
    const cluster = lost()
    cluster.timeOut(2)
    expect(cluster.state(2).role).toBe('follower')
    cluster.elect(1, { except: [0] })
    expect(cluster.state(1).role).toBe('leader')
  })

  it('acknowledges entries, and they are committed with its help', () => {
    const cluster = lost()
    cluster.propose(0)
    cluster.deliver(({ to }) => to === 2)
    cluster.saveAll(0)
    cluster.saveAll(2)
    cluster.deliver(({ from }) => from === 2)
    expect(cluster.state(0).commit).toBe(7)
    expect(cluster.state(2)).toMatchObject({ lacks: 4, applied: 4, log: { durable: 7 } })
  })

  it('is taught by a leader only once that has applied as much itself', () => {
    const cluster = lost()
    cluster.crash(0)
    // It holds the entries, and knows of none that it is committed.
    const node = cluster.node(1)
    cluster.crash(1)
    node.durable = { ...(node.durable as Durable), base: { index: 0, term: 0 }, applied: { index: 0, term: 0 }, entries: entriesOf(cluster) }
    cluster.boot(1)
    expect(cluster.state(1).applied).toBe(0)
    cluster.timeOut(1)
    cluster.settle({ except: [0] })
    for (let i = 0; i < 4; i++) cluster.beat(1, { except: [0] })
    expect(cluster.state(2)).toMatchObject({ lacks: 0, applied: 7 })
  })

  it('begins again from its log when that still holds everything', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    cluster.propose(0)
    cluster.settle()
    cluster.crash(2)
    const node = cluster.node(2)
    node.durable = { ...(node.durable as Durable), applied: null }
    cluster.boot(2)
    expect(cluster.state(2)).toMatchObject({ lacks: 0, applied: 0, commit: 0 })
    for (let i = 0; i < 2; i++) cluster.beat(0)
    expect(cluster.state(2).applied).toBe(2)
    expect(cluster.events(2, 'install')).toEqual([])
  })

  it('steps down when it is the leader that finds the loss, and another serves', () => {
    const cluster = lost()
    for (let i = 0; i < 3; i++) cluster.beat(0)
    cluster.input(0, { kind: 'state-lost' })
    expect(cluster.state(0)).toMatchObject({ role: 'follower', lacks: 6, applied: 6 })
    expect(() => cluster.input(0, { kind: 'compact', index: 6 })).toThrow('lost its content')
    cluster.elect(1)
    cluster.propose(1)
    cluster.settle()
    for (let i = 0; i < 3; i++) cluster.beat(1)
    expect(cluster.state(0)).toMatchObject({ lacks: 0, applied: 8 })
    expect(cluster.events(0, 'install')).toEqual([{ kind: 'install', snapshot: { index: 7, term: 2 } }])
  })

  it('refuses a snapshot that does not reach as far as what it lost', () => {
    const cluster = lost()
    cluster.receive(2, 0, {
      kind: 'snapshot-chunk-request',
      term: 1,
      snapshot: { index: 3, term: 1 },
      offset: 0,
      total: 0,
      bytes: new Uint8Array(0),
      configuration: null,
    })
    expect(cluster.state(2)).toMatchObject({ lacks: 4, installing: null })
  })
})

/** All three hold all entries and have applied and flushed them; the records of the last `entries` of node 2 then rot. Members 0 to 2 vote, 3 and 4 came later. */
function rotten({ entries = 1 } = {}): CoreCluster {
  const cluster = new CoreCluster(5, {}, [], true, configurationOf([0, 1, 2]))
  cluster.elect(0)
  cluster.propose(0)
  cluster.settle()
  for (const member of [3, 4]) {
    cluster.change(0, { kind: 'change', changes: [{ kind: 'voter', member }], through: 'auto' })
    cluster.settle()
    cluster.beat(0)
  }
  cluster.beat(0)
  const { applied, log } = cluster.state(2)
  cluster.crash(2)
  const node = cluster.node(2)
  const durable = node.durable as Durable
  node.durable = { ...durable, applied: { index: applied, term: 1 }, entries: log.entries.slice(0, -entries), suspect: true }
  return cluster
}

describe('A Raft member whose last record rotted after it had been applied', () => {
  it('keeps the log that is left, and what that says of who decides', () => {
    const cluster = rotten()
    cluster.boot(2)
    expect(cluster.log(2)).toBe('1:1 2:1 3:1')
    expect(cluster.state(2)).toMatchObject({ suspect: true, lacks: 4, applied: 0, configuration: configurationOf([0, 1, 2]) })
    expect(cluster.node(2).saves).toEqual([])
  })

  it('never takes the first configuration for the one where its state machine is', () => {
    const cluster = rotten({ entries: 1 })
    cluster.boot(2)
    cluster.timeOut(2)
    expect(cluster.state(2).role).toBe('follower')
    for (let i = 0; i < 6; i++) cluster.beat(0)
    expect(cluster.state(2)).toMatchObject({ suspect: false, lacks: 0, applied: 4, configuration: configurationOf([0, 1, 2, 3, 4]) })
    cluster.elect(2)
    cluster.propose(2)
    cluster.settle()
    expect(cluster.state(2).applied).toBe(6)
  })

  it('goes on without a snapshot when its log has what it lacked by the time it starts again', () => {
    const cluster = rotten({ entries: 2 })
    cluster.boot(2)
    cluster.timer(0, 'heartbeat')
    cluster.deliver()
    cluster.node(2).durable = { ...(cluster.node(2).durable as Durable), entries: cluster.node(0).durable?.entries ?? [] }
    cluster.crash(2)
    cluster.boot(2)
    expect(cluster.state(2)).toMatchObject({ lacks: 0, applied: 4, commit: 4, configuration: configurationOf([0, 1, 2, 3, 4]) })
  })

  it('needs a snapshot as well when its log holds another entry in the place of what it had applied', () => {
    const conflicting = { index: 2, term: 1, kind: 'normal' as const, data: new Uint8Array(1) }
    const noop = { index: 1, term: 1, kind: 'noop' as const, data: new Uint8Array(0) }
    const disk: Durable = {
      ...emptyDurable,
      hardState: { term: 2, vote: null },
      entries: [noop, conflicting],
      applied: { index: 2, term: 2 },
      suspect: true,
    }
    const cluster = new CoreCluster(3, {}, [disk], false)
    expect(cluster.state(0)).toMatchObject({ lacks: 2, applied: 0, commit: 0 })
    expect(cluster.log(0)).toBe('1:1 2:1')
  })

  it('begins its log at the snapshot when that was expected there, whatever else rotted', () => {
    const snapshot = { index: 7, term: 2 }
    const configuration = configurationOf([0, 1])
    const disk: Durable = { ...emptyDurable, hardState: { term: 2, vote: null }, applied: snapshot, expected: { snapshot, configuration }, suspect: true }
    const cluster = new CoreCluster(3, {}, [disk], false)
    expect(cluster.state(0)).toMatchObject({ lacks: 0, applied: 7, commit: 7, configuration, log: { base: snapshot } })
  })

  it('lacks no less when it then finds its state machine damaged, too', () => {
    const cluster = rotten()
    cluster.boot(2)
    cluster.input(2, { kind: 'state-lost' })
    expect(cluster.state(2).lacks).toBe(4)
  })
})

/** All entries that node 0 wrote, as a log that was never compacted holds them. */
function entriesOf(cluster: CoreCluster): Durable['entries'] {
  const kept = cluster.node(0).durable?.entries ?? []
  const first = kept[0]?.index ?? 1
  const noop = { index: 1, term: 1, kind: 'noop' as const, data: new Uint8Array(0) }
  const early = Array.from({ length: first - 2 }, (_, i) => ({ index: i + 2, term: 1, kind: 'normal' as const, data: Uint8Array.of(i + 1) }))
  return [noop, ...early, ...kept]
}
