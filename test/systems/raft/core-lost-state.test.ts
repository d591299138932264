import { describe, expect, it } from 'vitest'
import type { Durable } from '../../../systems/raft/messages.js'
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

/** All entries that node 0 wrote, as a log that was never compacted holds them. */
function entriesOf(cluster: CoreCluster): Durable['entries'] {
  const kept = cluster.node(0).durable?.entries ?? []
  const first = kept[0]?.index ?? 1
  const noop = { index: 1, term: 1, kind: 'noop' as const, data: new Uint8Array(0) }
  const early = Array.from({ length: first - 2 }, (_, i) => ({ index: i + 2, term: 1, kind: 'normal' as const, data: Uint8Array.of(i + 1) }))
  return [noop, ...early, ...kept]
}
