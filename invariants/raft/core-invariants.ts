import { type MachineInvariants, type MachineStep, stepAspects } from '../../sim/check/machine-node.js'
import { type Configuration, configurationOf, decodeConfiguration, mayFollow } from '../../systems/raft/configuration.js'
import { lastIndex, termAt } from '../../systems/raft/log.js'
import type { Durable, Entry, Position, RaftChange, RaftEvent, RaftInput, RaftMessage } from '../../systems/raft/messages.js'
import { quorumOf, quorumVote } from '../../systems/raft/quorum.js'
import type { RaftState } from '../../systems/raft/state.js'
import { configurationInForce, configurationsOf, inForceBetween, isQuorum, type PlacedConfiguration } from './core-configurations.js'
import { appliedDurably, heldDurably, holdsDurably, noteDisk } from './core-disks.js'

/**
 * What must hold of every step of Raft cores, over the states themselves, without processes: shared by the machine walk and the model checker.
 * The safety properties are those of the Raft paper's figure 3; durability is judged from what disks kept, never from memory.
 * Not verified here: the write-ahead log, the state machine's content, liveness.
 */
export type RaftStep = MachineStep<RaftState, RaftMessage, Durable, RaftInput, RaftChange, RaftEvent>

export interface CoreMemory {
  /** What the group began with. */
  readonly first: Configuration
  /** Who led a term. */
  readonly leaders: (number | null)[]
  /** By term and voter: who was voted for. */
  readonly votes: (number | null)[][]
  /** Every entry ever written, by index: term and previous term say which. */
  readonly written: { readonly entry: Entry; readonly previousTerm: number }[][]
  /** By index, from 1: the term of the committed entry, and the lowest term of a leader that committed it. */
  readonly committed: ({ readonly term: number; readonly by: number } | null)[]
  readonly applied: (Entry | null)[]
  /** By node: of the incarnation in `incarnation`. */
  readonly nodes: NodeMemory[]
  highestCommit: number
  /** Reads in flight: the highest commit index when they were asked. */
  readonly reads: [id: number, floor: number][]
}

interface NodeMemory {
  incarnation: number
  /** Highest term stated to others, ever. */
  said: number
  term: number
  commit: number
  applied: number
  /** While it leads: the term and the last index of its log. */
  ledTerm: number
  ledIndex: number
  /** The last term that it was seen to lead. */
  quorumTerm: number
  /** The end of its durable log; of a suspect: before it was damaged. */
  disk: Position
}

export type RaftCoreInvariants = MachineInvariants<CoreMemory, RaftState, RaftMessage, Durable, RaftInput, RaftChange, RaftEvent>

/** `first`: what the group begins with; null: all nodes vote. */
export const coreInvariants = (first: Configuration | null): RaftCoreInvariants => ({
  begin: (nodes) => ({
    first: first ?? configurationOf(Array.from({ length: nodes }, (_, id) => id)),
    leaders: [],
    votes: [],
    written: [],
    committed: [],
    applied: [],
    nodes: Array.from({ length: nodes }, () => ({
      incarnation: 0,
      said: 0,
      term: 0,
      commit: 0,
      applied: 0,
      ledTerm: 0,
      ledIndex: 0,
      quorumTerm: 0,
      disk: { index: 0, term: 0 },
    })),
    highestCommit: 0,
    reads: [],
  }),
  checks: [
    { name: 'ElectionSafety', check: electionSafety },
    { name: 'VoteOnce', check: voteOnce, concerns: stepAspects.sent },
    { name: 'TermMonotonic', check: termMonotonic },
    { name: 'LeaderAppendOnly', check: leaderAppendOnly },
    { name: 'LogMatching', check: logMatching, concerns: stepAspects.saved },
    { name: 'TruncateOnConflict', check: truncateOnConflict, concerns: stepAspects.saved },
    { name: 'LeaderCompleteness', check: leaderCompleteness },
    { name: 'CommitMonotonic', check: commitMonotonic },
    { name: 'ChangesFollow', check: changesFollow, concerns: stepAspects.saved },
    { name: 'JointQuorum', check: jointQuorum },
    { name: 'CommitDurable', check: commitDurable },
    { name: 'StateMachineSafety', check: stateMachineSafety },
    { name: 'SnapshotCoversCommitted', check: snapshotCoversCommitted },
    { name: 'ReadNotStale', check: readNotStale, concerns: stepAspects.emitted | stepAspects.input },
    { name: 'SuspectAbstains', check: suspectAbstains },
    { name: 'LackingFollows', check: lackingFollows },
  ],
})

export const raftCoreInvariants: RaftCoreInvariants = coreInvariants(null)

/** One leader a term. */
function electionSafety(memory: CoreMemory, { node: { id, state } }: RaftStep): string | undefined {
  if (state.role !== 'leader') return undefined
  const known = extend(memory.leaders, state.term, null)
  if (known === null) memory.leaders[state.term] = id
  else if (known !== id) return `nodes ${known} and ${id} both lead term ${state.term}`
  return undefined
}

/** One vote a term, for ever; and a vote is durable before it is known to anyone. */
function voteOnce(memory: CoreMemory, { node: { id, durable }, sent }: RaftStep): string | undefined {
  for (const { message, to } of sent) {
    const candidate = message.kind === 'vote-request' ? id : message.kind === 'vote-response' && message.granted ? to : null
    if (candidate === null) continue
    const twice = noteVote(memory, id, message.term, candidate)
    if (twice !== undefined) return twice
    const kept = durable?.hardState ?? { term: 0, vote: null }
    if (kept.term < message.term || (kept.term === message.term && kept.vote !== candidate)) {
      return `node ${id} said that it votes for ${candidate} in term ${message.term}, its disk says ${kept.vote} in ${kept.term}`
    }
  }
  return undefined
}

function noteVote(memory: CoreMemory, voter: number, term: number, candidate: number): string | undefined {
  while (memory.votes.length <= term) memory.votes.push([])
  const votes = memory.votes[term] as (number | null)[]
  const known = extend(votes, voter, null)
  if (known !== null && known !== candidate) return `node ${voter} voted for ${known} and for ${candidate} in term ${term}`
  votes[voter] = candidate
  return undefined
}

/** A node's term never falls, crashes included, and it says nothing in a term that its disk does not know. */
function termMonotonic(memory: CoreMemory, { node: { id, state, durable }, event, sent }: RaftStep): string | undefined {
  const own = memory.nodes[id] as NodeMemory
  // Whose disk was wiped has forgotten its term, and knows that it may have.
  if (event === null && durable?.suspect === true) own.said = Math.min(own.said, state.term)
  if (event !== null && state.term < own.term) return `the term of node ${id} fell from ${own.term} to ${state.term}`
  if (state.term < own.said) return `node ${id} is in term ${state.term} and had spoken in ${own.said}`
  own.term = state.term
  for (const { message } of sent) {
    if (message.kind === 'pre-vote-request' || message.kind === 'pre-vote-response') continue
    const kept = durable?.hardState.term ?? 0
    if (message.term > kept) return `node ${id} sent a ${message.kind} of term ${message.term}, its disk says ${kept}`
    if (message.term > own.said) own.said = message.term
  }
  return undefined
}

/** An index and a term name one entry, with one entry before it: by induction two logs that share it are equal up to there. */
function logMatching(memory: CoreMemory, { node: { id, state }, saved }: RaftStep): string | undefined {
  for (const change of saved) {
    if (change.kind !== 'entries') continue
    let previousTerm = termAt(state.log, (change.entries[0] as Entry).index - 1)
    for (const entry of change.entries) {
      const conflict = noteWritten(memory, entry, previousTerm)
      if (conflict !== undefined) return `node ${id}: ${conflict}`
      previousTerm = entry.term
    }
  }
  return undefined
}

function noteWritten(memory: CoreMemory, entry: Entry, previousTerm: number): string | undefined {
  while (memory.written.length <= entry.index) memory.written.push([])
  const here = memory.written[entry.index] as { entry: Entry; previousTerm: number }[]
  for (const other of here) {
    if (other.entry.term !== entry.term) continue
    if (!sameEntry(other.entry, entry)) return `two different entries ${entry.index} of term ${entry.term}`
    if (previousTerm >= 0 && other.previousTerm !== previousTerm) {
      return `entry ${entry.index} of term ${entry.term} follows one of term ${other.previousTerm} and one of term ${previousTerm}`
    }
    return undefined
  }
  here.push({ entry, previousTerm })
  return undefined
}

function sameEntry(one: Entry, other: Entry): boolean {
  if (one === other) return true
  return one.kind === other.kind && one.data.length === other.data.length && one.data.every((byte, i) => byte === other.data[i])
}

/** A leader neither shortens its log nor writes an entry of it again while it leads. */
function leaderAppendOnly(memory: CoreMemory, { node: { id, state }, saved }: RaftStep): string | undefined {
  const own = memory.nodes[id] as NodeMemory
  if (state.role !== 'leader') {
    own.ledTerm = 0
    return undefined
  }
  const last = lastIndex(state.log)
  if (own.ledTerm === state.term) {
    if (last < own.ledIndex) return `the log of leader ${id} fell from ${own.ledIndex} to ${last}`
    for (const change of saved) {
      const first = change.kind === 'entries' ? (change.entries[0] as Entry).index : last + 1
      if (first <= own.ledIndex) return `leader ${id} wrote entry ${first} again, of ${own.ledIndex} that it has`
    }
  }
  own.ledIndex = last
  return undefined
}

/**
 * Entries are replaced only from a conflict on: what was there has another term. Judged by the disk, and only where no other save may still change it.
 */
function truncateOnConflict(_memory: CoreMemory, { node: { id, durable, saves }, saved }: RaftStep): string | undefined {
  const first = saved[0]
  if (first?.kind !== 'entries' || durable === null || saves.length > saved.length) return undefined
  const { index, term } = first.entries[0] as Entry
  const there = durable.entries[index - durable.base.index - 1]
  return there?.term === term ? `node ${id} wrote entry ${index} of term ${term} again, and all that followed it` : undefined
}

/** A new leader of term T holds all that was committed in terms below T; an old one that wakes late is legal. */
function leaderCompleteness(memory: CoreMemory, { node: { id, state } }: RaftStep): string | undefined {
  const own = memory.nodes[id] as NodeMemory
  if (state.role !== 'leader' || own.ledTerm === state.term) return undefined
  own.ledTerm = state.term
  for (let index = state.log.base.index + 1; index < memory.committed.length; index++) {
    const entry = memory.committed[index]
    if (!entry || entry.by >= state.term) continue
    if (termAt(state.log, index) !== entry.term)
      return `leader ${id} of term ${state.term} lacks entry ${index} of term ${entry.term}, committed in term ${entry.by}`
  }
  return undefined
}

/** Within an incarnation the commit index never falls, and never passes the log; what is applied is committed. */
function commitMonotonic(memory: CoreMemory, { node: { id, incarnation, state } }: RaftStep): string | undefined {
  const own = memory.nodes[id] as NodeMemory
  if (own.incarnation === incarnation && state.commit < own.commit) return `the commit index of node ${id} fell from ${own.commit} to ${state.commit}`
  if (state.commit > lastIndex(state.log)) return `node ${id} committed ${state.commit} of a log of ${lastIndex(state.log)}`
  if (state.applied > state.commit) return `node ${id} applied ${state.applied} of ${state.commit} committed entries`
  return undefined
}

/** A leader changes the configuration once all changes before are committed, and something of its own term is; what follows is one change away. */
function changesFollow(memory: CoreMemory, { node, saved }: RaftStep): string | undefined {
  const { id, state, durable } = node
  if (state.role !== 'leader') return undefined
  for (const change of saved) {
    const entry = change.kind === 'entries' ? change.entries[0] : undefined
    if (entry?.kind !== 'configuration') continue
    const before = configurationsOf(memory.first, node).filter(({ index }) => index < entry.index)
    const last = before[before.length - 1] as PlacedConfiguration
    if (last.index > state.commit)
      return `leader ${id} changed the configuration in entry ${entry.index}, and the change in entry ${last.index} is not committed`
    if (termAt(state.log, state.commit) !== state.term) return `leader ${id} changed the configuration before it committed in its term ${state.term}`
    const next = decodeConfiguration(entry.data)
    if (!mayFollow(last.configuration, next)) {
      return `leader ${id} changed ${JSON.stringify(last.configuration)} to ${JSON.stringify(next)}, whose majorities need not meet (disk ${durable?.base.index})`
    }
  }
  return undefined
}

/** Whoever leads has votes by the configuration in force, both majorities of a joint one; and every member acts on the one that its log says. */
function jointQuorum(memory: CoreMemory, { node, event }: RaftStep): string | undefined {
  const { id, state } = node
  const own = memory.nodes[id] as NodeMemory
  const isNewLeader = state.role === 'leader' && own.quorumTerm !== state.term
  if (!isNewLeader && event !== null && state.commit === own.commit) return undefined
  const inForce = configurationInForce(memory.first, node)
  if (JSON.stringify(inForce) !== JSON.stringify(state.configuration)) {
    return `node ${id} acts on ${JSON.stringify(state.configuration)}, and its log says ${JSON.stringify(inForce)}`
  }
  if (!isNewLeader) return undefined
  own.quorumTerm = state.term
  const votes = memory.votes[state.term] ?? []
  const quorum = quorumOf(inForce)
  const granted = quorum.members.map((member) => (member === id ? true : votes[member] === id))
  return quorumVote(quorum, granted) === true ? undefined : `node ${id} leads term ${state.term} with the votes ${granted.join()} of ${JSON.stringify(inForce)}`
}

/**
 * What a leader commits lies on the disks of a majority; what others take for committed, a leader committed, the same entry.
 * A suspect's disk counts only for what it held before it was damaged: that may have been acknowledged then.
 */
function commitDurable(memory: CoreMemory, step: RaftStep): string | undefined {
  const { id, incarnation, state, durable } = step.node
  const own = memory.nodes[id] as NodeMemory
  const from = own.incarnation === incarnation ? own.commit : 0
  own.incarnation = incarnation
  own.commit = state.commit
  noteDisk(own, durable)
  for (let index = Math.max(from, state.log.base.index) + 1; index <= state.commit; index++) {
    const term = termAt(state.log, index)
    const known = extend(memory.committed, index, null)
    if (known !== null) {
      if (known.term !== term) return `node ${id} takes entry ${index} of term ${term} for committed, which is of term ${known.term}`
      continue
    }
    // A leader that removes itself steps down in the step in which it commits that.
    if (state.role !== 'leader' && own.quorumTerm !== state.term)
      return `node ${id} takes entry ${index} of term ${term} for committed, which no leader committed`
    const isHeld = (member: number): boolean => {
      const other = step.nodes[member]
      return other !== undefined && heldDurably(memory.nodes[member] as NodeMemory, other.durable, index, term)
    }
    // A change and what follows it may be committed together, by those who decided before it.
    const deciding = inForceBetween(memory.first, step.node, from, index)
    if (!deciding.some((configuration) => isQuorum(configuration, isHeld))) {
      const holders = step.nodes.filter((other) => isHeld(other.id)).length
      return `leader ${id} committed entry ${index} of term ${term}, which ${holders} disks hold`
    }
    memory.committed[index] = { term, by: state.term }
  }
  if (state.commit > memory.highestCommit) memory.highestCommit = state.commit
  return undefined
}

/** Every state machine applies the same entries, each once in an incarnation, in order, and durable ones only. */
function stateMachineSafety(memory: CoreMemory, { node: { id, state, durable }, event, emitted, whole }: RaftStep): string | undefined {
  const own = memory.nodes[id] as NodeMemory
  if (event === null || (event.kind === 'input' && event.input.kind === 'installed')) own.applied = appliedDurably(durable)
  for (const happening of emitted) {
    if (happening.kind !== 'apply') continue
    for (const entry of happening.entries) {
      if (entry.index !== own.applied + 1) return `node ${id} applied entry ${entry.index} after ${own.applied}`
      own.applied = entry.index
      const known = extend(memory.applied, entry.index, null)
      if (known === null) memory.applied[entry.index] = entry
      else if (known.term !== entry.term || !sameEntry(known, entry)) {
        return `entry ${entry.index} is of term ${known.term} to others and of term ${entry.term} to node ${id}`
      }
      if (memory.committed[entry.index]?.term !== entry.term) return `node ${id} applied entry ${entry.index} of term ${entry.term}, which is not committed`
      if (!holdsDurably(durable, entry.index, entry.term)) return `node ${id} applied entry ${entry.index}, which its disk does not hold`
    }
  }
  if (whole && state.installing === null && state.lacks === 0 && state.applied !== own.applied)
    return `node ${id} counts ${state.applied} entries as applied and handed out ${own.applied}`
  return undefined
}

/** A log begins only after what is committed, and what the state machine holds durably; and it knows who decides there. */
function snapshotCoversCommitted(memory: CoreMemory, { node: { id, durable }, saved }: RaftStep): string | undefined {
  for (const change of saved) {
    if (change.kind !== 'compacted' && change.kind !== 'restored') continue
    const { index } = change.base
    const said = JSON.stringify(change.configuration ?? memory.first)
    const committed = JSON.stringify(committedConfiguration(memory, index))
    if (said !== committed) return `the log of node ${id} is to begin after entry ${index} with ${said}, and ${committed} is in force there`
  }
  if (durable === null || durable.base.index === 0) return undefined
  const { base, applied } = durable
  if (applied !== null && base.index > applied.index) return `the disk of node ${id} holds a log after ${base.index} and a state machine of ${applied.index}`
  const known = memory.committed[base.index]
  if (known?.term !== base.term) return `the log of node ${id} begins after entry ${base.index} of term ${base.term}, which is not committed`
  return undefined
}

/** In force once all up to `index` is committed, by what was written there: whatever a member says of it. */
function committedConfiguration(memory: CoreMemory, index: number): Configuration {
  for (let at = index; at > 0; at--) {
    const here = memory.written[at]?.find(({ entry }) => entry.term === memory.committed[at]?.term)
    if (here?.entry.kind === 'configuration') return decodeConfiguration(here.entry.data)
  }
  return memory.first
}

/** A read sees all that was committed anywhere when it was asked. */
function readNotStale(memory: CoreMemory, { event, emitted }: RaftStep): string | undefined {
  if (event?.kind === 'input' && event.input.kind === 'read') memory.reads.push([event.input.id, memory.highestCommit])
  for (const happening of emitted) {
    if (happening.kind !== 'read-ready' && happening.kind !== 'read-rejected') continue
    const at = memory.reads.findIndex(([id]) => id === happening.id)
    const [, floor] = memory.reads.splice(at, 1)[0] ?? [0, 0]
    if (happening.kind === 'read-ready' && happening.index < floor) {
      return `read ${happening.id} was answered at index ${happening.index}, and ${floor} was committed when it was asked`
    }
  }
  return undefined
}

/** A member whose state machine lost what the log no longer holds does not campaign: it could serve nothing. */
function lackingFollows(_memory: CoreMemory, { node: { id, durable, state } }: RaftStep): string | undefined {
  return (appliedDurably(durable) < 0 || state.lacks > 0) && state.role !== 'follower' ? `node ${id} lost its state and became ${state.role}` : undefined
}

/** A member that may have forgotten what it acknowledged votes for nobody and never campaigns. */
function suspectAbstains(_memory: CoreMemory, { node: { id, durable, state }, sent }: RaftStep): string | undefined {
  if (durable?.suspect !== true) return undefined
  if (state.role !== 'follower') return `suspect node ${id} became ${state.role}`
  for (const { message } of sent) {
    if ((message.kind === 'vote-response' || message.kind === 'pre-vote-response') && message.granted) return `suspect node ${id} gave its vote`
    if ((message.kind === 'append-response' || message.kind === 'heartbeat-response') && !message.suspect) return `suspect node ${id} hides that it is suspect`
  }
  return undefined
}

/** Makes room for `index`, without holes, and answers what is there. */
function extend<T>(items: T[], index: number, filler: T): T {
  while (items.length <= index) items.push(filler)
  return items[index] as T
}
