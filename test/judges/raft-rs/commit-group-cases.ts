/**
 * What tikv/raft-rs (Apache-2.0) says of commits by groups, as plain facts: 14 situations of its test of a leader, 14 of its data-driven tests of joint quorums.
 * Members are listed once each: the voters, then those that only the outgoing configuration has.
 */
export interface CommitGroupCase {
  readonly voters: readonly number[]
  /** Empty: not joint. */
  readonly outgoing: readonly number[]
  /** Up to where each member holds the log. */
  readonly holds: readonly number[]
  /** Of each member; 0: of none. */
  readonly groups: readonly number[]
  readonly committed: number
}

const voting = (holds: readonly number[], groups: readonly number[], committed: number): CommitGroupCase => ({
  voters: holds.map((_, place) => place + 1),
  outgoing: [],
  holds,
  groups,
  committed,
})

export const leaderCases: readonly CommitGroupCase[] = [
  voting([1], [0], 1),
  voting([1], [1], 1),
  voting([2, 2, 1], [1, 2, 1], 2),
  voting([2, 2, 1], [1, 1, 2], 1),
  voting([2, 2, 1], [1, 0, 1], 1),
  voting([2, 2, 1], [0, 0, 0], 1),
  voting([4, 2, 1, 3], [0, 0, 0, 0], 1),
  voting([4, 2, 1, 3], [1, 0, 0, 0], 1),
  voting([4, 2, 1, 3], [0, 1, 0, 2], 2),
  voting([4, 2, 1, 3], [0, 2, 1, 0], 1),
  voting([4, 2, 1, 3], [1, 1, 1, 1], 2),
  voting([4, 2, 1, 3], [1, 1, 2, 1], 1),
  voting([4, 2, 1, 3], [1, 2, 1, 1], 2),
  voting([4, 2, 1, 3], [4, 3, 2, 1], 2),
]

export const jointCases: readonly CommitGroupCase[] = [
  voting([100, 101, 99], [1, 1, 1], 100),
  voting([100, 101, 99], [1, 1, 2], 99),
  voting([100, 101, 99], [2, 1, 1], 100),
  voting([100, 101, 99], [0, 1, 1], 99),
  voting([100, 101, 99], [0, 1, 2], 99),
  voting([100, 101, 99, 102, 98], [0, 0, 0, 0, 1], 98),
  voting([99, 100, 101, 102, 103], [1, 1, 1, 1, 2], 101),
  { voters: [1, 2, 3, 4], outgoing: [3, 4, 5, 6], holds: [101, 99, 100, 102, 103, 1], groups: [1, 0, 1, 1, 0, 2], committed: 1 },
  { voters: [1, 2, 3], outgoing: [4, 5, 6], holds: [99, 100, 101, 99, 100, 101], groups: [1, 1, 2, 1, 2, 1], committed: 100 },
  { voters: [1, 2, 3], outgoing: [4, 5, 6], holds: [99, 100, 101, 99, 100, 101], groups: [1, 1, 2, 1, 1, 0], committed: 99 },
  { voters: [1, 2, 3, 4, 5], outgoing: [2, 3, 4, 5, 6], holds: [1, 100, 101, 102, 103, 2], groups: [1, 0, 1, 1, 1, 1], committed: 1 },
  { voters: [1, 2, 3, 4, 5], outgoing: [2, 3, 4, 5, 6], holds: [3, 100, 101, 102, 103, 2], groups: [0, 1, 1, 1, 1, 1], committed: 3 },
  { voters: [1, 2, 3, 4, 5], outgoing: [2, 3, 4, 5, 6], holds: [3, 100, 101, 102, 103, 2], groups: [0, 1, 1, 1, 3, 1], committed: 101 },
  { voters: [1, 2, 3, 4, 5], outgoing: [2, 3, 4, 5, 6], holds: [3, 100, 101, 102, 103, 2], groups: [0, 1, 1, 1, 1, 3], committed: 2 },
]
