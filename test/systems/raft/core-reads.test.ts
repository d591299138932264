import { describe, expect, it } from 'vitest'
import { CoreCluster } from './core-cluster.js'

describe('Raft reads (ReadIndex)', () => {
  it.each([1, 2, 3, 5])('a leader of %i answers at the commit index once a majority has confirmed it', (size) => {
    const cluster = new CoreCluster(size)
    cluster.elect(0)
    cluster.propose(0)
    cluster.settle()
    const id = cluster.read(0)
    expect(cluster.events(0, 'read-ready')).toHaveLength(size === 1 ? 1 : 0)
    cluster.settle()
    expect(cluster.events(0, 'read-ready')).toEqual([{ kind: 'read-ready', id, index: 2, isByLease: false }])
  })

  it('a deposed leader answers no read', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    cluster.elect(1, { except: [0] })
    cluster.propose(1)
    cluster.settle({ except: [0] })
    const id = cluster.read(0)
    cluster.settle({ except: [1, 2] })
    expect(cluster.events(0, 'read-ready')).toEqual([])
    cluster.beat(0)
    expect(cluster.events(0, 'read-rejected')).toEqual([{ kind: 'read-rejected', id, reason: 'not-leader', leader: null }])
  })

  it('a new leader answers no read before the first commit of its term', () => {
    const cluster = new CoreCluster(3)
    cluster.timer(0, 'election')
    cluster.settle({ saves: false })
    cluster.save(0)
    cluster.deliver()
    for (const id of [1, 2]) cluster.saveAll(id)
    cluster.deliver()
    expect(cluster.state(0).role).toBe('leader')
    const id = cluster.read(0)
    expect(cluster.network.some(({ message }) => message.kind === 'heartbeat-request')).toBe(false)
    cluster.settle()
    expect(cluster.events(0, 'read-ready')).toEqual([{ kind: 'read-ready', id, index: 1, isByLease: false }])
  })

  it('a read that arrives during a round is served by the next one', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    const first = cluster.read(0)
    const round = cluster.take(({ message }) => message.kind === 'heartbeat-request')
    cluster.propose(0)
    for (const id of [0, 1, 2]) cluster.saveAll(id)
    const second = cluster.read(0)
    for (const { from, to, message } of round) cluster.receive(to, from, message)
    cluster.deliver(({ message }) => message.kind === 'heartbeat-response')
    expect(cluster.events(0, 'read-ready').map(({ id }) => id)).toEqual([first])
    cluster.settle()
    expect(cluster.events(0, 'read-ready').map(({ id }) => id)).toEqual([first, second])
  })

  it('a round that was lost is repeated by the next heartbeat', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    const id = cluster.read(0)
    cluster.take(() => true)
    cluster.beat(0)
    expect(cluster.events(0, 'read-ready')).toEqual([{ kind: 'read-ready', id, index: 1, isByLease: false }])
  })

  it('more reads than may wait are refused as busy, and a follower names the leader', () => {
    const cluster = new CoreCluster(3, { maxPendingReads: 2 })
    cluster.elect(0)
    for (let i = 0; i < 3; i++) cluster.read(0)
    cluster.read(1)
    expect(cluster.events(0, 'read-rejected').map(({ reason }) => reason)).toEqual(['busy'])
    expect(cluster.events(1, 'read-rejected').map(({ reason, leader }) => [reason, leader])).toEqual([['not-leader', 0]])
  })
})
