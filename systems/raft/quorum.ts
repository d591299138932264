import type { Configuration } from './configuration.js'
import type { MemberId } from './messages.js'

/** How a configuration decides, laid out for speed: `values` and `votes` below hold one item a member, in the order of `members`. */
export interface Quorum {
  /** Voters first, then those that only the outgoing configuration has, then learners. */
  readonly members: readonly MemberId[]
  /** So many of them, the first ones, are the voters. */
  readonly voters: number
  /** Places of the outgoing configuration's voters; empty when it is not joint. */
  readonly outgoing: readonly number[]
}

export function quorumOf({ voters, outgoing, learners }: Configuration): Quorum {
  const members = [...voters]
  for (const member of [...outgoing, ...learners]) if (!members.includes(member)) members.push(member)
  return { members, voters: voters.length, outgoing: outgoing.map((member) => members.indexOf(member)) }
}

export function majority(voters: number): number {
  return (voters >> 1) + 1
}

/** The largest value that a majority reaches: of the voters and, in a joint configuration, of the outgoing ones too. Without voters: infinite. */
export function quorumValue(quorum: Quorum, values: readonly number[]): number {
  const value = majorityValue(quorum.voters, values)
  if (quorum.outgoing.length === 0) return value
  return Math.min(value, majorityValue(quorum.outgoing.length, pick(values, quorum.outgoing)))
}

/** Of the first `voters` values. */
function majorityValue(voters: number, values: readonly number[]): number {
  const needed = majority(voters)
  if (voters === 0) return Number.POSITIVE_INFINITY
  let best = 0
  for (let i = 0; i < voters; i++) {
    const value = values[i] as number
    if (value <= best) continue
    let reached = 0
    for (let j = 0; j < voters; j++) if ((values[j] as number) >= value) reached++
    if (reached >= needed) best = value
  }
  return best
}

/** `undefined`: undecided. A vote is null while it is unknown. */
export function quorumVote(quorum: Quorum, votes: readonly (boolean | null)[]): boolean | undefined {
  const decided = majorityVote(quorum.voters, votes)
  if (quorum.outgoing.length === 0 || decided === false) return decided
  const outgoing = majorityVote(quorum.outgoing.length, pick(votes, quorum.outgoing))
  return outgoing === true ? decided : outgoing
}

function majorityVote(voters: number, votes: readonly (boolean | null)[]): boolean | undefined {
  const needed = majority(voters)
  let granted = 0
  let refused = 0
  for (let i = 0; i < voters; i++) {
    if (votes[i] === true) granted++
    else if (votes[i] === false) refused++
  }
  if (granted >= needed || voters === 0) return true
  return refused > voters - needed ? false : undefined
}

function pick<T>(items: readonly T[], places: readonly number[]): T[] {
  return places.map((place) => items[place] as T)
}

/**
 * The largest value that a quorum reaches and, where members have groups (data centres, say), members of two groups do: what is committed then survives the loss of
 * a whole group (tikv/raft-rs, "group commit"). `groups` holds one number a member, 0 for none. When all voters are of one group, groups do not matter; when some
 * have none, or all, only what every voter holds counts until members of two groups hold more.
 */
export function groupedQuorumValue(quorum: Quorum, values: readonly number[], groups: readonly number[]): number {
  const value = groupedValue(quorum.voters, values, groups)
  if (quorum.outgoing.length === 0) return value
  return Math.min(value, groupedValue(quorum.outgoing.length, pick(values, quorum.outgoing), pick(groups, quorum.outgoing)))
}

function groupedValue(voters: number, values: readonly number[], groups: readonly number[]): number {
  if (voters === 0) return Number.POSITIVE_INFINITY
  const places = Array.from({ length: voters }, (_, place) => place).sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
  const byMajority = values[places[majority(voters) - 1] as number] as number
  let first = groups[places[majority(voters) - 1] as number] as number
  let isOneGroup = true
  for (const place of places) {
    const group = groups[place] as number
    if (group === 0) isOneGroup = false
    else if (first === 0) first = group
    else if (group !== first) return Math.min(values[place] as number, byMajority)
  }
  return isOneGroup ? byMajority : (values[places[voters - 1] as number] as number)
}
