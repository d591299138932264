import { describe, expect, it } from 'vitest'
import type { Envelope } from '../../../sim/check/machine-node.js'
import { configurationOf, type MemberChange, type MembershipChange } from '../../../systems/raft/configuration.js'
import type { ForwardRequest, RaftMessage } from '../../../systems/raft/messages.js'
import type { RaftOptions } from '../../../systems/raft/options.js'
import { CoreCluster } from './core-cluster.js'

/** 0 leads three, whose followers hand proposals on. */
function led(options: Partial<RaftOptions> = {}): CoreCluster {
  const cluster = new CoreCluster(3, { forwardsProposals: true, ...options }, [], true, configurationOf([0, 1, 2]))
  cluster.elect(0)
  cluster.beat(0)
  return cluster
}

/** What is unanswered is said again. */
function remind(cluster: CoreCluster, member = 1): void {
  cluster.timer(member, 'reminder')
  cluster.timer(member, 'reminder')
  if (member === 1) cluster.settle()
}

const isRequest = ({ message }: Envelope<RaftMessage>) => message.kind === 'forward-request'
const isResponse = ({ message }: Envelope<RaftMessage>) => message.kind === 'forward-response'
const change = (kind: MemberChange['kind'], member: number): MembershipChange => ({ kind: 'change', changes: [{ kind, member }], through: 'auto' })

describe('a proposal that a follower hands on', () => {
  it('is said again when it was lost, until it is answered', () => {
    const cluster = led()
    const id = cluster.propose(1)
    expect(cluster.take(isRequest).length).toBe(1)
    remind(cluster)
    cluster.beat(0)
    expect(cluster.events(1, 'proposed')).toEqual([{ kind: 'proposed', id, index: 2, term: 1 }])
    expect(cluster.log(1)).toBe('1:1 2:1')
    cluster.beat(0)
    expect(cluster.state(1).handedOn).toEqual([])
    expect(cluster.state(0).forwarded.map(({ answers }) => answers.size)).toEqual([1])
  })

  it('is not said again before it was unanswered for a whole election timeout', () => {
    const cluster = led()
    cluster.propose(1)
    cluster.timer(1, 'reminder')
    expect(cluster.take(isRequest).length).toBe(1)
    cluster.timer(1, 'reminder')
    expect(cluster.take(isRequest).length).toBe(1)
  })

  it('is not said again for heartbeats, however many the reads of others bring', () => {
    const cluster = led()
    for (let i = 0; i < 100; i++) cluster.propose(2, 10)
    cluster.take(isRequest)
    for (let i = 0; i < 20; i++) {
      cluster.read(0)
      cluster.deliver(({ to, message }) => to !== 0 && message.kind === 'heartbeat-request')
      cluster.deliver(({ from }) => from === 1)
    }
    expect(cluster.take(isRequest)).toEqual([])
  })

  it('is said again with others no faster than a batch at a time, the oldest first', () => {
    const cluster = led({ maxBatchBytes: 1_000 })
    const ids = Array.from({ length: 100 }, () => cluster.propose(2, 100))
    cluster.take(isRequest)
    remind(cluster, 2)
    const again = cluster.take(isRequest).map(({ message }) => (message as ForwardRequest).id)
    expect(again.length).toBeLessThan(11)
    expect(again).toEqual(ids.slice(0, again.length))
  })

  it('leaves no reminder behind once all are answered', () => {
    const cluster = led()
    cluster.propose(1)
    cluster.settle()
    expect(() => cluster.timer(1, 'reminder')).toThrow()
  })

  it('is answered again when its answer was lost, and is not appended again', () => {
    const cluster = led()
    const id = cluster.propose(1)
    cluster.deliver(isRequest)
    expect(cluster.take(isResponse).length).toBe(1)
    remind(cluster)
    expect(cluster.log(0)).toBe('1:1 2:1')
    expect(cluster.events(1, 'proposed')).toEqual([{ kind: 'proposed', id, index: 2, term: 1 }])
  })

  it('is taken though one that was handed on later came first', () => {
    const cluster = led()
    const ids = [cluster.propose(1), cluster.propose(1)]
    const [first, second] = cluster.take(isRequest).map(({ message }) => message) as [RaftMessage, RaftMessage]
    for (const message of [second, first, second, first]) cluster.receive(0, 1, message)
    cluster.settle()
    expect(cluster.log(0)).toBe('1:1 2:1 3:1')
    expect(cluster.events(1, 'proposed').map(({ id, index }) => [id, index])).toEqual([
      [ids[1], 2],
      [ids[0], 3],
    ])
  })

  it('that comes once more after it was answered is not appended again, and the leader remembers only what may be asked for', () => {
    const cluster = led()
    cluster.propose(1)
    const [late] = cluster.take(isRequest)
    cluster.receive(0, 1, late?.message as RaftMessage)
    cluster.settle()
    for (let i = 0; i < 20; i++) {
      cluster.propose(1)
      cluster.settle()
    }
    cluster.receive(0, 1, late?.message as RaftMessage)
    expect(cluster.state(0).log.entries.length).toBe(22)
    expect(cluster.state(0).forwarded.map(({ answers }) => answers.size)).toEqual([1])
  })

  it('and was refused stays so when it comes again', () => {
    const cluster = led({ maxUncommittedBytes: 30 })
    cluster.propose(0)
    const id = cluster.propose(1, 20)
    const [request] = cluster.take(isRequest)
    cluster.receive(0, 1, request?.message as RaftMessage)
    cluster.settle()
    cluster.receive(0, 1, request?.message as RaftMessage)
    cluster.settle()
    expect(cluster.log(0)).toBe('1:1 2:1')
    expect(cluster.events(1, 'proposal-rejected')).toMatchObject([{ id, reason: 'busy' }])
  })

  it('is lost, as far as its member knows, when its leader is not heard any more', () => {
    const cluster = led()
    const id = cluster.propose(1)
    cluster.take(isRequest)
    cluster.timeOut(1)
    expect(cluster.events(1, 'proposal-lost')).toEqual([{ kind: 'proposal-lost', id, term: 1 }])
  })

  it('is lost when a learner, which does not campaign, hears its leader no more', () => {
    const cluster = new CoreCluster(3, { forwardsProposals: true }, [], true, configurationOf([0, 1], [2]))
    cluster.elect(0)
    cluster.beat(0)
    const id = cluster.propose(2)
    cluster.take(isRequest)
    cluster.timeOut(2)
    expect(cluster.state(2).leader).toBe(null)
    expect(cluster.events(2, 'proposal-lost')).toEqual([{ kind: 'proposal-lost', id, term: 1 }])
  })

  it('is lost when another leads, and is not handed on to that one', () => {
    const cluster = led()
    const id = cluster.propose(1)
    cluster.deliver(isRequest)
    cluster.take(() => true)
    cluster.crash(0)
    cluster.timer(1, 'lease')
    cluster.elect(2, { except: [0] })
    cluster.beat(2, { except: [0] })
    cluster.beat(2, { except: [0] })
    expect(cluster.events(1, 'proposal-lost')).toEqual([{ kind: 'proposal-lost', id, term: 1 }])
    expect(cluster.log(2)).toBe('1:1 2:2')
  })

  it('wakes a follower that rests, so that it is lost when nobody answers', () => {
    const cluster = led({ restAfterHeartbeats: 1 })
    for (let i = 0; i < 3 && !cluster.state(0).isResting; i++) cluster.beat(0)
    expect(cluster.state(1).isResting).toBe(true)
    const id = cluster.propose(1)
    cluster.take(isRequest)
    cluster.timeOut(1)
    expect(cluster.events(1, 'proposal-lost')).toEqual([{ kind: 'proposal-lost', id, term: 1 }])
  })

  it('keeps its follower awake while it is unanswered', () => {
    const cluster = led({ restAfterHeartbeats: 2 })
    cluster.beat(0)
    cluster.propose(1)
    cluster.take(isRequest)
    cluster.timer(0, 'heartbeat')
    cluster.deliver()
    expect(cluster.state(0).isResting).toBe(true)
    expect(cluster.state(1).isResting).toBe(false)
  })

  it('is refused when too many are unanswered', () => {
    const cluster = led({ maxForwardedProposals: 2 })
    const ids = [cluster.propose(1), cluster.propose(1), cluster.propose(1)]
    expect(cluster.events(1, 'proposal-rejected')).toMatchObject([{ id: ids[2], reason: 'busy' }])
    const [, second] = cluster.take(isRequest)
    cluster.receive(0, 1, second?.message as RaftMessage)
    cluster.deliver(isResponse)
    // What the leader has to remember begins with the oldest that is unanswered.
    expect(cluster.state(1).handedOn.length).toBe(2)
  })

  it('is refused when too many bytes are unanswered, but for one alone', () => {
    const cluster = led({ maxForwardedBytes: 100 })
    const whole = cluster.propose(1, 500)
    const second = cluster.propose(1)
    expect(cluster.events(1, 'proposal-rejected')).toMatchObject([{ id: second, reason: 'busy' }])
    cluster.settle()
    expect(cluster.events(1, 'proposed')).toMatchObject([{ id: whole }])
    expect(cluster.state(1).handedOnBytes).toBe(0)

    const ids = [40, 20, 20].map((length) => cluster.propose(1, length))
    expect(cluster.events(1, 'proposal-rejected').at(-1)).toMatchObject({ id: ids[2], reason: 'busy' })
    expect(cluster.state(1).handedOn.length).toBe(2)
    cluster.take(isRequest)
    cluster.crash(0)
    cluster.timer(1, 'lease')
    cluster.elect(2, { except: [0] })
    expect(cluster.events(1, 'proposal-lost').map(({ id }) => id)).toEqual(ids.slice(0, 2))
    expect(cluster.state(1).handedOnBytes).toBe(0)
  })

  it('is appended once, though its member is removed and comes back in one term', () => {
    const cluster = led()
    cluster.propose(1)
    const [request] = cluster.take(isRequest)
    cluster.receive(0, 1, request?.message as RaftMessage)
    cluster.settle()
    for (const kind of ['remove', 'voter'] as const) {
      cluster.change(0, change(kind, 1))
      cluster.settle()
      for (let i = 0; i < 3; i++) cluster.beat(0)
    }
    expect(cluster.state(0)).toMatchObject({ term: 1, configuration: { voters: [0, 1, 2] } })
    const before = cluster.log(0)
    cluster.receive(0, 1, request?.message as RaftMessage)
    expect(cluster.log(0)).toBe(before)
  })

  it('is refused when its member has been removed and does not know it', () => {
    const cluster = led()
    cluster.change(0, change('remove', 1))
    cluster.settle({ except: [1] })
    cluster.beat(0, { except: [1] })
    const id = cluster.propose(1)
    cluster.settle()
    expect(cluster.events(1, 'proposal-rejected')).toMatchObject([{ id, reason: 'not-leader', leader: 0 }])
  })
})
