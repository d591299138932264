import type { MachineHarness, MachineNode } from '../../sim/check/machine-node.js'
import type { Stream } from '../../sim/kernel/stream.js'
import { type Configuration, configurationOf, decodeConfiguration, type MemberChange } from '../../systems/raft/configuration.js'
import { raftMachine } from '../../systems/raft/core.js'
import { lastIndex, termAt } from '../../systems/raft/log.js'
import type { Durable, Position, RaftChange, RaftEvent, RaftInput, RaftMessage } from '../../systems/raft/messages.js'
import type { RaftOptions } from '../../systems/raft/options.js'
import { emptyDurable } from '../../systems/raft/persist.js'
import type { RaftMachine, RaftState } from '../../systems/raft/state.js'

export type RaftHarness = MachineHarness<RaftState, RaftMessage, Durable, RaftInput, RaftChange, RaftEvent>
export type RaftMachineNode = MachineNode<RaftState, RaftMessage, Durable, RaftInput, RaftChange>

export interface RaftHarnessOptions {
  readonly raft?: Partial<RaftOptions>
  /** Whether a crash may damage the last record of a log that was acknowledged, or what the state machine holds. */
  readonly damage?: boolean
  /** The configuration to begin with, of nodes that may also be learners or no members at all; members change, and leadership is handed on. */
  readonly first?: Configuration
  /** For the model checker: proposals, reads and compactions that may be given in all. */
  readonly maxInputs?: number
}

/** The Raft core and a stand-in for the process around it: a state machine that is its applied index, with snapshots of two bytes. */
export function raftHarness(options: RaftHarnessOptions = {}, machine: RaftMachine = raftMachine(options.raft, options.first)): RaftHarness {
  return {
    machine,
    recover: (durable, incarnation) => ({ ...(durable ?? emptyDurable), incarnation }),
    react: (node, event) => {
      if (event.kind === 'chunk-wanted') node.inputs.push(chunk(node.state, event))
      else if (event.kind === 'install') node.inputs.push({ kind: 'installed', snapshot: event.snapshot })
      else if (event.kind === 'apply' && event.hasMore) node.inputs.push({ kind: 'applied' })
    },
    prepare: ({ durable, state }, input) => {
      if (durable === null) return durable
      if (input.kind === 'installed') return { ...durable, applied: input.snapshot }
      if (input.kind === 'state-lost') return { ...durable, applied: null }
      if (input.kind !== 'compact' || input.index <= (durable.applied?.index ?? -1)) return durable
      return { ...durable, applied: { index: input.index, term: termAt(state.log, input.index) } }
    },
    damage: options.damage === true ? (node, nodes, random) => damage(node, nodes, random, options.first) : undefined,
    draw: options.first === undefined ? drawInput : drawChangeOrInput,
    offers: (state, ordinal) => (ordinal < (options.maxInputs ?? 0) ? offers(state, ordinal) : []),
  }
}

const CHUNKS = 2

function chunk(state: RaftState, wanted: RaftEvent & { kind: 'chunk-wanted' }): RaftInput {
  const snapshot = wanted.snapshot ?? { index: state.applied, term: termAt(state.log, state.applied) }
  const bytes = wanted.offset < CHUNKS ? Uint8Array.of(contentOf(snapshot)) : new Uint8Array(0)
  return { kind: 'chunk', to: wanted.to, snapshot, offset: wanted.offset, total: CHUNKS, bytes }
}

/** Every byte of the snapshot at a position. */
export function contentOf({ index, term }: Position): number {
  return (index * 31 + term) & 0xff
}

/** A damaged minority is what the system survives: of every configuration that any disk knows. */
function damage(node: RaftMachineNode, nodes: readonly RaftMachineNode[], random: Stream, first: Configuration | undefined): Durable | null {
  const { durable } = node
  if (durable === null || random.int(4) > 0) return durable
  const damaged = nodes.filter((other) => other === node || isDamaged(other.durable)).map(({ id }) => id)
  const known = [first ?? configurationOf(nodes.map(({ id }) => id)), ...nodes.flatMap((other) => configurationsOn(other.durable))]
  for (const { voters, outgoing } of known) if (!isMinority(damaged, voters) || !isMinority(damaged, outgoing)) return durable
  const die = random.int(4)
  if (die === 0) return { ...emptyDurable, incarnation: durable.incarnation, suspect: true, wiped: true }
  return die === 1 ? loseState(durable) : loseLastRecords(random.int(2) === 0 ? flushed(node, durable) : durable, random)
}

function isDamaged(durable: Durable | null): boolean {
  return durable?.suspect === true || durable?.applied === null
}

function configurationsOn(durable: Durable | null): Configuration[] {
  const inLog = durable?.entries.filter(({ kind }) => kind === 'configuration').map(({ data }) => decodeConfiguration(data)) ?? []
  return [durable?.configuration ?? [], durable?.expected?.configuration ?? [], inLog].flat()
}

function isMinority(damaged: readonly number[], voters: readonly number[]): boolean {
  return voters.length === 0 || 2 * voters.filter((member) => damaged.includes(member)).length < voters.length
}

/** As if what the state machine keeps were found to be damaged when it is opened. */
function loseState(durable: Durable): Durable {
  return { ...durable, applied: null }
}

/** As if the state machine had been flushed right before the crash. */
function flushed({ state }: RaftMachineNode, durable: Durable): Durable {
  const { applied, lacks, installing, log } = state
  if (durable.applied === null || lacks > 0 || installing !== null || applied <= durable.applied.index) return durable
  return { ...durable, applied: { index: applied, term: termAt(log, applied) } }
}

/**
 * The last entries are gone, as if the batch that held them had rotted and been cut away: entries that the state machine has applied, too. It may have said what
 * snapshot was expected.
 */
function loseLastRecords(durable: Durable, random: Stream): Durable {
  const count = random.int(4) === 0 ? 1 + random.int(4) : 1
  const isExpectedLost = random.int(4) === 0
  if (durable.entries.length === 0) return durable
  return { ...durable, entries: durable.entries.slice(0, -count), suspect: true, ...(isExpectedLost ? { expected: null } : {}) }
}

function drawInput(state: RaftState, ordinal: number, random: Stream): RaftInput | null {
  // Followers and candidates refuse: once in a while is enough.
  if (state.role !== 'leader' && random.int(16) > 0) return null
  switch (random.int(8)) {
    case 0:
    case 1:
    case 2:
      return { kind: 'read', id: ordinal }
    case 3: {
      if (state.lacks > 0) return null
      const index = state.applied - random.int(4)
      return index > state.log.base.index ? { kind: 'compact', index } : null
    }
    default:
      return { kind: 'propose', id: ordinal, data: Uint8Array.of(ordinal, ordinal >> 8) }
  }
}

const MEMBERS = 5

function drawChangeOrInput(state: RaftState, ordinal: number, random: Stream): RaftInput | null {
  if (random.int(4) > 0) return drawInput(state, ordinal, random)
  if (state.role !== 'leader') return random.int(16) > 0 ? null : { kind: 'forget-leader' }
  if (random.int(6) === 0) return { kind: 'transfer', to: random.int(MEMBERS) }
  if (random.int(4) === 0) return { kind: 'change-membership', id: ordinal, change: { kind: 'leave' } }
  const changes: MemberChange[] = []
  do changes.push({ kind: random.pick(['voter', 'voter', 'learner', 'remove'] as const), member: random.int(MEMBERS) })
  while (random.int(2) === 0)
  return {
    kind: 'change-membership',
    id: ordinal,
    change: { kind: 'change', changes, through: random.pick(['auto', 'auto', 'joint', 'joint-until-told'] as const) },
  }
}

function offers(state: RaftState, ordinal: number): RaftInput[] {
  if (state.role !== 'leader') return []
  const inputs: RaftInput[] = [
    { kind: 'propose', id: ordinal, data: Uint8Array.of(ordinal) },
    { kind: 'read', id: ordinal },
  ]
  if (state.lacks === 0 && state.applied > state.log.base.index && state.applied === lastIndex(state.log))
    inputs.push({ kind: 'compact', index: state.applied })
  return inputs
}

/** Cores with large and small limits: what one batch size hides, another shows. */
export const raftHarnesses: readonly RaftHarness[] = [
  raftHarness({ damage: true }),
  raftHarness({ damage: true, raft: { maxBatchBytes: 1, maxInflightMessages: 3, maxUncommittedBytes: 400, maxPendingReads: 4 } }),
  raftHarness({ damage: true, raft: { maxBatchBytes: 64, maxInflightBytes: 100, maxInflightMessages: 8 } }),
]

/** What a group of five nodes begins with whose members change: three voters, a learner, and one that is no member yet. */
export const changingGroup: Configuration = configurationOf([0, 1, 2], [3])

export const changingHarnesses: readonly RaftHarness[] = [
  raftHarness({ first: changingGroup }),
  raftHarness({ first: changingGroup, raft: { maxBatchBytes: 1, maxInflightMessages: 3, maxApplyBytes: 1, forwardsProposals: true } }),
  raftHarness({ first: changingGroup, raft: { maxBatchBytes: 64, maxInflightBytes: 100, maxApplyBytes: 64, commitGroups: [1, 2, 1, 2, 1] } }),
]

/** Members change and disks are damaged: what a member remembers of who decides may be what it lost. */
export const damagedChangingHarnesses: readonly RaftHarness[] = [
  raftHarness({ first: changingGroup, damage: true }),
  raftHarness({ first: changingGroup, damage: true, raft: { maxBatchBytes: 1, maxInflightMessages: 3, maxApplyBytes: 1, forwardsProposals: true } }),
  raftHarness({ first: changingGroup, damage: true, raft: { maxBatchBytes: 64, maxInflightBytes: 100, maxApplyBytes: 64 } }),
]
