import {
  type Configuration,
  changed,
  decodeConfiguration,
  encodeConfiguration,
  InvalidChange,
  isJoint,
  isVoter,
  leaveJoint,
  type MembershipChange,
} from './configuration.js'
import { broadcastHeartbeat, sendHeartbeat } from './heartbeat.js'
import { lastIndex } from './log.js'
import type { Entry, MemberId } from './messages.js'
import { newProgress } from './progress.js'
import { quorumOf } from './quorum.js'
import { appendOwn, replicate } from './replication.js'
import { becomeFollower } from './roles.js'
import { emit, type PlacedConfiguration, type RaftState, type StepContext } from './state.js'

/**
 * A configuration is in force from its commit on, and none is proposed before the last one is committed: so whoever has one in its log knows that those before it
 * are committed, and no two members act on configurations that are more than one change apart. (As etcd-io/raft and tikv/raft-rs have it; by the Raft paper a
 * configuration is in force as soon as it is in a log, and may be taken back.)
 */
export function changeMembership(context: StepContext, id: number, change: MembershipChange): void {
  const { state } = context
  if (state.role !== 'leader') {
    emit(context, { kind: 'proposal-rejected', id, reason: 'not-leader', leader: state.leader })
    return
  }
  if (state.transfer !== null) {
    emit(context, { kind: 'proposal-rejected', id, reason: 'busy', leader: state.leader })
    return
  }
  if (state.commit < state.changeAfter) {
    emit(context, { kind: 'proposal-rejected', id, reason: 'pending', leader: state.leader })
    return
  }
  const next = changed(state.configuration, change)
  if (next instanceof InvalidChange) {
    emit(context, { kind: 'proposal-rejected', id, reason: 'invalid', leader: state.leader, why: next.why })
    return
  }
  emit(context, { kind: 'proposed', id, index: lastIndex(state.log) + 1, term: state.term })
  appendConfiguration(context, next)
}

function appendConfiguration(context: StepContext, configuration: Configuration): void {
  context.state.changeAfter = lastIndex(context.state.log) + 1
  appendOwn(context, 'configuration', encodeConfiguration(configuration))
}

/** Leader: leaves a committed joint configuration that says so. */
export function leaveWhenCommitted(context: StepContext): void {
  const { state } = context
  const { configuration } = state
  if (state.role !== 'leader' || !configuration.leavesByItself || !isJoint(configuration) || state.commit < state.changeAfter) return
  appendConfiguration(context, leaveJoint(configuration) as Configuration)
}

/** Entries from `from` on have taken their places in the log, and the place of what was there. */
export function noteConfigurations(state: RaftState, entries: readonly Entry[], from: number): void {
  const { configurations } = state
  const first = (entries[from] as Entry).index
  while ((configurations[configurations.length - 1] as PlacedConfiguration).index >= first) configurations.pop()
  if (state.nextChange >= first) state.nextChange = 0
  for (let i = from; i < entries.length; i++) {
    const entry = entries[i] as Entry
    if (entry.kind !== 'configuration') continue
    configurations.push({ index: entry.index, configuration: decodeConfiguration(entry.data) })
    if (state.nextChange === 0) state.nextChange = entry.index
  }
}

/** The configuration in force at `index`; for what is before the log, that of where it begins. */
export function configurationAt({ configurations }: RaftState, index: number): PlacedConfiguration {
  let at = configurations.length - 1
  while (at > 0 && (configurations[at] as PlacedConfiguration).index > index) at--
  return configurations[at] as PlacedConfiguration
}

/** How it is stored and sent: null is the group's first one. */
export function written({ index, configuration }: PlacedConfiguration): Configuration | null {
  return index === 0 ? null : configuration
}

/** The log begins at `index` now. */
export function forgetConfigurations({ configurations }: RaftState, index: number): void {
  while (configurations.length > 1 && (configurations[1] as PlacedConfiguration).index <= index) configurations.shift()
}

/** All up to `commit` is committed, and some configuration with it. */
export function adoptConfigurations(context: StepContext, commit: number): void {
  const { state } = context
  const placed = configurationAt(state, commit)
  const next = state.configurations[state.configurations.indexOf(placed) + 1]
  state.nextChange = next?.index ?? 0
  adopt(context, placed)
}

/** A snapshot begins the log anew: what it says of the configuration is all that is known. */
export function restartConfigurations(context: StepContext, placed: PlacedConfiguration): void {
  const { state } = context
  state.configurations = [placed]
  state.nextChange = 0
  adopt(context, placed)
}

function adopt(context: StepContext, { index, configuration }: PlacedConfiguration): void {
  const { state } = context
  if (state.configuration === configuration) return
  const former = state.quorum.members
  state.configuration = configuration
  state.quorum = quorumOf(configuration)
  emit(context, { kind: 'configuration', index, configuration })
  if (state.role === 'leader') lead(context, former)
  else if (state.role !== 'follower') becomeFollower(context)
}

/** Leader: begins to teach who is new, and forgets who is gone. One that does not vote any more tells the others that they may elect another, and steps down. */
function lead(context: StepContext, former: readonly MemberId[]): void {
  const { state } = context
  const { progress } = state
  const next = Math.max(1, lastIndex(state.log))
  state.progress = state.quorum.members.map((member) => {
    if (member === state.id) return null
    return progress[former.indexOf(member)] ?? newProgress(member, next)
  })
  // Who is gone hears of it, so that it need not campaign for nothing.
  for (const member of former) if (member !== state.id && !state.quorum.members.includes(member)) sendHeartbeat(context, member)
  if (!isVoter(state.configuration, state.id)) {
    broadcastHeartbeat(context)
    becomeFollower(context)
    return
  }
  if (state.transfer !== null && !isVoter(state.configuration, state.transfer)) state.transfer = null
  for (const each of state.progress) if (each !== null && !former.includes(each.member)) replicate(context, each, true)
}
