import { Misuse } from '../../sim/host/errors.js'
import type { MemberId } from './messages.js'

/**
 * Who decides, and who else is taught. `outgoing` is empty except in a joint configuration (Raft paper, 6): there every decision needs a majority of `voters`, the
 * configuration to come, and one of `outgoing`, the one to leave. All lists are ascending.
 */
export interface Configuration {
  readonly voters: readonly MemberId[]
  readonly outgoing: readonly MemberId[]
  /** They get everything, and count for nothing. */
  readonly learners: readonly MemberId[]
  /** Voters of `outgoing` that become learners when the joint configuration is left. */
  readonly nextLearners: readonly MemberId[]
  /** Whoever leads leaves the joint configuration as soon as it is committed, without being told. */
  readonly leavesByItself: boolean
}

export interface MemberChange {
  readonly kind: 'voter' | 'learner' | 'remove'
  readonly member: MemberId
}

/** What an operator may ask a leader for. */
export type MembershipChange =
  /**
   * `auto`: in one step when no more than one change is asked for, else through a joint configuration that is left by itself, though it were two learners;
   * `joint`: through one that is left by itself; `joint-until-told`: through one that is left by `leave`. What changes nothing (to remove who is no member, to add
   * who is one, no change at all) makes a configuration that says what the last one did, an entry like any other.
   */
  { readonly kind: 'change'; readonly changes: readonly MemberChange[]; readonly through: 'auto' | 'joint' | 'joint-until-told' } | { readonly kind: 'leave' }

/** Why a change cannot be made of a configuration; in words. */
export class InvalidChange {
  constructor(readonly why: string) {}
}

export function configurationOf(voters: readonly MemberId[], learners: readonly MemberId[] = []): Configuration {
  return { voters: sorted(voters), outgoing: [], learners: sorted(learners), nextLearners: [], leavesByItself: false }
}

export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0
}

/** Votes and may campaign. */
export function isVoter({ voters, outgoing }: Configuration, member: MemberId): boolean {
  return voters.includes(member) || outgoing.includes(member)
}

/** The configuration that follows, or why there is none. */
export function changed(configuration: Configuration, change: MembershipChange): Configuration | InvalidChange {
  if (change.kind === 'leave') return leaveJoint(configuration)
  if (change.through === 'auto' && change.changes.length <= 1) return changeSimply(configuration, change.changes)
  return enterJoint(configuration, change.changes, change.through !== 'joint-until-told')
}

/** One step: at most one voter more or less, so that old and new majorities meet (dissertation 4.1). */
export function changeSimply(configuration: Configuration, changes: readonly MemberChange[]): Configuration | InvalidChange {
  if (isJoint(configuration)) return new InvalidChange('a joint configuration has to be left first')
  const next = applied(configuration, changes)
  if (next instanceof InvalidChange) return next
  if (difference(configuration.voters, next.voters) > 1) return new InvalidChange('more than one voter changes: that takes a joint configuration')
  return next
}

/** Any number of changes at once (Raft paper, 6). */
export function enterJoint(configuration: Configuration, changes: readonly MemberChange[], leavesByItself: boolean): Configuration | InvalidChange {
  if (isJoint(configuration)) return new InvalidChange('the configuration is joint already')
  if (configuration.voters.length === 0) return new InvalidChange('a configuration without voters cannot become joint')
  const next = applied({ ...configuration, outgoing: configuration.voters }, changes)
  return next instanceof InvalidChange ? next : { ...next, leavesByItself }
}

export function leaveJoint(configuration: Configuration): Configuration | InvalidChange {
  if (!isJoint(configuration)) return new InvalidChange('the configuration is not joint')
  const { voters, learners, nextLearners } = configuration
  return { voters, outgoing: [], learners: sorted([...learners, ...nextLearners]), nextLearners: [], leavesByItself: false }
}

/** May the one follow the other in a log? Every majority of the one meets every majority of the other, by the rules above. */
export function mayFollow(before: Configuration, after: Configuration): boolean {
  if (isJoint(before)) return !isJoint(after) && difference(before.voters, after.voters) === 0
  if (isJoint(after)) return difference(before.voters, after.outgoing) === 0
  return difference(before.voters, after.voters) <= 1
}

function applied(configuration: Configuration, changes: readonly MemberChange[]): Configuration | InvalidChange {
  const voters = new Set(configuration.voters)
  const learners = new Set(configuration.learners)
  const nextLearners = new Set(configuration.nextLearners)
  const { outgoing } = configuration
  for (const { kind, member } of changes) {
    if (!Number.isInteger(member) || member < 0 || member > 0xffff)
      return new InvalidChange(`a member is named by an integer from 0 to 65,535, not by ${member}`)
    const isKnown = voters.has(member) || learners.has(member) || nextLearners.has(member) || outgoing.includes(member)
    if (kind === 'remove' && !isKnown) continue
    if (kind === 'learner' && learners.has(member)) continue
    voters.delete(member)
    learners.delete(member)
    nextLearners.delete(member)
    if (kind === 'voter') voters.add(member)
    else if (kind === 'learner') (outgoing.includes(member) ? nextLearners : learners).add(member)
  }
  if (voters.size === 0) return new InvalidChange('no voter would be left')
  return { ...configuration, voters: sorted([...voters]), learners: sorted([...learners]), nextLearners: sorted([...nextLearners]) }
}

function difference(one: readonly MemberId[], other: readonly MemberId[]): number {
  return one.filter((member) => !other.includes(member)).length + other.filter((member) => !one.includes(member)).length
}

function sorted(members: readonly MemberId[]): MemberId[] {
  return [...new Set(members)].sort((a, b) => a - b)
}

/** As the data of a log entry: one byte of flags, then the four lists, each a count and its members, 16 bits each, little-endian. */
export function encodeConfiguration({ voters, outgoing, learners, nextLearners, leavesByItself }: Configuration): Uint8Array {
  const lists = [voters, outgoing, learners, nextLearners]
  const bytes = new Uint8Array(1 + 2 * lists.reduce((count, list) => count + 1 + list.length, 0))
  const view = new DataView(bytes.buffer)
  bytes[0] = leavesByItself ? 1 : 0
  let at = 1
  for (const list of lists) {
    for (const value of [list.length, ...list]) {
      if (value > 0xffff) throw new Misuse(`a member is named by a number below 65,536, not by ${value}`)
      view.setUint16(at, value, true)
      at += 2
    }
  }
  return bytes
}

/** What `encodeConfiguration` gave. */
export function decodeConfiguration(bytes: Uint8Array): Configuration {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 1
  const list = (): MemberId[] => {
    const count = view.getUint16(at, true)
    at += 2
    const members: MemberId[] = []
    for (let i = 0; i < count; i++, at += 2) members.push(view.getUint16(at, true))
    return members
  }
  return { voters: list(), outgoing: list(), learners: list(), nextLearners: list(), leavesByItself: bytes[0] === 1 }
}
