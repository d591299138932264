/**
 * Situations of etcd-io/raft's data-driven tests of configuration changes (confchange/testdata, Apache-2.0) as plain facts: 58 changes in nine groups, each
 * group beginning without members. `news` and member 0 are etcd's ways to say nothing of the configuration.
 */
export interface ChangeCase {
  readonly how: 'step' | 'enter' | 'enter, leaving by itself' | 'leave'
  /** `voter 2`, `learner 3`, `remove 1`, `news 1`. */
  readonly changes: string
  /** What is in force then, or why nothing changed. */
  readonly result: string | ChangedConfiguration
}

export interface ChangedConfiguration {
  readonly voters: readonly number[]
  readonly outgoing: readonly number[]
  readonly learners: readonly number[]
  readonly nextLearners: readonly number[]
  readonly leavesByItself: boolean
  /** Whom a leader keeps track of. */
  readonly members: readonly number[]
}

const configuration = (
  voters: readonly number[],
  members: readonly number[],
  { outgoing = [] as readonly number[], learners = [] as readonly number[], nextLearners = [] as readonly number[], leavesByItself = false } = {},
): ChangedConfiguration => ({ voters, outgoing, learners, nextLearners, leavesByItself, members })

export const changeCases: Readonly<Record<string, readonly ChangeCase[]>> = {
  'a joint configuration that is left by itself': [
    { how: 'step', changes: 'voter 1', result: configuration([1], [1]) },
    { how: 'enter, leaving by itself', changes: 'voter 2, voter 3', result: configuration([1, 2, 3], [1, 2, 3], { outgoing: [1], leavesByItself: true }) },
    { how: 'enter', changes: '', result: 'joint already' },
    { how: 'leave', changes: '', result: configuration([1, 2, 3], [1, 2, 3]) },
  ],
  'entering a joint configuration with changes that repeat or change nothing': [
    { how: 'step', changes: 'voter 1', result: configuration([1], [1]) },
    {
      how: 'enter',
      changes:
        'remove 1, remove 2, remove 9, voter 2, voter 3, voter 4, voter 2, voter 3, voter 4, learner 2, learner 2, remove 4, remove 4, learner 1, learner 1',
      result: configuration([3], [1, 2, 3], { outgoing: [1], learners: [2], nextLearners: [1] }),
    },
    { how: 'leave', changes: '', result: configuration([3], [1, 2, 3], { learners: [1, 2] }) },
  ],
  'a voter of the outgoing configuration becomes a learner when that is left': [
    { how: 'step', changes: 'voter 1', result: configuration([1], [1]) },
    { how: 'enter', changes: 'voter 2, learner 1', result: configuration([2], [1, 2], { outgoing: [1], nextLearners: [1] }) },
    { how: 'leave', changes: '', result: configuration([2], [1, 2], { learners: [1] }) },
  ],
  'what a joint configuration allows': [
    { how: 'leave', changes: '', result: 'not joint' },
    { how: 'enter', changes: '', result: 'no voters yet' },
    { how: 'enter', changes: 'voter 1', result: 'no voters yet' },
    { how: 'step', changes: 'voter 1', result: configuration([1], [1]) },
    { how: 'leave', changes: '', result: 'not joint' },
    { how: 'enter', changes: '', result: configuration([1], [1], { outgoing: [1] }) },
    { how: 'enter', changes: '', result: 'joint already' },
    { how: 'leave', changes: '', result: configuration([1], [1]) },
    { how: 'leave', changes: '', result: 'not joint' },
    { how: 'enter', changes: 'remove 1, voter 2, voter 3, learner 4', result: configuration([2, 3], [1, 2, 3, 4], { outgoing: [1], learners: [4] }) },
    { how: 'enter', changes: '', result: 'joint already' },
    { how: 'enter', changes: 'voter 12', result: 'joint already' },
    { how: 'step', changes: 'learner 15', result: 'leave the joint one first' },
    { how: 'leave', changes: '', result: configuration([2, 3], [2, 3, 4], { learners: [4] }) },
    { how: 'step', changes: 'learner 9', result: configuration([2, 3], [2, 3, 4, 9], { learners: [4, 9] }) },
  ],
  'changes that change nothing': [
    { how: 'step', changes: 'voter 1', result: configuration([1], [1]) },
    { how: 'step', changes: 'voter 1', result: configuration([1], [1]) },
    { how: 'step', changes: 'voter 2', result: configuration([1, 2], [1, 2]) },
    { how: 'step', changes: 'learner 1', result: configuration([2], [1, 2], { learners: [1] }) },
    { how: 'step', changes: 'learner 1', result: configuration([2], [1, 2], { learners: [1] }) },
    { how: 'step', changes: 'remove 1', result: configuration([2], [2]) },
    { how: 'step', changes: 'remove 1', result: configuration([2], [2]) },
    { how: 'step', changes: 'voter 3', result: configuration([2, 3], [2, 3]) },
    { how: 'step', changes: 'remove 3', result: configuration([2], [2]) },
    { how: 'step', changes: 'remove 3', result: configuration([2], [2]) },
    { how: 'step', changes: 'remove 4', result: configuration([2], [2]) },
  ],
  'voters to learners and back': [
    { how: 'step', changes: 'voter 1', result: configuration([1], [1]) },
    { how: 'step', changes: 'voter 2', result: configuration([1, 2], [1, 2]) },
    { how: 'step', changes: 'voter 3', result: configuration([1, 2, 3], [1, 2, 3]) },
    { how: 'step', changes: 'learner 1, voter 1', result: configuration([1, 2, 3], [1, 2, 3]) },
    { how: 'step', changes: 'learner 2', result: configuration([1, 3], [1, 2, 3], { learners: [2] }) },
    { how: 'step', changes: 'voter 2, learner 2', result: configuration([1, 3], [1, 2, 3], { learners: [2] }) },
    { how: 'step', changes: 'voter 2', result: configuration([1, 2, 3], [1, 2, 3]) },
  ],
  'what one step allows': [
    { how: 'step', changes: 'learner 1', result: 'nobody left' },
    { how: 'step', changes: 'voter 1', result: configuration([1], [1]) },
    { how: 'step', changes: 'voter 2, learner 3', result: configuration([1, 2], [1, 2, 3], { learners: [3] }) },
    { how: 'step', changes: 'remove 1, voter 5', result: 'too much at once' },
    { how: 'step', changes: 'remove 1, remove 2', result: 'nobody left' },
    { how: 'step', changes: 'voter 3, voter 4', result: 'too much at once' },
    { how: 'step', changes: 'learner 1, voter 5', result: 'too much at once' },
    { how: 'step', changes: 'learner 1, learner 2', result: 'nobody left' },
    { how: 'step', changes: 'learner 2, learner 3, learner 4, learner 5', result: configuration([1], [1, 2, 3, 4, 5], { learners: [2, 3, 4, 5] }) },
    { how: 'step', changes: 'remove 1', result: 'nobody left' },
    { how: 'step', changes: 'remove 2, remove 3, remove 4, remove 5', result: configuration([1], [1]) },
  ],
  'news of a member that change nothing': [
    { how: 'step', changes: 'voter 1', result: configuration([1], [1]) },
    { how: 'step', changes: 'voter 2, news 1', result: configuration([1, 2], [1, 2]) },
    { how: 'step', changes: 'news 1, news 2, news 3, news 1, news 2, news 3', result: configuration([1, 2], [1, 2]) },
  ],
  'changes of nobody': [{ how: 'step', changes: 'voter 1, remove 0, voter 0, learner 0', result: configuration([1], [1]) }],
}
