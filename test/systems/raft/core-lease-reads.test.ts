import { describe, expect, it } from 'vitest'
import { ms } from '../../../sim/host/durations.js'
import { raftMachine } from '../../../systems/raft/core.js'
import { defaultRaftOptions, readLease } from '../../../systems/raft/options.js'
import { emptyDurable } from '../../../systems/raft/persist.js'
import { CoreCluster } from './core-cluster.js'

/** A leader of three whose first entry is committed and that holds no lease yet. */
function led(): CoreCluster {
  const cluster = new CoreCluster(3, { leaseReadsDriftPpm: 1_000 })
  cluster.elect(0)
  return cluster
}

const answered = (cluster: CoreCluster) => cluster.events(0, 'read-ready').map(({ id }) => id)

describe('Raft lease reads', () => {
  it('are answered at once while a round that a majority answered is young, and not after', () => {
    const cluster = led()
    cluster.beat(0)
    const first = cluster.read(0)
    expect(answered(cluster)).toEqual([first])
    expect(cluster.network).toEqual([])
    cluster.timer(0, 'read-lease-0')
    const second = cluster.read(0)
    expect(answered(cluster)).toEqual([first])
    cluster.settle()
    expect(answered(cluster)).toEqual([first, second])
  })

  it('a lease begins with the sending of its round, and only once a majority has answered', () => {
    const cluster = led()
    cluster.timer(0, 'heartbeat')
    expect(cluster.node(0).timers).toContain('read-lease-0')
    cluster.read(0)
    expect(answered(cluster)).toEqual([])
  })

  it('each confirmed round takes the place of the last', () => {
    const cluster = led()
    for (let i = 0; i < 4; i++) {
      cluster.beat(0)
      expect(cluster.state(0).readLease.held).toBe(i % 2)
      expect(cluster.node(0).timers.filter((tag) => tag.startsWith('read-lease'))).toEqual([`read-lease-${i % 2}`])
    }
  })

  it('a leader that has told another to campaign holds no lease for the rest of its term', () => {
    const cluster = led()
    cluster.beat(0)
    cluster.input(0, { kind: 'transfer', to: 1 })
    cluster.take(() => true)
    cluster.timer(0, 'transfer')
    cluster.beat(0)
    cluster.read(0)
    expect(answered(cluster)).toEqual([])
  })

  it('a member that hears of a later term keeps the patience that its leader counts on', () => {
    const cluster = new CoreCluster(3, { leaseReadsDriftPpm: 1_000 })
    cluster.elect(0)
    cluster.beat(0)
    expect(cluster.state(1).leased).toBe(true)
    // A candidate refused a question that this member had asked before it heard its leader again.
    cluster.receive(1, 2, { kind: 'pre-vote-response', term: 2, granted: false })
    expect(cluster.state(1)).toMatchObject({ term: 2, leased: true })
    cluster.saveAll(1)
    cluster.take(() => true)
    const request = { kind: 'vote-request', term: 2, lastIndex: 9, lastTerm: 1 } as const
    cluster.receive(1, 2, request)
    cluster.saveAll(1)
    expect(cluster.network).toEqual([])
    cluster.timer(1, 'lease')
    cluster.receive(1, 2, request)
    cluster.saveAll(1)
    expect(cluster.network).toMatchObject([{ to: 2, message: { kind: 'vote-response', granted: true } }])
  })

  it('a member that starts anew keeps the patience that it may have promised', () => {
    const machine = raftMachine({ leaseReadsDriftPpm: 0 })
    const { state, effects } = machine.boot({ id: 0, peers: [0, 1, 2] }, emptyDurable)
    expect(state.leased).toBe(true)
    expect(effects).toEqual([{ kind: 'timer', tag: 'lease', between: [ms(75), ms(75)] }])
  })

  it('the lease is shorter than the voters’ patience by what clocks may be off', () => {
    expect(readLease({ ...defaultRaftOptions, leaseReadsDriftPpm: 0 })).toBe(ms(75))
    const drift = 0.2
    const lease = readLease({ ...defaultRaftOptions, leaseReadsDriftPpm: drift * 1e6 })
    expect(lease / (1 - drift)).toBeLessThanOrEqual(ms(75) / (1 + drift))
    expect(lease).toBe(ms(50))
  })

  it('nobody forgets a leader that may hold one', () => {
    expect(() => led().input(1, { kind: 'forget-leader' })).toThrow('relies on its followers’ patience')
  })
})
