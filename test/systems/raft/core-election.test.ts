import { describe, expect, it } from 'vitest'
import type { Durable, Entry } from '../../../systems/raft/messages.js'
import { emptyDurable } from '../../../systems/raft/persist.js'
import { CoreCluster } from './core-cluster.js'

/** A disk whose log has entries of these terms. */
function disk(terms: readonly number[], term = Math.max(0, ...terms), vote: number | null = null): Durable {
  const entries = terms.map((of, i): Entry => ({ index: i + 1, term: of, kind: 'noop', data: new Uint8Array(0) }))
  return { ...emptyDurable, hardState: { term, vote }, entries }
}

describe('Raft elections', () => {
  it.each([1, 2, 3, 5, 7])('the first of %i members to time out leads, and its no-op is committed everywhere', (size) => {
    const cluster = new CoreCluster(size)
    cluster.elect(0)
    cluster.beat(0)
    for (const { state } of cluster.nodes)
      expect({ term: state.term, leader: state.leader, commit: state.commit, applied: state.applied }).toEqual({ term: 1, leader: 0, commit: 1, applied: 1 })
  })

  // The candidate's log, the voter's log: Raft paper, 5.4.1.
  it.each([
    { candidate: [1], voter: [1], granted: true, why: 'equal logs' },
    { candidate: [1, 1], voter: [1], granted: true, why: 'a longer log of the same term' },
    { candidate: [1], voter: [1, 1], granted: false, why: 'a shorter log of the same term' },
    { candidate: [2], voter: [1, 1, 1], granted: true, why: 'a shorter log of a later term' },
    { candidate: [1, 1, 1], voter: [2], granted: false, why: 'a longer log of an earlier term' },
    { candidate: [], voter: [1], granted: false, why: 'an empty log' },
  ])('a vote is given by the last entry: $why', ({ candidate, voter, granted }) => {
    for (const phase of ['pre-vote-request', 'vote-request'] as const) {
      const cluster = new CoreCluster(3, {}, [disk(voter, 2)])
      const lastTerm = candidate[candidate.length - 1] ?? 0
      cluster.receive(0, 1, { kind: phase, term: 3, lastIndex: candidate.length, lastTerm })
      cluster.saveAll(0)
      expect(cluster.network.map(({ message }) => message)).toMatchObject([{ kind: phase.replace('request', 'response'), granted }])
    }
  })

  it.each([
    { candidate: [1, 3], voter: [1, 2, 2, 2], granted: true, why: 'a later term, though with fewer entries' },
    { candidate: [1, 1], voter: [1], granted: true, why: 'more entries' },
    { candidate: [1], voter: [1], granted: false, why: 'the same log' },
  ])('a candidate of a lower priority gets the vote of a member with less: $why', ({ candidate, voter, granted }) => {
    const cluster = new CoreCluster(3, { priority: 5 }, [disk(voter, 3)])
    cluster.receive(0, 1, { kind: 'vote-request', term: 4, lastIndex: candidate.length, lastTerm: candidate[candidate.length - 1] as number })
    cluster.saveAll(0)
    expect(cluster.network).toMatchObject([{ message: { kind: 'vote-response', granted } }])
  })

  it('a follower that meant to campaign, and hears its leader again in the same term, learns what is committed', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    cluster.beat(0)
    cluster.propose(0)
    // It has the entry, and said so; that the entry is committed it would hear with the next heartbeat.
    cluster.settle()
    expect(cluster.state(0).commit).toBe(2)
    expect(cluster.state(1)).toMatchObject({ commit: 1, log: { durable: 2 } })
    cluster.timer(1, 'lease')
    cluster.timer(1, 'election')
    expect(cluster.state(1).role).toBe('pre-candidate')
    cluster.take(() => true)
    cluster.beat(0)
    expect(cluster.state(1)).toMatchObject({ role: 'follower', commit: 2, applied: 2 })
  })

  it('a vote leaves only when it is durable, and so does the request for one', () => {
    const cluster = new CoreCluster(3)
    cluster.timer(0, 'election')
    cluster.settle({ saves: false })
    expect(cluster.state(0).role).toBe('candidate')
    expect(cluster.network).toEqual([])
    cluster.save(0)
    expect(cluster.take(({ message }) => message.kind === 'vote-request')).toHaveLength(2)
    cluster.receive(1, 0, { kind: 'vote-request', term: 1, lastIndex: 0, lastTerm: 0 })
    expect(cluster.network).toEqual([])
    cluster.save(1) // the term
    expect(cluster.network).toEqual([])
    cluster.save(1) // the vote
    expect(cluster.network).toMatchObject([{ to: 0, message: { kind: 'vote-response', granted: true } }])
  })

  it('a member votes once a term, crash or not, and gives the same answer to the same candidate', () => {
    const cluster = new CoreCluster(3)
    cluster.receive(0, 1, { kind: 'vote-request', term: 1, lastIndex: 0, lastTerm: 0 })
    cluster.saveAll(0)
    cluster.crash(0)
    cluster.boot(0)
    cluster.take(() => true)
    cluster.receive(0, 2, { kind: 'vote-request', term: 1, lastIndex: 5, lastTerm: 1 })
    cluster.receive(0, 1, { kind: 'vote-request', term: 1, lastIndex: 0, lastTerm: 0 })
    expect(cluster.network.map(({ to, message }) => [to, message.kind === 'vote-response' && message.granted])).toEqual([
      [2, false],
      [1, true],
    ])
  })

  it('a pre-vote changes nothing at the members that are asked', () => {
    const cluster = new CoreCluster(3)
    const before = structuredClone(cluster.state(1))
    cluster.receive(1, 0, { kind: 'pre-vote-request', term: 1, lastIndex: 0, lastTerm: 0 })
    expect(cluster.state(1)).toEqual(before)
  })

  it('a member that was cut off does not disturb the leader when it is back', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    cluster.propose(0)
    cluster.settle({ except: [2] })
    for (let i = 0; i < 5; i++) {
      cluster.timeOut(2)
      cluster.settle({ except: [2] })
    }
    expect(cluster.state(2).term).toBe(1)
    cluster.timeOut(2)
    cluster.settle()
    cluster.beat(0)
    expect(cluster.nodes.map(({ state }) => [state.role, state.term])).toEqual([
      ['leader', 1],
      ['follower', 1],
      ['follower', 1],
    ])
  })

  it('while a leader is heard, nobody votes; once its lease is over, they do', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    cluster.receive(1, 2, { kind: 'vote-request', term: 9, lastIndex: 9, lastTerm: 9 })
    expect(cluster.state(1).term).toBe(1)
    expect(cluster.network).toEqual([])
    cluster.timer(1, 'lease')
    cluster.receive(1, 2, { kind: 'vote-request', term: 9, lastIndex: 9, lastTerm: 9 })
    cluster.saveAll(1)
    expect(cluster.network).toMatchObject([{ to: 2, message: { granted: true, term: 9 } }])
  })

  it('a leader that hears no majority steps down, and takes no proposals then', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    cluster.timer(0, 'check-quorum')
    expect(cluster.state(0).role).toBe('leader')
    cluster.beat(0, { except: [1, 2] })
    cluster.timer(0, 'check-quorum')
    expect(cluster.state(0).role).toBe('follower')
    const id = cluster.propose(0)
    expect(cluster.events(0, 'proposal-rejected')).toEqual([{ kind: 'proposal-rejected', id, reason: 'not-leader', leader: null }])
  })

  it('one follower that answers is a majority of three', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    for (let i = 0; i < 3; i++) {
      cluster.beat(0, { except: [2] })
      cluster.timer(0, 'check-quorum')
    }
    expect(cluster.state(0).role).toBe('leader')
  })

  it('a leader of an earlier term learns of the later one from a heartbeat it sends', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    cluster.elect(1, { except: [0] })
    expect(cluster.state(0).role).toBe('leader')
    cluster.beat(0)
    expect([cluster.state(0).role, cluster.state(0).term, cluster.state(1).role]).toEqual(['follower', 2, 'leader'])
  })

  it('a split vote is settled by the next timeout', () => {
    const cluster = new CoreCluster(4)
    for (const id of [0, 1]) cluster.timer(id, 'election')
    for (const { from, to, message } of cluster.take(() => true)) cluster.receive(to, from, message)
    for (const { from, to, message } of cluster.take(() => true)) cluster.receive(to, from, message)
    expect([cluster.state(0).role, cluster.state(1).role]).toEqual(['candidate', 'candidate'])
    cluster.saveAll(0)
    cluster.saveAll(1)
    const requests = cluster.take(({ message }) => message.kind === 'vote-request')
    for (const { from, to, message } of requests) if ((from === 0 && to === 2) || (from === 1 && to === 3)) cluster.receive(to, from, message)
    for (const { from, to, message } of requests) if ((from === 0 && to !== 2) || (from === 1 && to !== 3)) cluster.receive(to, from, message)
    cluster.settle()
    expect(cluster.nodes.some(({ state }) => state.role === 'leader')).toBe(false)
    cluster.timer(0, 'election')
    cluster.settle()
    expect([cluster.state(0).role, cluster.state(0).term]).toEqual(['leader', 2])
  })

  it('a leader that resigns stays in its term, refuses proposals, and another is elected with all that was committed', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    cluster.propose(0)
    cluster.settle()
    cluster.input(0, { kind: 'resign' })
    expect(cluster.state(0)).toMatchObject({ role: 'follower', term: 1, vote: 0, leader: null })
    cluster.propose(0)
    expect(cluster.events(0, 'proposal-rejected').at(-1)).toMatchObject({ reason: 'not-leader' })
    cluster.elect(1)
    expect([cluster.state(1).term, cluster.state(1).commit]).toEqual([2, 3])
  })

  it('a leader says at once that it lives when it is told to, and nobody else does', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    cluster.input(1, { kind: 'heartbeat' })
    expect(cluster.network).toEqual([])
    cluster.input(0, { kind: 'heartbeat' })
    expect(cluster.network.map(({ to, message }) => [to, message.kind])).toEqual([
      [1, 'heartbeat-request'],
      [2, 'heartbeat-request'],
    ])
  })

  it('a suspect neither votes nor campaigns', () => {
    const cluster = new CoreCluster(3, {}, [{ ...disk([1]), suspect: true }])
    cluster.receive(0, 1, { kind: 'pre-vote-request', term: 3, lastIndex: 5, lastTerm: 2 })
    cluster.receive(0, 1, { kind: 'vote-request', term: 3, lastIndex: 5, lastTerm: 2 })
    cluster.timer(0, 'election')
    cluster.settle()
    expect(cluster.network).toEqual([])
    expect(cluster.state(0)).toMatchObject({ role: 'follower', term: 1, vote: null })
  })
})
