import { describe, expect, it } from 'vitest'
import { configurationOf, encodeConfiguration, type MemberChange, type MembershipChange } from '../../../systems/raft/configuration.js'
import type { Durable } from '../../../systems/raft/messages.js'
import type { RaftOptions } from '../../../systems/raft/options.js'
import { emptyDurable } from '../../../systems/raft/persist.js'
import { CoreCluster } from './core-cluster.js'

/** Members 0 to 2 vote, the others are no members yet; 0 leads. */
function led(size = 5, options: Partial<RaftOptions> = {}): CoreCluster {
  const cluster = new CoreCluster(size, options, [], true, configurationOf([0, 1, 2]))
  cluster.elect(0)
  return cluster
}

const of = (...changes: readonly (readonly [MemberChange['kind'], number])[]): MembershipChange => ({
  kind: 'change',
  changes: changes.map(([kind, member]) => ({ kind, member })),
  through: 'auto',
})

const untilTold = (change: MembershipChange): MembershipChange => (change.kind === 'change' ? { ...change, through: 'joint-until-told' } : change)

/** Everybody hears of the newest commit. */
function tell(cluster: CoreCluster, leader = 0): void {
  cluster.beat(leader)
  cluster.beat(leader)
}

describe('Raft membership', () => {
  it('a new voter is taught from the beginning, counts, and can lead', () => {
    const cluster = led()
    cluster.change(0, of(['voter', 3]))
    cluster.settle()
    tell(cluster)
    expect(cluster.state(3).configuration.voters).toEqual([0, 1, 2, 3])
    expect(cluster.log(3)).toBe(cluster.log(0))
    cluster.elect(3)
    expect(cluster.state(3)).toMatchObject({ role: 'leader', term: 2 })
  })

  it('a learner gets everything, counts for nothing, and does not campaign', () => {
    const cluster = led()
    cluster.change(0, of(['learner', 3]))
    cluster.settle()
    cluster.propose(0)
    cluster.settle({ except: [1, 2] })
    expect(cluster.log(3)).toBe('1:1 2:1 3:1')
    expect(cluster.state(0).commit).toBe(2)
    cluster.timeOut(3)
    expect(cluster.state(3).role).toBe('follower')
  })

  it('several voters change through a joint configuration, which is left by itself', () => {
    const cluster = led()
    cluster.change(0, of(['voter', 3], ['voter', 4], ['remove', 1]))
    cluster.settle()
    tell(cluster)
    expect(cluster.events(0, 'configuration').map(({ configuration: { voters, outgoing } }) => [voters, outgoing])).toEqual([
      [
        [0, 2, 3, 4],
        [0, 1, 2],
      ],
      [[0, 2, 3, 4], []],
    ])
    expect(cluster.state(4).configuration.voters).toEqual([0, 2, 3, 4])
  })

  it('while joint, nothing is committed without both majorities', () => {
    const cluster = led()
    cluster.change(0, untilTold(of(['voter', 3], ['voter', 4], ['remove', 1], ['remove', 2])))
    cluster.settle()
    tell(cluster)
    const { commit } = cluster.state(0)
    cluster.propose(0)
    cluster.settle({ except: [1, 2] })
    expect(cluster.state(0).commit).toBe(commit)
    cluster.beat(0, { except: [2, 4] })
    expect(cluster.state(0).commit).toBe(commit + 1)
    cluster.propose(0)
    cluster.settle({ except: [3, 4] })
    expect(cluster.state(0).commit).toBe(commit + 1)
  })

  it('a joint configuration that is left when told stays until then, over a change of leaders and a restart of all', () => {
    const cluster = led()
    cluster.change(0, untilTold(of(['voter', 3], ['voter', 4])))
    cluster.settle()
    tell(cluster)
    for (let id = 0; id < 5; id++) {
      cluster.crash(id)
      cluster.boot(id)
    }
    cluster.elect(1)
    cluster.beat(1)
    expect(cluster.state(1).configuration.outgoing).toEqual([0, 1, 2])
    cluster.change(1, { kind: 'leave' })
    cluster.settle()
    tell(cluster, 1)
    expect(cluster.nodes.map(({ state }) => [state.configuration.voters, state.configuration.outgoing])).toEqual(
      Array.from({ length: 5 }, () => [[0, 1, 2, 3, 4], []]),
    )
  })

  it('a new leader leaves a joint configuration that is left by itself', () => {
    const cluster = led()
    cluster.change(0, of(['voter', 3], ['voter', 4]))
    cluster.saveAll(0)
    for (let i = 0; i < 3; i++) {
      for (const { from, to, message } of cluster.take(() => true)) if (to < 3) cluster.receive(to, from, message)
      for (const id of [0, 1, 2]) cluster.saveAll(id)
    }
    expect(cluster.state(0).configuration.outgoing).toEqual([0, 1, 2])
    cluster.take(() => true)
    cluster.crash(0)
    cluster.elect(1)
    cluster.beat(1)
    expect(cluster.state(1).configuration).toEqual(configurationOf([0, 1, 2, 3, 4]))
  })

  it('a leader that is removed tells the others and steps down, and they elect another', () => {
    const cluster = led()
    cluster.change(0, of(['remove', 0]))
    cluster.settle()
    expect(cluster.state(0)).toMatchObject({ role: 'follower', leader: null })
    expect(cluster.state(1).configuration.voters).toEqual([1, 2])
    cluster.timeOut(0)
    expect(cluster.state(0).role).toBe('follower')
    cluster.elect(1, { except: [0] })
  })

  it('no change is taken before the leader has committed in its own term, nor before the last change is committed', () => {
    const cluster = new CoreCluster(5, {}, [], true, configurationOf([0, 1, 2]))
    cluster.timeOut(0)
    for (let i = 0; i < 6; i++) {
      cluster.saveAll(0)
      for (const { from, to, message } of cluster.take(({ message }) => message.kind.includes('vote'))) {
        cluster.receive(to, from, message)
        cluster.saveAll(to)
      }
    }
    expect(cluster.state(0)).toMatchObject({ role: 'leader', commit: 0 })
    const early = cluster.change(0, of(['voter', 3]))
    cluster.settle()
    cluster.change(0, of(['voter', 3]))
    const second = cluster.change(0, of(['voter', 4]))
    expect(cluster.events(0, 'proposal-rejected')).toMatchObject([
      { id: early, reason: 'pending' },
      { id: second, reason: 'pending' },
    ])
  })

  it.each([
    { change: { kind: 'leave' }, why: 'the configuration is not joint' },
    { change: of(['remove', 0], ['remove', 1], ['remove', 2]), why: 'no voter would be left' },
  ] as const)('a change that cannot be made is refused: $why', ({ change, why }) => {
    const cluster = led()
    const id = cluster.change(0, change)
    expect(cluster.events(0, 'proposal-rejected')).toEqual([{ kind: 'proposal-rejected', id, reason: 'invalid', leader: 0, why }])
  })

  it('of the changes in a log all but the last are committed: a member knows that when it starts', () => {
    const one = configurationOf([0, 1, 2, 3])
    const two = configurationOf([0, 1, 2, 3, 4])
    const change = (index: number, configuration: typeof one) => ({ index, term: 1, kind: 'configuration' as const, data: encodeConfiguration(configuration) })
    const disk: Durable = { ...emptyDurable, hardState: { term: 1, vote: null }, entries: [change(1, one), change(2, two)] }
    const cluster = new CoreCluster(5, {}, [disk], false, configurationOf([0, 1, 2]))
    expect(cluster.state(0)).toMatchObject({ configuration: one, commit: 1, nextChange: 2 })
  })

  it('a snapshot brings the configuration, and it is kept when the log is compacted', () => {
    const cluster = led()
    cluster.change(0, of(['voter', 3]))
    cluster.settle()
    for (let i = 0; i < 5; i++) cluster.propose(0)
    cluster.settle({ except: [2] })
    cluster.input(0, { kind: 'compact', index: cluster.state(0).applied })
    cluster.saveAll(0)
    cluster.change(0, of(['voter', 4]))
    cluster.settle({ except: [2] })
    for (let i = 0; i < 8; i++) cluster.beat(0)
    expect(cluster.state(2).configuration.voters).toEqual([0, 1, 2, 3, 4])
    cluster.crash(0)
    cluster.boot(0)
    expect(cluster.state(0).configuration.voters).toEqual([0, 1, 2, 3])
    expect(cluster.node(0).durable?.configuration?.voters).toEqual([0, 1, 2, 3])
  })

  it('a member that crashes between the snapshot and its log knows the configuration all the same', () => {
    const cluster = new CoreCluster(5, {}, [], false, configurationOf([0, 1, 2]))
    const snapshot = { index: 7, term: 2 }
    const configuration = configurationOf([0, 1, 2, 3])
    cluster.receive(3, 0, { kind: 'snapshot-chunk-request', term: 2, snapshot, offset: 0, total: 1, bytes: new Uint8Array(1), configuration })
    expect(cluster.events(3, 'install')).toEqual([])
    cluster.saveAll(3)
    expect(cluster.events(3, 'install')).toEqual([{ kind: 'install', snapshot }])
    const { durable } = cluster.node(3)
    cluster.crash(3)
    cluster.node(3).durable = { ...(durable as Durable), applied: snapshot }
    cluster.boot(3)
    expect(cluster.state(3)).toMatchObject({ configuration, log: { base: snapshot } })
  })
})

describe('Raft leadership transfer', () => {
  it('the target gets what it lacks, campaigns at once, and leads, though all hear a leader', () => {
    const cluster = led()
    cluster.propose(0)
    cluster.input(0, { kind: 'transfer', to: 2 })
    const refused = cluster.propose(0)
    expect(cluster.events(0, 'proposal-rejected')).toMatchObject([{ id: refused, reason: 'busy' }])
    cluster.settle()
    expect(cluster.nodes.slice(0, 3).map(({ state }) => [state.role, state.term])).toEqual([
      ['follower', 2],
      ['follower', 2],
      ['leader', 2],
    ])
  })

  it('is given up when it takes too long', () => {
    const cluster = led()
    cluster.input(0, { kind: 'transfer', to: 2 })
    cluster.settle({ except: [2] })
    cluster.timer(0, 'transfer')
    cluster.propose(0)
    expect(cluster.events(0, 'proposal-rejected')).toEqual([])
  })

  it('does not go to a learner or to who is no member', () => {
    const cluster = led()
    cluster.change(0, of(['learner', 3]))
    cluster.settle()
    for (const to of [3, 4, 0]) cluster.input(0, { kind: 'transfer', to })
    cluster.settle()
    expect(cluster.state(0)).toMatchObject({ role: 'leader', transfer: null })
  })
})

describe('Raft options', () => {
  it('of two candidates with equal logs a voter takes none of a lower priority than its own', () => {
    const cluster = new CoreCluster(3, { priority: 2 })
    cluster.receive(0, 1, { kind: 'vote-request', term: 1, lastIndex: 0, lastTerm: 0, priority: 1 })
    cluster.receive(0, 1, { kind: 'vote-request', term: 2, lastIndex: 1, lastTerm: 1 })
    cluster.receive(0, 2, { kind: 'vote-request', term: 3, lastIndex: 0, lastTerm: 0, priority: 2 })
    cluster.saveAll(0)
    expect(cluster.network.map(({ message }) => message.kind === 'vote-response' && message.granted)).toEqual([false, true, true])
  })

  it('with commit groups, an entry is committed when members of two groups hold it', () => {
    const cluster = new CoreCluster(5, { commitGroups: [1, 1, 1, 2, 2] })
    cluster.elect(0)
    const { commit } = cluster.state(0)
    cluster.propose(0)
    cluster.settle({ except: [3, 4] })
    expect(cluster.state(0).commit).toBe(commit)
    cluster.beat(0, { except: [4] })
    expect(cluster.state(0).commit).toBe(commit + 1)
  })

  it('a follower hands proposals on, once each, and hears where they are', () => {
    const cluster = new CoreCluster(3, { forwardsProposals: true })
    cluster.elect(0)
    cluster.beat(0)
    const id = cluster.propose(1)
    const [forwarded] = cluster.take(({ message }) => message.kind === 'forward-request')
    if (forwarded === undefined) throw new Error('nothing was handed on')
    cluster.receive(0, 1, forwarded.message)
    cluster.receive(0, 1, forwarded.message)
    cluster.settle()
    expect(cluster.log(0)).toBe('1:1 2:1')
    expect(cluster.events(1, 'proposed')).toEqual([{ kind: 'proposed', id, index: 2, term: 1 }])
  })

  it('entries are handed out a page at a time', () => {
    const cluster = new CoreCluster(3, { maxApplyBytes: 40 }, [], false)
    const entries = Array.from({ length: 5 }, (_, i) => ({ index: i + 1, term: 1, kind: 'normal' as const, data: new Uint8Array(4) }))
    cluster.receive(0, 1, { kind: 'append-request', term: 1, previousIndex: 0, previousTerm: 0, entries, commit: 5, round: 0, trust: null })
    cluster.saveAll(0)
    expect(cluster.state(0)).toMatchObject({ commit: 5, applied: 2, applying: true })
    cluster.settle()
    expect(cluster.events(0, 'apply').map(({ entries, hasMore }) => [entries.length, hasMore])).toEqual([
      [2, true],
      [2, true],
      [1, false],
    ])
  })

  it('a first voter whose disk is lost takes the group that has grown since for what it is, and not for a new one', () => {
    const cluster = new CoreCluster(3, {}, [], true, configurationOf([0]))
    cluster.elect(0)
    for (const member of [1, 2]) {
      cluster.change(0, { kind: 'change', changes: [{ kind: 'voter', member }], through: 'auto' })
      for (let i = 0; i < 4; i++) cluster.beat(0)
    }
    expect(cluster.state(1).configuration.voters).toEqual([0, 1, 2])
    cluster.crash(0)
    cluster.node(0).durable = { ...emptyDurable, suspect: true, wiped: true }
    cluster.boot(0)
    // Cut off for a while, and then not.
    for (let i = 0; i < 4; i++) {
      cluster.timeOut(0)
      cluster.saveAll(0)
      cluster.take(() => true)
    }
    expect(cluster.state(0)).toMatchObject({ role: 'follower', term: 0, suspect: true })
    cluster.timeOut(0)
    cluster.settle()
    expect(cluster.state(0)).toMatchObject({ role: 'follower', suspect: true })
    cluster.elect(1)
    for (let i = 0; i < 4; i++) cluster.beat(1)
    expect(cluster.state(0)).toMatchObject({ role: 'follower', suspect: false, leader: 1 })
  })
})
