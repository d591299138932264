import { beforeEach, describe, expect, test } from 'vitest'
import { type Configuration, configurationOf, encodeConfiguration } from '../../../systems/raft/configuration.js'
import type { Entry } from '../../../systems/raft/messages.js'
import { quorumOf } from '../../../systems/raft/quorum.js'
import type { RaftState } from '../../../systems/raft/state.js'
import { entry, FakeGroup } from './fake-group.js'

type State = Pick<RaftState, 'role' | 'term' | 'votes' | 'commit' | 'log' | 'configuration' | 'configurations' | 'quorum'>

let group: FakeGroup

beforeEach(async () => {
  group = new FakeGroup()
  expect(await group.settled()).toBeUndefined()
})

const all = configurationOf([0, 1, 2])
/** On the way from three voters to two. */
const joint: Configuration = { ...configurationOf([0, 1]), outgoing: [0, 1, 2], leavesByItself: true }
const two = configurationOf([0, 1])
const one = configurationOf([0])

const change = (index: number, term: number, configuration: Configuration): Entry => ({
  index,
  term,
  kind: 'configuration',
  data: encodeConfiguration(configuration),
})

/** As the core does when an entry with a configuration is written. */
function write(state: State, index: number, term: number, configuration: Configuration): void {
  state.log.entries.push(change(index, term, configuration))
  state.configurations.push({ index, configuration })
}

/** As the core does when it learns that all up to `index` is committed. */
function commit(state: State, index: number, acting: Configuration): void {
  state.commit = index
  state.configuration = acting
  state.quorum = quorumOf(acting)
}

/** On the disks and in the logs of all. */
async function spread(index: number, term: number, configuration: Configuration): Promise<void> {
  for (const member of [1, 2, 0]) {
    await group.persist(member, { kind: 'entries', entries: [change(index, term, configuration)] })
    expect(group.step(member, (state) => write(state, index, term, configuration))).toBeUndefined()
  }
}

describe('ChangesFollow', () => {
  test('trips when a leader changes the configuration while the last change is not committed', async () => {
    await spread(4, 1, joint)
    expect(group.step(0, (state) => write(state, 5, 1, two))).toMatch(
      /^ChangesFollow: .*leader member-1 changed the configuration in entry 5, and the change in entry 4 is not committed/,
    )
  })
  test('trips when a leader changes the configuration before it has committed in its term', async () => {
    await group.persist(0, { kind: 'hard-state', hardState: { term: 2, vote: 0 } })
    const act = group.step(0, (state) => {
      state.term = 2
      state.votes = []
      state.log.entries.push(entry(4, 2))
      write(state, 5, 2, joint)
    })
    expect(act).toMatch(/^ChangesFollow: .*member-1 changed the configuration before it committed in its term 2/)
  })
  test('trips at a change of two voters in one step', async () => {
    await spread(4, 1, one)
    expect(group.step(0, (state) => commit(state, 4, one))).toMatch(/^ChangesFollow: .*whose majorities need not meet/)
  })
  test('allows one change after the other', async () => {
    await spread(4, 1, joint)
    expect(group.step(0, (state) => commit(state, 4, joint))).toBeUndefined()
    await spread(5, 1, two)
    expect(group.step(0, (state) => commit(state, 5, two))).toBeUndefined()
  })
})

describe('JointQuorum', () => {
  test.each([
    { acting: { ...joint, outgoing: [] }, what: 'forgets the half that it leaves' },
    { acting: all, what: 'goes on with the one before' },
  ])('trips when a member $what', async ({ acting }) => {
    await spread(4, 1, joint)
    expect(group.step(0, (state) => commit(state, 4, acting))).toMatch(/^JointQuorum: .*member-1 acts on .*, and by entry 4 .* is in force/)
  })
  /** Member 2 knows that the joint configuration is in force, and wins with these votes. */
  const wins = async (votes: (boolean | null)[]) => {
    await spread(4, 1, joint)
    expect(group.step(0, (state) => commit(state, 4, joint))).toBeUndefined()
    for (const [member, granted] of votes.entries()) {
      if (granted) await group.persist(member, { kind: 'hard-state', hardState: { term: 2, vote: 1 } })
    }
    for (const member of [0, 2]) {
      group.step(member, (state) => {
        state.role = 'follower'
        state.term = 2
      })
    }
    return group.step(1, (state) => {
      commit(state, 4, joint)
      state.role = 'leader'
      state.term = 2
      state.votes = votes
    })
  }
  test('trips when a leader has a majority of one half alone', async () => {
    expect(await wins([null, true, true])).toMatch(/^JointQuorum: .*member-2 leads term 2 without the votes of a majority/)
  })
  test('allows a leader with both majorities', async () => {
    expect(await wins([true, true, null])).toBeUndefined()
  })
})
