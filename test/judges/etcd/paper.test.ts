import { describe, expect, it } from 'vitest'
import { ms } from '../../../sim/host/durations.js'
import { rootKey } from '../../../sim/kernel/root-key.js'
import { Stream } from '../../../sim/kernel/stream.js'
import { raftMachine } from '../../../systems/raft/core.js'
import type { Durable, Entry, RaftMessage, Role } from '../../../systems/raft/messages.js'
import { defaultRaftOptions } from '../../../systems/raft/options.js'
import { emptyDurable } from '../../../systems/raft/persist.js'
import type { RaftEffect } from '../../../systems/raft/state.js'
import { CoreCluster } from '../../systems/raft/core-cluster.js'

/** The 26 behaviours of the Raft paper that etcd-io/raft's raft_paper_test.go names, one test each, by the paper's sections. Messages are made up: no invariants. */
const entry = (index: number, term: number): Entry => ({ index, term, kind: 'normal', data: Uint8Array.of(index, term) })

const entries = (...terms: number[]): Entry[] => terms.map((term, i) => entry(i + 1, term))

/** A disk with entries of these terms. */
const disk = (terms: readonly number[], term = Math.max(0, ...terms), vote: number | null = null): Durable => ({
  ...emptyDurable,
  hardState: { term, vote },
  entries: entries(...terms),
})

const group = (size: number, disks: readonly (Durable | null)[] = []): CoreCluster => new CoreCluster(size, {}, disks, false)

const append = (term: number, previous: readonly [number, number], added: readonly Entry[], commit: number): RaftMessage => ({
  kind: 'append-request',
  term,
  previousIndex: previous[0],
  previousTerm: previous[1],
  entries: added,
  commit,
  round: 0,
  trust: null,
})

const holds = (term: number, index: number): RaftMessage => ({
  kind: 'append-response',
  term,
  rejected: false,
  index,
  hintIndex: 0,
  hintTerm: 0,
  round: 0,
  incarnation: 1,
  suspect: false,
  lacks: 0,
})

/** Makes member 0 a candidate of the next term, with its vote on its disk. */
function candidate(cluster: CoreCluster): void {
  cluster.timeOut(0)
  const { term } = cluster.state(0)
  for (let voter = 1; voter < cluster.nodes.length && cluster.state(0).role === 'pre-candidate'; voter++)
    cluster.receive(0, voter, { kind: 'pre-vote-response', term: term + 1, granted: true })
  cluster.saveAll(0)
  cluster.take(() => true)
}

function leader(cluster: CoreCluster): void {
  candidate(cluster)
  const { term } = cluster.state(0)
  for (let voter = 1; voter < cluster.nodes.length && cluster.state(0).role === 'candidate'; voter++)
    cluster.receive(0, voter, { kind: 'vote-response', term, granted: true })
  cluster.saveAll(0)
}

/** A leader of three or more whose first entry is committed and sent to all. */
function settledLeader(size = 3): CoreCluster {
  const cluster = group(size)
  cluster.elect(0)
  cluster.take(() => true)
  return cluster
}

describe('5.1: terms', () => {
  it.each(['follower', 'candidate', 'leader'] as const)('a %s that hears of a later term follows in it', (role) => {
    const cluster = group(3)
    if (role === 'candidate') candidate(cluster)
    else if (role === 'leader') leader(cluster)
    expect(cluster.state(0).role).toBe(role)
    cluster.receive(0, 1, append(cluster.state(0).term + 1, [0, 0], [], 0))
    expect(cluster.state(0)).toMatchObject({ role: 'follower', leader: 1 })
  })

  it('a message of an earlier term is refused', () => {
    const cluster = group(3, [disk([1], 2)])
    cluster.receive(0, 1, append(1, [1, 1], [entry(2, 1)], 2))
    expect(cluster.state(0)).toMatchObject({ term: 2, commit: 0, leader: null })
    expect(cluster.log(0)).toBe('1:1')
  })
})

describe('5.2: election', () => {
  it('members begin as followers', () => {
    expect(group(3).nodes.map(({ state }) => [state.role, state.leader])).toEqual(Array.from({ length: 3 }, () => ['follower', null]))
  })

  it('a leader beats to all others, again and again', () => {
    const cluster = settledLeader()
    for (let i = 0; i < 3; i++) {
      cluster.timer(0, 'heartbeat')
      expect(cluster.take(({ message }) => message.kind === 'heartbeat-request').map(({ to }) => to)).toEqual([1, 2])
    }
  })

  it.each(['follower', 'candidate'] as const)(
    'a %s that hears from nobody in time begins an election: next term, a vote for itself, requests to all others',
    (role) => {
      const cluster = group(3)
      if (role === 'candidate') candidate(cluster)
      const before = cluster.state(0).term
      cluster.timeOut(0)
      cluster.receive(0, 1, { kind: 'pre-vote-response', term: before + 1, granted: true })
      cluster.saveAll(0)
      expect(cluster.state(0)).toMatchObject({ role: 'candidate', term: before + 1, vote: 0 })
      expect(cluster.take(({ message }) => message.kind === 'vote-request').map(({ to, message }) => [to, message.term])).toEqual([
        [1, before + 1],
        [2, before + 1],
      ])
    },
  )

  it.each([
    { size: 1, votes: {}, role: 'leader' },
    { size: 3, votes: { 1: true, 2: true }, role: 'leader' },
    { size: 3, votes: { 1: true }, role: 'leader' },
    { size: 5, votes: { 1: true, 2: true, 3: true, 4: true }, role: 'leader' },
    { size: 5, votes: { 1: true, 2: true }, role: 'leader' },
    { size: 3, votes: { 1: false, 2: false }, role: 'follower' },
    { size: 5, votes: { 1: false, 2: false, 3: false, 4: false }, role: 'follower' },
    { size: 5, votes: { 1: true, 2: false, 3: false, 4: false }, role: 'follower' },
    { size: 3, votes: {}, role: 'candidate' },
    { size: 5, votes: { 1: true }, role: 'candidate' },
    { size: 5, votes: { 1: false, 2: false }, role: 'candidate' },
    { size: 5, votes: {}, role: 'candidate' },
  ] satisfies { size: number; votes: Record<number, boolean>; role: Role }[])(
    'in one round of answers $votes of $size a candidate becomes $role',
    ({ size, votes, role }) => {
      const cluster = group(size)
      candidate(cluster)
      for (const [voter, granted] of Object.entries(votes)) cluster.receive(0, Number(voter), { kind: 'vote-response', term: 1, granted })
      expect(cluster.state(0)).toMatchObject({ role, term: 1 })
    },
  )

  it.each([
    { vote: null, from: 1, granted: true },
    { vote: null, from: 2, granted: true },
    { vote: 1, from: 1, granted: true },
    { vote: 2, from: 2, granted: true },
    { vote: 1, from: 2, granted: false },
    { vote: 2, from: 1, granted: false },
  ])('who has voted for $vote answers $from with $granted: one vote a term, the first to ask', ({ vote, from, granted }) => {
    const cluster = group(3, [disk([], 1, vote)])
    cluster.receive(0, from, { kind: 'vote-request', term: 1, lastIndex: 0, lastTerm: 0 })
    cluster.saveAll(0)
    expect(cluster.network).toMatchObject([{ to: from, message: { kind: 'vote-response', granted } }])
  })

  it.each([1, 2])('a candidate that hears a leader of term %i, its own or a later one, follows', (term) => {
    const cluster = group(3)
    candidate(cluster)
    cluster.receive(0, 1, append(term, [0, 0], [], 0))
    expect(cluster.state(0)).toMatchObject({ role: 'follower', term, leader: 1 })
  })

  it.each(['follower', 'candidate'] as const)('how long a %s waits is drawn from the same wide range each time', (role) => {
    const cluster = group(3)
    if (role === 'candidate') candidate(cluster)
    const { state } = cluster.node(0)
    const effects: RaftEffect[] = raftMachine().step(state, { kind: 'timer', tag: 'election' })
    expect(effects.filter(({ kind }) => kind === 'timer')).toEqual([{ kind: 'timer', tag: 'election', between: defaultRaftOptions.electionTimeout }])
    const [shortest, longest] = defaultRaftOptions.electionTimeout
    expect(longest).toBeGreaterThanOrEqual(2 * shortest)
  })

  it.each(['followers', 'candidates'])('%s seldom run out of patience together: of five, the first is a millisecond ahead in most draws', () => {
    const random = new Stream(rootKey('patience'))
    const [shortest, longest] = defaultRaftOptions.electionTimeout
    let conflicts = 0
    for (let draw = 0; draw < 1_000; draw++) {
      const waits = Array.from({ length: 5 }, () => shortest + random.int(longest - shortest + 1)).sort((a, b) => a - b)
      if ((waits[1] as number) - (waits[0] as number) < ms(1)) conflicts++
    }
    expect(conflicts / 1_000).toBeLessThan(0.3)
  })
})

describe('5.3: replication', () => {
  it('a leader appends what it is asked for, and sends it to all with the place before it', () => {
    const cluster = settledLeader()
    cluster.propose(0)
    expect(cluster.state(0)).toMatchObject({ commit: 1 })
    expect(cluster.log(0)).toBe('1:1 2:1')
    expect(cluster.network).toMatchObject(
      [1, 2].map((to) => ({
        to,
        message: { kind: 'append-request', term: 1, previousIndex: 1, previousTerm: 1, commit: 1, entries: [{ index: 2, term: 1 }] },
      })),
    )
  })

  it('an entry that a majority holds is committed, applied, and told in the next message', () => {
    const cluster = settledLeader()
    cluster.propose(0)
    cluster.settle()
    expect(cluster.state(0)).toMatchObject({ commit: 2, applied: 2 })
    cluster.timer(0, 'heartbeat')
    for (const { message } of cluster.take(() => true)) expect(message).toMatchObject({ kind: 'heartbeat-request', commit: 2 })
  })

  it.each([
    { size: 1, acknowledged: [], committed: true },
    { size: 3, acknowledged: [], committed: false },
    { size: 3, acknowledged: [1], committed: true },
    { size: 3, acknowledged: [1, 2], committed: true },
    { size: 5, acknowledged: [], committed: false },
    { size: 5, acknowledged: [1], committed: false },
    { size: 5, acknowledged: [1, 2], committed: true },
    { size: 5, acknowledged: [1, 2, 3], committed: true },
    { size: 5, acknowledged: [1, 2, 3, 4], committed: true },
  ])('of $size, with the acknowledgements of $acknowledged: committed is $committed', ({ size, acknowledged, committed }) => {
    const cluster = settledLeader(size)
    cluster.propose(0)
    cluster.saveAll(0)
    for (const from of acknowledged) cluster.receive(0, from, holds(1, 2))
    expect(cluster.state(0).commit >= 2).toBe(committed)
  })

  it.each([[], [2], [1, 2], [1]].map((terms) => ({ terms })))('with an entry, all before it is committed: $terms', ({ terms }) => {
    const cluster = group(3, [disk(terms, 2)])
    leader(cluster)
    cluster.propose(0)
    cluster.saveAll(0)
    cluster.receive(0, 1, holds(3, terms.length + 2))
    expect(cluster.state(0).commit).toBe(terms.length + 2)
    expect(cluster.events(0, 'apply').flatMap(({ entries: applied }) => applied.map(({ index, term }) => `${index}:${term}`))).toEqual([
      ...terms.map((term, i) => `${i + 1}:${term}`),
      `${terms.length + 1}:3`,
      `${terms.length + 2}:3`,
    ])
  })

  it.each([
    { added: entries(1), commit: 1 },
    { added: entries(1, 1), commit: 2 },
    { added: entries(1, 1), commit: 1 },
  ])('a follower commits what the leader says is committed, and applies it in order: $commit', ({ added, commit }) => {
    const cluster = group(3)
    cluster.receive(0, 1, append(1, [0, 0], added, commit))
    cluster.saveAll(0)
    expect(cluster.state(0).commit).toBe(commit)
    expect(cluster.events(0, 'apply').flatMap(({ entries: applied }) => applied)).toEqual(added.slice(0, commit))
  })

  it.each([
    { previous: [0, 0], rejected: false },
    { previous: [1, 1], rejected: false },
    { previous: [2, 2], rejected: false },
    { previous: [1, 2], rejected: true },
    { previous: [3, 3], rejected: true },
  ] as const)('a follower with entries of terms 1 and 2 finds the place $previous: rejected is $rejected', ({ previous, rejected }) => {
    const cluster = group(3, [disk([1, 2])])
    cluster.receive(0, 1, append(2, previous, [], 0))
    cluster.saveAll(0)
    expect(cluster.network).toMatchObject([{ message: { kind: 'append-response', rejected } }])
  })

  it.each([
    { previous: [2, 2], added: [entry(3, 3)], log: '1:1 2:2 3:3', saved: [3] },
    { previous: [1, 1], added: [entry(2, 3), entry(3, 4)], log: '1:1 2:3 3:4', saved: [2, 3] },
    { previous: [0, 0], added: [entry(1, 1)], log: '1:1 2:2', saved: [] },
    { previous: [0, 0], added: [entry(1, 3)], log: '1:3', saved: [1] },
  ] as const)('a follower drops what conflicts and what follows it, and adds what is new: $log', ({ previous, added, log, saved }) => {
    const cluster = group(3, [disk([1, 2])])
    cluster.receive(0, 1, append(4, previous, added, 0))
    const written = cluster.node(0).saves.flatMap(({ change }) => (change.kind === 'entries' ? change.entries.map(({ index }) => index) : []))
    expect(written).toEqual(saved)
    cluster.saveAll(0)
    expect(cluster.log(0)).toBe(log)
  })

  // The paper's figure 7: what followers may hold when a leader of term 8 comes to power.
  it.each(
    [
      [1, 1, 1, 4, 4, 5, 5, 6, 6],
      [1, 1, 1, 4],
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
      [1, 1, 1, 4, 4, 4, 4],
      [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ].map((terms) => ({ terms })),
  )('a leader makes a log of $terms like its own', ({ terms }) => {
    const own = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]
    // The third member makes the majority where the second would not vote.
    const cluster = group(3, [disk(own, 7), disk(terms, 7), disk([], 7)])
    cluster.elect(0)
    cluster.beat(0)
    expect(cluster.log(1)).toBe(cluster.log(0))
    expect(cluster.log(0)).toBe([...own, 8].map((term, i) => `${i + 1}:${term}`).join(' '))
  })
})

describe('5.4: safety', () => {
  it.each([
    { terms: [1], term: 2 },
    { terms: [1, 2], term: 3 },
  ])('a request for votes says where the log ends: $terms', ({ terms, term }) => {
    const cluster = group(3, [disk(terms, term - 1)])
    cluster.timeOut(0)
    cluster.receive(0, 1, { kind: 'pre-vote-response', term, granted: true })
    cluster.saveAll(0)
    const request = { kind: 'vote-request', term, lastIndex: terms.length, lastTerm: terms[terms.length - 1] }
    expect(cluster.take(({ message }) => message.kind === 'vote-request')).toMatchObject([1, 2].map((to) => ({ to, message: request })))
  })

  it.each([
    { own: [1], lastTerm: 1, lastIndex: 1, granted: true },
    { own: [1], lastTerm: 1, lastIndex: 2, granted: true },
    { own: [1, 1], lastTerm: 1, lastIndex: 1, granted: false },
    { own: [1], lastTerm: 2, lastIndex: 1, granted: true },
    { own: [1], lastTerm: 2, lastIndex: 2, granted: true },
    { own: [1, 1], lastTerm: 2, lastIndex: 1, granted: true },
    { own: [2], lastTerm: 1, lastIndex: 1, granted: false },
    { own: [2], lastTerm: 1, lastIndex: 2, granted: false },
    { own: [2, 1], lastTerm: 1, lastIndex: 1, granted: false },
  ])('a voter with $own grants a log that ends at $lastIndex of term $lastTerm: $granted', ({ own, lastTerm, lastIndex, granted }) => {
    const cluster = group(3, [disk(own, 2)])
    cluster.receive(0, 1, { kind: 'vote-request', term: 3, lastIndex, lastTerm })
    cluster.saveAll(0)
    expect(cluster.network).toMatchObject([{ message: { kind: 'vote-response', granted } }])
  })

  it.each([
    { index: 1, commit: 0 },
    { index: 2, commit: 0 },
    { index: 3, commit: 3 },
  ])('a leader of term 3 counts only its own entries: with $index held by a majority of 1:1 2:2 3:3, $commit are committed', ({ index, commit }) => {
    const cluster = group(3, [disk([1, 2])])
    leader(cluster)
    cluster.receive(0, 1, holds(3, index))
    expect(cluster.state(0).commit).toBe(commit)
  })
})
