import { describe, expect, it } from 'vitest'
import type { Envelope } from '../../../sim/check/machine-node.js'
import type { AppendRequest, AppendResponse, Durable, Entry, RaftMessage } from '../../../systems/raft/messages.js'
import { emptyDurable } from '../../../systems/raft/persist.js'
import { CoreCluster } from './core-cluster.js'

function disk(terms: readonly number[], term = Math.max(0, ...terms)): Durable {
  return { ...emptyDurable, hardState: { term, vote: null }, entries: terms.map((of, i) => entry(i + 1, of)) }
}

function entry(index: number, term: number): Entry {
  return { index, term, kind: 'normal', data: Uint8Array.of(index, term) }
}

const isAppend = ({ message }: { message: RaftMessage }) => message.kind === 'append-request'

function append(fields: Partial<AppendRequest>): AppendRequest {
  return { kind: 'append-request', term: 3, previousIndex: 0, previousTerm: 0, entries: [], commit: 0, round: 0, trust: null, ...fields }
}

/** What node 0 of three, with this log, answers to one append request once all is durable. */
function answerOf(log: readonly number[], request: Partial<AppendRequest>): { log: string; commit: number; answer: Partial<AppendResponse> } {
  const cluster = new CoreCluster(3, {}, [disk(log)])
  cluster.receive(0, 1, append(request))
  cluster.saveAll(0)
  const [envelope] = cluster.take(({ message }) => message.kind === 'append-response') as [Envelope<RaftMessage>]
  const { rejected, index, hintIndex, hintTerm } = envelope.message as AppendResponse
  return { log: cluster.log(0), commit: cluster.state(0).commit, answer: rejected ? { rejected, index, hintIndex, hintTerm } : { rejected, index } }
}

describe('Raft replication, at a follower', () => {
  it.each([
    {
      why: 'appends after its last entry',
      log: [1, 1],
      request: { previousIndex: 2, previousTerm: 1, entries: [entry(3, 3)] },
      after: '1:1 2:1 3:3',
      answer: { rejected: false, index: 3 },
    },
    {
      why: 'refuses what begins beyond its end, and names its end',
      log: [1, 1],
      request: { previousIndex: 5, previousTerm: 2, entries: [entry(6, 3)] },
      after: '1:1 2:1',
      answer: { rejected: true, index: 5, hintIndex: 2, hintTerm: 1 },
    },
    {
      why: 'refuses a conflict, skipping the whole conflicting term',
      log: [1, 2, 2, 2],
      request: { previousIndex: 4, previousTerm: 1, entries: [] },
      after: '1:1 2:2 3:2 4:2',
      answer: { rejected: true, index: 4, hintIndex: 1, hintTerm: 1 },
    },
    {
      why: 'replaces a conflicting suffix',
      log: [1, 2, 2],
      request: { previousIndex: 1, previousTerm: 1, entries: [entry(2, 3)] },
      after: '1:1 2:3',
      answer: { rejected: false, index: 2 },
    },
    {
      why: 'keeps what follows entries that match',
      log: [1, 1, 1, 1],
      request: { previousIndex: 1, previousTerm: 1, entries: [entry(2, 1)] },
      after: '1:1 2:1 3:1 4:1',
      answer: { rejected: false, index: 2 },
    },
    {
      why: 'keeps its log when an empty request matches',
      log: [1, 1, 1],
      request: { previousIndex: 1, previousTerm: 1 },
      after: '1:1 2:1 3:1',
      answer: { rejected: false, index: 1 },
    },
    {
      why: 'takes only what is new of a request that overlaps',
      log: [1, 1],
      request: { previousIndex: 0, entries: [entry(1, 1), entry(2, 1), entry(3, 3)] },
      after: '1:1 2:1 3:3',
      answer: { rejected: false, index: 3 },
    },
  ])('$why', ({ log, request, after, answer }) => {
    expect(answerOf(log, request)).toMatchObject({ log: after, answer })
  })

  it('an acknowledgement waits for the save of its entries, and not for later ones', () => {
    const cluster = new CoreCluster(3, {}, [disk([1], 3)])
    cluster.receive(0, 1, append({ previousIndex: 1, previousTerm: 1, entries: [entry(2, 3)] }))
    cluster.receive(0, 1, append({ previousIndex: 2, previousTerm: 3, entries: [entry(3, 3)] }))
    cluster.receive(0, 1, append({ previousIndex: 1, previousTerm: 1 }))
    const answered = () => cluster.take(() => true).map(({ message }) => (message as AppendResponse).index)
    expect(answered()).toEqual([1])
    cluster.save(0)
    expect(answered()).toEqual([2])
    cluster.save(0)
    expect(answered()).toEqual([3])
  })

  it('an entry that was replaced before its save completed is not taken for durable', () => {
    const cluster = new CoreCluster(3, {}, [disk([1], 3)])
    cluster.receive(0, 1, append({ previousIndex: 1, previousTerm: 1, entries: [entry(2, 3), entry(3, 3)] }))
    cluster.receive(0, 2, append({ term: 4, previousIndex: 1, previousTerm: 1, entries: [entry(2, 4), entry(3, 4)] }))
    cluster.save(0)
    expect(cluster.state(0).log.durable).toBe(1)
    cluster.saveAll(0)
    expect(cluster.state(0).log.durable).toBe(3)
  })

  it('commits no entry beyond those the leader has verified, on append and on heartbeat', () => {
    const cluster = new CoreCluster(3, {}, [disk([1, 2, 2], 3)], false)
    cluster.receive(0, 1, append({ previousIndex: 0, entries: [entry(1, 1)], commit: 3 }))
    expect(cluster.state(0).commit).toBe(1)
    cluster.receive(0, 1, { kind: 'heartbeat-request', term: 3, commit: 3, round: 0 })
    expect(cluster.state(0).commit).toBe(1)
  })

  it('forgets what was verified with the term', () => {
    const cluster = new CoreCluster(3, {}, [disk([1, 1, 1], 3)])
    cluster.receive(0, 1, append({ previousIndex: 3, previousTerm: 1 }))
    cluster.receive(0, 2, { kind: 'heartbeat-request', term: 4, commit: 3, round: 0 })
    expect(cluster.state(0).commit).toBe(0)
  })
})

describe('Raft replication, at a leader', () => {
  it.each([1, 2, 3, 5])('proposals in a group of %i are applied by all, in order', (size) => {
    const cluster = new CoreCluster(size)
    cluster.elect(0)
    for (let i = 0; i < 20; i++) cluster.propose(0)
    cluster.settle()
    cluster.beat(0)
    for (const { id, state } of cluster.nodes) {
      expect(state.applied).toBe(21)
      expect(cluster.events(id, 'apply').flatMap(({ entries }) => entries.map(({ index }) => index))).toEqual(Array.from({ length: 21 }, (_, i) => i + 1))
    }
  })

  // The follower's log before; the leader's is 1 1 1 4 4 5 5 6 6 6, as in figure 7 of the Raft paper.
  it.each([
    { why: 'lacks one entry', log: [1, 1, 1, 4, 4, 5, 5, 6, 6] },
    { why: 'lacks many', log: [1, 1, 1, 4] },
    { why: 'has one more of the same term', log: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6] },
    { why: 'has two more of a later term', log: [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7] },
    { why: 'went another way in one term', log: [1, 1, 1, 4, 4, 4, 4] },
    { why: 'went another way long ago', log: [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3] },
    { why: 'is empty', log: [] },
  ])('a follower that $why ends with the same log', ({ log }) => {
    const leader = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6]
    const cluster = new CoreCluster(3, {}, [disk(leader, 7), disk(log, 7), disk(leader, 7)])
    cluster.elect(0)
    cluster.beat(0)
    expect(cluster.log(1)).toBe(cluster.log(0))
    expect(cluster.state(1).commit).toBe(11)
  })

  it('one refusal skips a whole conflicting term', () => {
    const cluster = new CoreCluster(3, {}, [
      disk(Array(50).fill(1).concat(Array(50).fill(4)), 5),
      disk(Array(50).fill(1).concat(Array(80).fill(2)), 5),
      disk([], 5),
    ])
    cluster.elect(0, { except: [1] })
    cluster.beat(0, { except: [] })
    let refusals = 0
    for (let i = 0; i < 20; i++) {
      const batch = cluster.take(() => true)
      for (const { from, to, message } of batch) {
        if (message.kind === 'append-response' && message.rejected && from === 1) refusals++
        cluster.receive(to, from, message)
      }
      for (const id of [0, 1, 2]) cluster.saveAll(id)
    }
    expect(refusals).toBeLessThanOrEqual(2)
    expect(cluster.log(1)).toBe(cluster.log(0))
  })

  it('an entry of an earlier term is committed only together with one of the own term (figure 8)', () => {
    const cluster = new CoreCluster(3, {}, [disk([1, 2], 2), disk([1], 2), disk([1], 2)])
    cluster.timer(0, 'election')
    cluster.deliver()
    cluster.deliver()
    cluster.saveAll(0)
    cluster.deliver(({ message }) => message.kind === 'vote-request')
    for (const id of [1, 2]) cluster.saveAll(id)
    cluster.deliver(({ message }) => message.kind === 'vote-response')
    cluster.saveAll(0)
    expect(cluster.state(0)).toMatchObject({ role: 'leader', term: 3, firstOwnIndex: 3 })
    const acknowledge = (index: number) =>
      cluster.receive(0, 1, {
        kind: 'append-response',
        term: 3,
        rejected: false,
        index,
        hintIndex: 0,
        hintTerm: 0,
        round: 0,
        incarnation: 1,
        suspect: false,
        lacks: 0,
      })
    acknowledge(2)
    expect(cluster.state(0).commit).toBe(0)
    cluster.settle()
    expect(cluster.state(0).commit).toBe(3)
  })

  it('the leader counts itself only when its own save is durable', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    cluster.propose(0)
    const [toOne] = cluster.take(isAppend)
    expect(toOne?.message).toMatchObject({ entries: [{ index: 2 }] })
    cluster.receive(1, 0, toOne?.message as RaftMessage)
    cluster.saveAll(1)
    const [answer] = cluster.take(({ message }) => message.kind === 'append-response')
    cluster.receive(0, 1, answer?.message as RaftMessage)
    expect(cluster.state(0).commit).toBe(1)
    cluster.saveAll(0)
    expect(cluster.state(0).commit).toBe(2)
  })

  it('two followers commit without the leader, which applies once its own disk has the entry', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    cluster.propose(0)
    cluster.deliver(isAppend)
    for (const id of [1, 2]) cluster.saveAll(id)
    cluster.deliver()
    expect([cluster.state(0).commit, cluster.state(0).applied]).toEqual([2, 1])
    cluster.saveAll(0)
    expect(cluster.state(0).applied).toBe(2)
  })

  it('requests are pipelined up to the limit in messages, and go on with each answer', () => {
    const cluster = new CoreCluster(2, { maxInflightMessages: 3, maxBatchBytes: 1 })
    cluster.elect(0)
    for (let i = 0; i < 8; i++) cluster.propose(0)
    const first = cluster.take(isAppend)
    expect(first.map(({ message }) => (message as AppendRequest).previousIndex)).toEqual([1, 2, 3])
    cluster.receive(1, 0, first[0]?.message as RaftMessage)
    cluster.saveAll(1)
    cluster.deliver()
    expect(cluster.take(isAppend)).toHaveLength(1)
  })

  it('requests are pipelined up to the limit in bytes', () => {
    const cluster = new CoreCluster(2, { maxInflightBytes: 250, maxBatchBytes: 100 })
    cluster.elect(0)
    for (let i = 0; i < 8; i++) cluster.propose(0, 84)
    expect(cluster.take(isAppend)).toHaveLength(3)
  })

  it('entries that waited leave in one batch up to its limit', () => {
    const cluster = new CoreCluster(2, { maxInflightMessages: 1, maxBatchBytes: 400 })
    cluster.elect(0)
    for (let i = 0; i < 12; i++) cluster.propose(0, 84)
    cluster.take(({ message }) => message.kind !== 'append-request')
    const [only] = cluster.take(isAppend)
    cluster.receive(1, 0, only?.message as RaftMessage)
    cluster.saveAll(1)
    cluster.deliver()
    expect(cluster.take(isAppend).map(({ message }) => (message as AppendRequest).entries.length)).toEqual([4])
  })

  it('what was lost is sent again after the next heartbeat', () => {
    const cluster = new CoreCluster(2)
    cluster.elect(0)
    for (let i = 0; i < 5; i++) cluster.propose(0)
    cluster.take(isAppend)
    cluster.beat(0)
    expect(cluster.state(1).log.entries).toHaveLength(6)
    expect(cluster.state(0).commit).toBe(6)
  })

  it('what was lost with a full pipeline is sent again too', () => {
    const cluster = new CoreCluster(2, { maxInflightMessages: 2, maxBatchBytes: 1 })
    cluster.elect(0)
    for (let i = 0; i < 5; i++) cluster.propose(0)
    cluster.take(isAppend)
    cluster.beat(0)
    expect(cluster.state(0).commit).toBe(6)
  })

  it('too much that is uncommitted is refused as busy, until some of it is committed', () => {
    const cluster = new CoreCluster(3, { maxUncommittedBytes: 250 })
    cluster.elect(0)
    for (let i = 0; i < 4; i++) cluster.propose(0, 84)
    expect(cluster.events(0, 'proposal-rejected').map(({ reason }) => reason)).toEqual(['busy', 'busy'])
    cluster.settle()
    cluster.propose(0, 84)
    expect(cluster.events(0, 'proposed')).toHaveLength(3)
  })

  it('a follower refuses proposals and names the leader', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    const id = cluster.propose(1)
    expect(cluster.events(1, 'proposal-rejected')).toEqual([{ kind: 'proposal-rejected', id, reason: 'not-leader', leader: 0 }])
  })

  it('a follower that restarts is probed again and catches up', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    cluster.crash(1)
    for (let i = 0; i < 5; i++) cluster.propose(0)
    cluster.settle()
    cluster.boot(1)
    cluster.beat(0)
    cluster.beat(0)
    expect(cluster.state(1).applied).toBe(6)
  })

  it('entries of a leader that was cut off are replaced by those of the next', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    for (let i = 0; i < 3; i++) cluster.propose(0)
    cluster.settle({ except: [1, 2] })
    cluster.elect(1, { except: [0] })
    cluster.propose(1)
    cluster.settle({ except: [0] })
    cluster.beat(1)
    cluster.beat(1)
    expect(cluster.log(0)).toBe('1:1 2:2 3:2')
    expect(cluster.state(0).commit).toBe(3)
  })
})

describe('Raft, a suspect member', () => {
  it('counts for no commit until it has caught up, and then counts again', () => {
    const cluster = new CoreCluster(3)
    cluster.elect(0)
    for (let i = 0; i < 3; i++) cluster.propose(0)
    cluster.settle()
    cluster.crash(1)
    cluster.crash(2)
    const { durable } = cluster.node(1)
    cluster.node(1).durable = { ...(durable as Durable), entries: (durable as Durable).entries.slice(0, -1), suspect: true }
    cluster.boot(1)
    cluster.propose(0)
    cluster.saveAll(0)
    cluster.beat(0)
    expect(cluster.events(1, 'trusted')).toHaveLength(1)
    expect(cluster.node(1).durable?.suspect).toBe(false)
    expect(cluster.state(0)).toMatchObject({ commit: 4, progress: [null, { matched: 5, suspect: true }, {}] })
    cluster.beat(0)
    expect(cluster.state(0)).toMatchObject({ commit: 5, progress: [null, { matched: 5, suspect: false }, {}] })
  })

  it('is not trusted by a leader that has committed nothing in its term', () => {
    const disks = [disk([1, 1], 1), { ...disk([1], 1), suspect: true }, disk([1, 1], 1)]
    const cluster = new CoreCluster(3, {}, disks)
    cluster.timer(0, 'election')
    cluster.deliver()
    cluster.deliver()
    cluster.saveAll(0)
    cluster.deliver(({ message }) => message.kind === 'vote-request')
    cluster.saveAll(2)
    cluster.deliver(({ message }) => message.kind === 'vote-response')
    expect(cluster.state(0).role).toBe('leader')
    cluster.crash(2)
    for (let i = 0; i < 4; i++) cluster.beat(0)
    expect(cluster.state(1)).toMatchObject({ suspect: true, log: { durable: 3 } })
    cluster.boot(2)
    for (let i = 0; i < 4; i++) cluster.beat(0)
    expect(cluster.state(1).suspect).toBe(false)
  })
})
