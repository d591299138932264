import { beforeEach, describe, expect, test } from 'vitest'
import { type Configuration, configurationOf, encodeConfiguration } from '../../../systems/raft/configuration.js'
import type { Entry } from '../../../systems/raft/messages.js'
import { newProgress } from '../../../systems/raft/progress.js'
import { quorumOf } from '../../../systems/raft/quorum.js'
import { entries, entry, FakeGroup } from './fake-group.js'

let group: FakeGroup

beforeEach(async () => {
  group = new FakeGroup()
  expect(await group.settled()).toBeUndefined()
})

/** On the way from three voters to two. */
const leaving: Configuration = { ...configurationOf([1, 2]), outgoing: [0, 1, 2] }

const lead = (term: number) => (state: { role: string; term: number; votes: (boolean | null)[] }) => {
  state.role = 'leader'
  state.term = term
  state.votes = []
}

describe('ElectionSafety', () => {
  test('trips at a second leader of a term', async () => {
    expect(group.step(1, lead(1))).toMatch(/^ElectionSafety: .*member-1 and member-2 both lead term 1/)
  })
  test('allows a leader of another term', async () => {
    await group.persist(1, { kind: 'hard-state', hardState: { term: 2, vote: 1 } })
    expect(group.step(1, lead(2))).toBeUndefined()
  })
})

describe('TermMonotonic', () => {
  test('trips when a term falls in a life', () => {
    group.step(2, (state) => {
      state.term = 5
    })
    expect(group.step(2, (state) => (state.term = 4))).toMatch(/^TermMonotonic: .* fell from 5 to 4/)
  })
  test('trips when a new life begins before the term on its disk', () => {
    group.restart(2)
    expect(group.step(2)).toMatch(/^TermMonotonic: .*in term 0, its disk in 1/)
  })
  test('trips when the term on a disk falls', async () => {
    await group.persist(2, { kind: 'hard-state', hardState: { term: 0, vote: null } })
    expect(group.step(2)).toMatch(/^TermMonotonic: .*durable term of member-3 fell/)
  })
  test('trips when a leader leads a term that its disk does not know', () => {
    expect(group.step(1, lead(2))).toMatch(/^TermMonotonic: .*leads term 2, its disk says 1/)
  })
})

describe('TermMonotonic of followers', () => {
  const commitOfTwo = async () => {
    await group.persist(0, { kind: 'hard-state', hardState: { term: 2, vote: 0 } }, { kind: 'entries', entries: [entry(4, 2)] })
    await group.persist(1, { kind: 'entries', entries: [entry(4, 2)] })
    group.step(1, ({ log }) => log.entries.push(entry(4, 2)))
    return group.step(0, (state) => {
      lead(2)(state)
      state.log.entries.push(entry(4, 2))
      state.progress = [null, { ...newProgress(1, 5), matched: 4 }, newProgress(2, 5)]
      state.commit = 4
    })
  }
  test('trips when a follower acknowledged in a term that its disk does not know', async () => {
    expect(await commitOfTwo()).toMatch(/^TermMonotonic: .*member-2 acknowledged entry 4 to member-1 in term 2, and its disk says 1/)
  })
  test('allows followers that have the term on their disks', async () => {
    await group.persist(1, { kind: 'hard-state', hardState: { term: 2, vote: null } })
    group.step(1, (state) => {
      state.term = 2
    })
    expect(await commitOfTwo()).toBeUndefined()
  })
})

describe('VoteOnce', () => {
  test('trips when a durable vote changes within a term', async () => {
    await group.persist(2, { kind: 'hard-state', hardState: { term: 1, vote: 1 } })
    expect(group.step(2)).toMatch(/^VoteOnce: .*was for 0 and is for 1/)
  })
  test('trips when a leader won by a vote that the voter has not on its disk', async () => {
    await group.persist(1, { kind: 'hard-state', hardState: { term: 2, vote: 1 } })
    const wins = group.step(1, (state) => {
      lead(2)(state)
      state.votes = [null, true, true]
    })
    expect(wins).toMatch(/^VoteOnce: .*member-3 voted for member-2 in term 2, and its disk says member-1 in 1/)
  })
  test('allows a voter that has gone on to a later term', async () => {
    await group.persist(1, { kind: 'hard-state', hardState: { term: 2, vote: 1 } })
    await group.persist(2, { kind: 'hard-state', hardState: { term: 3, vote: null } })
    group.step(2, (state) => {
      state.term = 3
    })
    const wins = group.step(1, (state) => {
      lead(2)(state)
      state.votes = [null, true, true]
    })
    expect(wins).toBeUndefined()
  })
})

describe('LeaderAppendOnly', () => {
  test('trips when a leader shortens its log', () => {
    expect(group.step(0, ({ log }) => log.entries.pop())).toMatch(/^LeaderAppendOnly: .*fell from 3 to 2/)
  })
  test('trips when a leader replaces an entry', () => {
    expect(group.step(0, ({ log }) => log.entries.splice(2, 1, entry(3, 1)))).toMatch(/^LeaderAppendOnly: .*replaced its entry 3/)
  })
  test('allows a follower to replace what is not committed', () => {
    group.step(1, ({ log }) => log.entries.push(entry(4, 1)))
    expect(group.step(1, ({ log }) => log.entries.splice(3, 1, entry(4, 2)))).toBeUndefined()
  })
})

describe('LogMatching', () => {
  test('trips at two different entries of one index and term', () => {
    expect(group.step(1, ({ log }) => log.entries.push(entry(4, 1, 'this')))).toBeUndefined()
    expect(group.step(2, ({ log }) => log.entries.push(entry(4, 1, 'that')))).toMatch(/^LogMatching: .*two different entries 4 of term 1/)
  })
  test('trips at equal entries that follow different ones', () => {
    group.step(1, ({ log }) => log.entries.push(entry(4, 1), entry(5, 2)))
    expect(group.step(2, ({ log }) => log.entries.push(entry(4, 2), entry(5, 2)))).toMatch(/^LogMatching: .*follows one of term 1 and one of term 2/)
  })
})

describe('LeaderCompleteness', () => {
  test('trips at a new leader that lacks a committed entry', async () => {
    await group.persist(1, { kind: 'hard-state', hardState: { term: 2, vote: 1 } })
    const wins = group.step(1, (state, node) => {
      lead(2)(state)
      state.log.entries.pop()
      state.commit = 2
      node.applied = 2
    })
    expect(wins).toMatch(/^LeaderCompleteness: .*lacks entry 3 of term 1/)
  })
  test('allows an old leader that wakes late', () => {
    group.step(0, (state) => {
      state.role = 'follower'
    })
    expect(group.step(0, lead(1))).toBeUndefined()
  })
})

describe('CommitMonotonic', () => {
  test('trips when a commit index falls', () => {
    expect(group.step(1, (state) => (state.commit = 2))).toMatch(/^CommitMonotonic: .*fell from 3 to 2/)
  })
  test('trips when more is committed than there is', () => {
    expect(group.step(1, (state) => (state.commit = 4))).toMatch(/^CommitMonotonic: .*4 entries of a log of 3/)
  })
  test('trips when more is applied than is committed', () => {
    const act = group.step(1, ({ log }, node) => {
      log.entries.push(entry(4, 1))
      node.applied = 4
    })
    expect(act).toMatch(/^CommitMonotonic: .*applied 4 entries, and 3 are committed/)
  })
})

describe('CommitDurable', () => {
  test('trips at a commit that only one disk holds', async () => {
    await group.persist(0, { kind: 'entries', entries: [entry(4, 1)] })
    const commit = group.step(0, (state) => {
      state.log.entries.push(entry(4, 1))
      state.commit = 4
    })
    expect(commit).toMatch(/^CommitDurable: .*entry 4 of term 1 for committed, and 1 of 3 disks hold it/)
  })
  test('allows a commit that a majority of the disks hold, though its leader has it in memory only', async () => {
    await group.persist(1, { kind: 'entries', entries: [entry(4, 1)] })
    await group.persist(2, { kind: 'entries', entries: [entry(4, 1)] })
    for (const member of [1, 2]) expect(group.step(member, ({ log }) => log.entries.push(entry(4, 1)))).toBeUndefined()
    const commit = group.step(0, (state) => {
      state.log.entries.push(entry(4, 1))
      state.commit = 4
    })
    expect(commit).toBeUndefined()
  })
  test('trips when what was committed is cut from a disk that its majority needs', async () => {
    await group.persist(2, { kind: 'entries', entries: [entry(3, 2)] })
    expect(group.step(2)).toBeUndefined()
    await group.persist(1, { kind: 'entries', entries: [entry(3, 2)] })
    expect(group.step(1)).toMatch(
      /^CommitDurable: .*takes entry 3 of term 1 for committed; member-2 has removed it from its disk, and 1 of 3 disks hold it now/,
    )
  })
  test('allows a leader to commit a change, and what follows it, by those who decided before it, though another leader had committed the change', async () => {
    const change = { index: 4, term: 1, kind: 'configuration', data: encodeConfiguration(leaving) } as const
    for (const member of [1, 2]) await group.persist(member, { kind: 'entries', entries: [change] })
    const noted = ({ log, configurations }: { log: { entries: Entry[] }; configurations: unknown[] }) => {
      log.entries.push(change)
      configurations.push({ index: 4, configuration: leaving })
    }
    group.step(2)
    expect(group.step(1, noted)).toBeUndefined()
    // The leader of term 1 steps aside; its follower knows before the next leader does that the change is committed.
    const follows = group.step(2, (state) => {
      noted(state)
      state.commit = 4
      state.configuration = leaving
      state.quorum = quorumOf(leaving)
    })
    expect(follows).toBeUndefined()
    for (const member of [0, 1]) {
      await group.persist(
        member,
        { kind: 'hard-state', hardState: { term: 2, vote: 1 } },
        { kind: 'entries', entries: member === 0 ? [change, entry(5, 2)] : [entry(5, 2)] },
      )
    }
    group.step(0, (state) => {
      state.term = 2
      state.role = 'follower'
    })
    const wins = group.step(1, (state) => {
      lead(2)(state)
      state.votes = [true, true, null]
      state.log.entries.push(entry(5, 2))
    })
    expect(wins).toBeUndefined()
    const commits = group.step(1, (state) => {
      state.commit = 5
      state.configuration = leaving
      state.quorum = quorumOf(leaving)
    })
    expect(commits).toBeUndefined()
  })
  /** Entry 4 is on the disks of the leader and of one follower, which a power loss damages: it forgets the last of what it acknowledged. */
  const damagedFollower = async (acknowledged: number) => {
    await group.persist(0, { kind: 'entries', entries: [entry(4, 1), entry(5, 1)] })
    group.step(0, ({ log }) => log.entries.push(entry(4, 1), entry(5, 1)))
    for (let index = 4; index <= acknowledged; index++) {
      await group.persist(2, { kind: 'entries', entries: [entry(index, 1)] })
      group.step(2, ({ log }) => log.entries.push(entry(index, 1)))
    }
    await group.damage(2)
    return group.step(2, (state) => {
      state.term = 1
      state.vote = 0
      state.suspect = true
    })
  }
  const commit = (index: number) =>
    group.step(0, (state) => {
      state.commit = index
    })
  test('counts a suspect for what it held before it was damaged: the leader may have heard of it then', async () => {
    expect(await damagedFollower(4)).toBeUndefined()
    expect(commit(4)).toBeUndefined()
  })
  test('trips at a commit that counts what a suspect acknowledged before, and one entry more', async () => {
    expect(await damagedFollower(4)).toBeUndefined()
    expect(commit(5)).toMatch(/^CommitDurable: .*entry 5 of term 1 for committed, and 1 of 3 disks hold it/)
  })
  test('trips at a commit that counts what a suspect wrote since', async () => {
    expect(await damagedFollower(4)).toBeUndefined()
    await group.persist(2, { kind: 'entries', entries: [entry(4, 1), entry(5, 1)] })
    expect(group.step(2, ({ log }) => log.entries.push(...entries(1, 5, 1)))).toBeUndefined()
    expect(commit(5)).toMatch(/^CommitDurable: .*entry 5 of term 1 for committed, and 1 of 3 disks hold it/)
  })
  test('counts what a suspect wrote once it is trusted again', async () => {
    expect(await damagedFollower(4)).toBeUndefined()
    await group.persist(2, { kind: 'entries', entries: [entry(4, 1), entry(5, 1)] }, { kind: 'trusted' })
    expect(group.step(2, ({ log }) => log.entries.push(...entries(1, 5, 1)))).toBeUndefined()
    expect(commit(5)).toBeUndefined()
  })
  test('allows a disk to drop what a snapshot covers', async () => {
    for (const member of [1, 2]) {
      group.states[member] = { index: 3, term: 1 }
      await group.persist(member, { kind: 'compacted', base: { index: 3, term: 1 }, configuration: null })
      expect(group.step(member)).toBeUndefined()
    }
  })
})

describe('TruncateOnConflict', () => {
  test('trips when a follower removes entries that nothing conflicts with', () => {
    group.step(1, ({ log }) => log.entries.push(...entries(4, 6, 1)))
    expect(group.step(1, ({ log }) => log.entries.splice(4))).toMatch(/^TruncateOnConflict: .*member-2 removed its entries from 5 on, .* term 1 as before/)
  })
  test('trips when a follower writes an entry again that it has, and loses what follows', () => {
    group.step(1, ({ log }) => log.entries.push(...entries(4, 6, 1)))
    expect(group.step(1, ({ log }) => log.entries.splice(4, 2, entry(5, 1)))).toMatch(/^TruncateOnConflict: .*member-2 removed its entries from 5 on/)
  })
  test('allows a follower to remove what conflicts, and all that follows it', () => {
    group.step(1, ({ log }) => log.entries.push(...entries(4, 6, 1)))
    expect(group.step(1, ({ log }) => log.entries.splice(4, 2, entry(5, 2)))).toBeUndefined()
  })
  test('allows a snapshot to take the place of a log', () => {
    group.step(1, ({ log }) => log.entries.push(...entries(4, 6, 1)))
    const install = group.step(1, ({ log }, node) => {
      node.flushed = { index: 3, term: 1 }
      log.base = { index: 3, term: 1 }
      log.entries.length = 0
    })
    expect(install).toBeUndefined()
  })
})

describe('StateMachineSafety', () => {
  test('trips when a member applies another entry than was committed', () => {
    group.restart(1)
    const act = group.step(1, (state, node) => {
      state.term = 1
      state.log.entries.push(...entries(1, 2, 1), entry(3, 2))
      state.commit = 3
      node.applied = 3
    })
    expect(act).toMatch(/^StateMachineSafety: .*applied entry 3 of term 2, and the committed one is of term 1/)
  })
  test('trips when equal entries led to different states', () => {
    group.restart(1)
    const act = group.step(1, (state, node, process) => {
      state.term = 1
      state.log.entries.push(...entries(1, 3, 1))
      state.commit = 3
      node.applied = 3
      process.digest = 34
    })
    expect(act).toMatch(/^StateMachineSafety: .*after entry 3 differs/)
  })
})

describe('SnapshotCoversCommitted', () => {
  test.each([
    ['behind', { index: 1, term: 1 }, /the state on its disk holds 1/],
    ['damaged', null, /the snapshot on its disk is damaged/],
  ] as const)('trips when the log begins after an entry and the durable state is %s', async (_, state, message) => {
    group.states[2] = state
    await group.persist(2, { kind: 'compacted', base: { index: 2, term: 1 }, configuration: null })
    const act = group.step(2)
    expect(act).toMatch(/^SnapshotCoversCommitted: /)
    expect(act).toMatch(message)
  })
  test('trips when the log begins after an entry that is not committed', async () => {
    group.states[2] = { index: 9, term: 1 }
    await group.persist(2, { kind: 'restored', base: { index: 9, term: 1 }, configuration: null })
    expect(group.step(2)).toMatch(/^SnapshotCoversCommitted: .*begins after entry 9 of term 1, and the committed one is of term none/)
  })
  test('allows a compacted log over a durable state', async () => {
    group.states[2] = { index: 3, term: 1 }
    await group.persist(2, { kind: 'compacted', base: { index: 2, term: 1 }, configuration: null })
    expect(group.step(2)).toBeUndefined()
  })
})

describe('ReadNotStale', () => {
  test.each([
    [2, /^ReadNotStale: .*after entry 2, and 3 entries were committed when it was asked/],
    [3, undefined],
  ])('judges a read that was answered after entry %i', (applied, verdict) => {
    group.restart(1)
    const begin = group.step(1, (state, node) => {
      state.term = 1
      state.log.entries.push(...entries(1, 3, 1))
      state.commit = applied
      node.applied = applied
      if (applied === 3) group.process(1).digest = 33
      node.reads.ask(
        1,
        () => {},
        () => {},
      )
    })
    expect(begin).toBeUndefined()
    const answered = group.step(1, (_state, node) => node.reads.confirmed(1, applied, applied, false))
    if (verdict === undefined) expect(answered).toBeUndefined()
    else expect(answered).toMatch(verdict)
  })
  test('allows a read that was asked before the commit', () => {
    group.step(1, (_state, node) =>
      node.reads.ask(
        1,
        () => {},
        () => {},
      ),
    )
    expect(group.step(1, (_state, node) => node.reads.confirmed(1, 3, 3, false))).toBeUndefined()
  })
})

describe('SuspectAbstains', () => {
  const recovered = (state: { term: number; vote: number | null }) => {
    state.term = 1
    state.vote = 0
  }
  test('trips when a member with a damaged last record takes itself for trusted', async () => {
    await group.damage(2)
    expect(group.step(2, recovered)).toMatch(/^SuspectAbstains: .*member-3 takes itself for trusted/)
  })
  test('trips when it campaigns', async () => {
    await group.damage(2)
    const act = group.step(2, (state) => {
      recovered(state)
      state.suspect = true
      state.role = 'candidate'
    })
    expect(act).toMatch(/^SuspectAbstains: .*member-3 became candidate/)
  })
  /** A leader that heard the suspect in a life. */
  const leader = (incarnation: number, suspect: boolean) =>
    group.step(0, (state) => {
      state.progress = [null, newProgress(1, 4), { ...newProgress(2, 4), incarnation, suspect }]
      state.log.entries.push(entry(4, 1))
    })
  test('trips when a leader that heard it since takes it for trusted', async () => {
    await group.damage(2)
    group.step(2, (state) => {
      recovered(state)
      state.suspect = true
    })
    expect(leader(2, false)).toMatch(/^SuspectAbstains: .*leader member-1 takes member-3 for trusted/)
  })
  test.each([
    { incarnation: 2, suspect: true, what: 'knows it for suspect' },
    { incarnation: 1, suspect: false, what: 'has not heard it since' },
  ])('allows a leader that $what', async ({ incarnation, suspect }) => {
    await group.damage(2)
    group.step(2, (state) => {
      recovered(state)
      state.suspect = true
    })
    expect(leader(incarnation, suspect)).toBeUndefined()
  })
  test('allows it once its disk says that it is trusted', async () => {
    await group.damage(2)
    await group.persist(2, { kind: 'trusted' })
    expect(group.step(2, recovered)).toBeUndefined()
  })
})
