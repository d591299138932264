import { describe, expect, it } from 'vitest'
import { configurationOf } from '../../../systems/raft/configuration.js'
import { emptyDurable } from '../../../systems/raft/persist.js'
import { CoreCluster } from './core-cluster.js'

/** A leader of three, all of whose log is everywhere, that rests after two idle heartbeats. */
function led(): CoreCluster {
  const cluster = new CoreCluster(3, { restAfterHeartbeats: 2 })
  cluster.elect(0)
  return cluster
}

/** Heartbeats until the leader says no more. */
function atRest(): CoreCluster {
  const cluster = led()
  for (let i = 0; i < 3; i++) cluster.beat(0)
  return cluster
}

const resting = (cluster: CoreCluster) => cluster.nodes.map(({ state }) => state.isResting)

describe('a Raft group that has nothing to do', () => {
  it('rests after some heartbeats, and then nobody keeps a timer', () => {
    const cluster = led()
    cluster.beat(0)
    cluster.beat(0)
    expect(resting(cluster)).toEqual([false, false, false])
    cluster.beat(0)
    expect(resting(cluster)).toEqual([true, true, true])
    expect(cluster.nodes.map(({ timers }) => timers)).toEqual([[], [], []])
    expect(cluster.network).toEqual([])
    expect(cluster.events(1, 'resting')).toEqual([{ kind: 'resting', isResting: true }])
  })

  it('never rests by default, nor with lease reads', () => {
    for (const options of [{}, { restAfterHeartbeats: 1, leaseReadsDriftPpm: 100 }]) {
      const cluster = new CoreCluster(3, options)
      cluster.elect(0)
      for (let i = 0; i < 20; i++) cluster.beat(0)
      expect(resting(cluster)).toEqual([false, false, false])
    }
  })

  it('does not rest while a follower lacks an entry', () => {
    const cluster = led()
    cluster.crash(2)
    cluster.propose(0)
    for (let i = 0; i < 5; i++) {
      cluster.timer(0, 'heartbeat')
      cluster.settle({ except: [2] })
    }
    expect(resting(cluster).slice(0, 2)).toEqual([false, false])
  })

  it('counts anew after every proposal', () => {
    const cluster = led()
    for (let i = 0; i < 6; i++) {
      cluster.beat(0)
      cluster.propose(0)
      cluster.timer(0, 'heartbeat')
      cluster.settle()
    }
    expect(resting(cluster)).toEqual([false, false, false])
  })

  it('is woken by a proposal, which is committed and brings all timers back', () => {
    const cluster = atRest()
    const before = cluster.state(2).commit
    cluster.propose(0)
    cluster.settle()
    cluster.beat(0)
    expect(resting(cluster)).toEqual([false, false, false])
    expect(cluster.state(2).commit).toBe(before + 1)
    expect(cluster.node(0).timers.sort()).toEqual(['check-quorum', 'heartbeat'])
    expect(cluster.node(1).timers).toEqual(['lease'])
  })

  it('hears what woke its leader once: a proposal without heartbeats beside it, a read by one round of them', () => {
    for (const ask of [(cluster: CoreCluster) => cluster.propose(0), (cluster: CoreCluster) => cluster.read(0)]) {
      const cluster = atRest()
      ask(cluster)
      expect(cluster.network.map(({ to }) => to)).toEqual([1, 2])
    }
  })

  it('is woken by a read, which is answered', () => {
    const cluster = atRest()
    const id = cluster.read(0)
    cluster.settle()
    expect(cluster.events(0, 'read-ready').map((event) => event.id)).toEqual([id])
    expect(resting(cluster)).toEqual([false, false, false])
  })

  it('a follower that missed the last heartbeat asks for votes, is refused, and wakes the group', () => {
    const cluster = led()
    cluster.beat(0)
    cluster.beat(0)
    cluster.timer(0, 'heartbeat')
    cluster.take(({ to }) => to === 2)
    cluster.settle()
    expect(resting(cluster)).toEqual([true, true, false])
    const { term } = cluster.state(0)
    cluster.timeOut(2)
    cluster.settle()
    expect(cluster.nodes.map(({ state }) => [state.term, state.leader, state.isResting])).toEqual([
      [term, 0, false],
      [term, 0, false],
      [term, 0, false],
    ])
  })

  it('a follower told that its leader is not heard takes up its patience, and another is elected', () => {
    const cluster = atRest()
    cluster.crash(0)
    cluster.input(1, { kind: 'wake' })
    cluster.input(2, { kind: 'wake' })
    expect(cluster.node(1).timers).toEqual(['lease'])
    // The other still refuses: it takes the leader for alive until its own patience is over.
    cluster.timer(2, 'lease')
    cluster.timeOut(1)
    cluster.settle({ except: [0] })
    expect(cluster.state(1).role).toBe('leader')
  })

  it('a leader that was cut off at rest answers no read: it finds out when it is asked', () => {
    const cluster = atRest()
    cluster.crash(1)
    cluster.crash(2)
    const id = cluster.read(0)
    cluster.timer(0, 'check-quorum')
    cluster.timer(0, 'check-quorum')
    expect(cluster.state(0).role).toBe('follower')
    expect(cluster.events(0, 'read-ready')).toEqual([])
    expect(cluster.events(0, 'read-rejected').map((event) => event.id)).toEqual([id])
  })

  it('late answers to heartbeats do not wake a leader', () => {
    const cluster = led()
    cluster.beat(0)
    cluster.timer(0, 'heartbeat')
    cluster.deliver(({ message }) => message.kind === 'heartbeat-request')
    const late = cluster.take(({ message }) => message.kind === 'heartbeat-response')
    expect(late.length).toBe(2)
    cluster.timer(0, 'heartbeat')
    cluster.settle()
    expect(cluster.state(0).isResting).toBe(true)
    for (const { from, to, message } of late) cluster.receive(to, from, message)
    expect(cluster.state(0).isResting).toBe(true)
  })

  it('a member that was removed and did not hear of it wakes nobody, however often it asks, and hears that there is a leader', () => {
    const cluster = new CoreCluster(3, { restAfterHeartbeats: 2 })
    cluster.elect(0)
    cluster.beat(0)
    cluster.change(0, { kind: 'change', changes: [{ kind: 'remove', member: 2 }], through: 'auto' })
    for (let i = 0; i < 5 && !cluster.state(0).isResting; i++) {
      cluster.timer(0, 'heartbeat')
      cluster.settle({ except: [2] })
    }
    expect(cluster.state(2).configuration.voters).toEqual([0, 1, 2])
    for (let i = 0; i < 3; i++) {
      cluster.timeOut(2)
      const asked = cluster.take(() => true)
      expect(asked.map(({ to, message }) => [to, message.kind])).toEqual([
        [0, 'pre-vote-request'],
        [1, 'pre-vote-request'],
      ])
      for (const { to, message } of asked) cluster.receive(to, 2, message)
      expect(cluster.network.map(({ from, to, message }) => [from, to, message.kind])).toEqual([[0, 2, 'heartbeat-request']])
      cluster.settle()
      expect(cluster.state(2)).toMatchObject({ role: 'follower', leader: 0 })
      expect(resting(cluster).slice(0, 2)).toEqual([true, true])
    }
    // One of a later term hears nothing: its answer would end this leader's term.
    cluster.receive(0, 2, { kind: 'vote-request', term: 5, lastIndex: 9, lastTerm: 4 })
    expect(cluster.network).toEqual([])
    expect(resting(cluster).slice(0, 2)).toEqual([true, true])
  })

  it('whose leader resigned, unheard by the others, is led again once it asks for votes', () => {
    const cluster = atRest()
    cluster.input(0, { kind: 'resign' })
    expect(cluster.take(() => true).map(({ message }) => message.kind)).toEqual(['heartbeat-request', 'heartbeat-request'])
    expect(resting(cluster)).toEqual([false, true, true])
    cluster.timeOut(0)
    cluster.settle()
    expect(resting(cluster)).toEqual([false, false, false])
    // They refused, since they had heard a leader; not for ever.
    cluster.timer(1, 'lease')
    cluster.timer(2, 'lease')
    cluster.timeOut(0)
    cluster.settle()
    expect(cluster.state(0)).toMatchObject({ role: 'leader', term: 2 })
  })

  it('whose leader is gone is led again once one of its followers asks the others', () => {
    const cluster = atRest()
    cluster.crash(0)
    cluster.input(1, { kind: 'wake' })
    cluster.timeOut(1)
    cluster.settle({ except: [0] })
    expect(cluster.node(2).timers).toEqual(['lease'])
    cluster.timer(2, 'lease')
    cluster.timeOut(1)
    cluster.settle({ except: [0] })
    expect(cluster.state(1).role).toBe('leader')
  })

  it('is woken by a learner that missed the last heartbeat, and by a member that came back suspect', () => {
    const withLearner = new CoreCluster(3, { restAfterHeartbeats: 2 }, [], true, configurationOf([0, 1], [2]))
    withLearner.elect(0)
    withLearner.beat(0)
    withLearner.beat(0)
    withLearner.timer(0, 'heartbeat')
    withLearner.take(({ to }) => to === 2)
    withLearner.settle()
    withLearner.timeOut(2)
    withLearner.settle()
    expect(resting(withLearner)).toEqual([false, false, false])

    const cluster = atRest()
    cluster.crash(2)
    cluster.node(2).durable = { ...(cluster.node(2).durable ?? emptyDurable), suspect: true }
    cluster.boot(2)
    cluster.timeOut(2)
    for (let i = 0; i < 4; i++) {
      cluster.settle()
      cluster.timer(0, 'heartbeat')
    }
    expect(cluster.state(2).suspect).toBe(false)
  })

  it('whose follower is told to take over before it hears that the group is awake has a leader that can rest', () => {
    const cluster = atRest()
    cluster.input(0, { kind: 'transfer', to: 1 })
    cluster.take(({ message }) => message.kind === 'heartbeat-request')
    cluster.deliver()
    expect(cluster.state(1)).toMatchObject({ role: 'candidate', isResting: false })
    cluster.settle()
    for (let i = 0; i < 5 && !cluster.state(1).isResting; i++) cluster.beat(1)
    expect(resting(cluster)).toEqual([true, true, true])
    expect(cluster.events(1, 'resting').map(({ isResting }) => isResting)).toEqual([true, false, true])
  })

  it('a member that comes back while the others rest is taken in', () => {
    const cluster = atRest()
    cluster.crash(1)
    cluster.boot(1)
    cluster.timeOut(1)
    cluster.settle()
    cluster.beat(0)
    expect(cluster.nodes.map(({ state }) => state.leader)).toEqual([0, 0, 0])
    for (let i = 0; i < 4 && !cluster.state(0).isResting; i++) cluster.beat(0)
    expect(resting(cluster)).toEqual([true, true, true])
  })

  /** Member 2 was added after the founding, as its disk says no more. Its group rests. */
  function lostLatecomer(): CoreCluster {
    const cluster = new CoreCluster(3, { restAfterHeartbeats: 2 }, [], true, configurationOf([0, 1]))
    cluster.elect(0)
    cluster.change(0, { kind: 'change', changes: [{ kind: 'voter', member: 2 }], through: 'auto' })
    cluster.settle()
    for (let i = 0; i < 10 && !cluster.state(0).isResting; i++) cluster.beat(0)
    expect(resting(cluster)).toEqual([true, true, true])
    cluster.crash(2)
    cluster.node(2).durable = { ...emptyDurable, incarnation: 1, suspect: true, wiped: true }
    cluster.boot(2)
    return cluster
  }

  it('is woken by a member that was added later and has forgotten that', () => {
    const cluster = lostLatecomer()
    for (let i = 0; i < 10 && cluster.state(0).isResting; i++) {
      cluster.timeOut(2)
      cluster.settle()
    }
    expect(cluster.state(0).isResting).toBe(false)
    expect(cluster.log(2)).toBe(cluster.log(0))
  })

  it('is woken by it again when it rested since, because no answer of it arrived', () => {
    const cluster = lostLatecomer()
    cluster.timeOut(2)
    cluster.deliver(({ from }) => from === 2)
    cluster.deliver(({ to }) => to === 2)
    cluster.saveAll(2)
    for (let i = 0; i < 10 && !cluster.state(0).isResting; i++) {
      cluster.take(({ from }) => from === 2)
      cluster.timer(0, 'heartbeat')
      cluster.settle({ except: [2] })
    }
    expect(cluster.state(0).isResting).toBe(true)
    expect(cluster.state(2)).toMatchObject({ term: 1, suspect: true, isResting: false })
    cluster.timeOut(2)
    cluster.settle()
    expect(cluster.state(0).isResting).toBe(false)
    expect(cluster.log(2)).toBe(cluster.log(0))
  })

  it('is left alone by a suspect that is no member, which calls all the same', () => {
    const blank = { ...emptyDurable, incarnation: 1, suspect: true, wiped: true }
    const cluster = new CoreCluster(3, { restAfterHeartbeats: 2 }, [null, null, blank], true, configurationOf([0, 1]))
    cluster.elect(0)
    for (let i = 0; i < 3; i++) cluster.beat(0)
    cluster.timeOut(2)
    expect(cluster.network.filter(({ from }) => from === 2).map(({ to }) => to)).toEqual([0, 1])
    cluster.settle()
    expect(resting(cluster)).toEqual([true, true, false])
  })
})
