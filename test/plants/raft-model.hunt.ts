import { type RaftHarness, raftHarness } from '../../invariants/raft/core-harness.js'
import { coreInvariants } from '../../invariants/raft/core-invariants.js'
import { type RaftModelBounds, raftModel } from '../../invariants/raft/core-model.js'
import { machineModel, type PreludeStep } from '../../sim/check/machine-model.js'
import type { SpaceModel } from '../../sim/check/model.js'
import { type CheckResult, check } from '../../sim/check/model-checker.js'
import { configurationOf } from '../../systems/raft/configuration.js'
import { lastIndex } from '../../systems/raft/log.js'
import type { RaftInput } from '../../systems/raft/messages.js'
import type { RaftState } from '../../systems/raft/state.js'

type Step = PreludeStep<RaftInput>

/** Actions to a leader whose change is in its log, and no more. */
const CHANGING_DEPTH = 9

const timer = (node: number, tag: string): Step => ({ kind: 'timer', node, tag })
const election = (node: number): Step => timer(node, 'election')
const settle = (nodes: readonly number[], ...lost: string[]): Step => ({ kind: 'settle', nodes, lost })
const deliver = (from: number, to: number, message: string): Step => ({ kind: 'deliver', from, to, message })

/** A leader with an entry that is on its own disk alone, elected with the help of `helper`. The second try follows a refusal that told the term. */
const lonelyLeader = (leader: number, helper: number, tries: number): readonly Step[] =>
  Array.from({ length: tries }, () => [election(leader), settle([leader, helper], 'append-request')]).flat()

/** A leader that nobody was heard by: at the first check a new follower still counts as heard. */
const standsDown = (leader: number): readonly Step[] => [timer(leader, 'check-quorum'), timer(leader, 'check-quorum')]

/** Figure 8 of the Raft paper up to (c), and the vote of (d) asked for: node 0 of term 3 has replicated its entry of term 1, node 2 of term 2 campaigns. */
const figureEight: readonly Step[] = [
  ...lonelyLeader(0, 1, 1),
  ...lonelyLeader(2, 1, 2),
  ...standsDown(0),
  ...lonelyLeader(0, 1, 2),
  ...standsDown(2),
  election(2),
  settle([1, 2], 'append-request'),
  timer(0, 'heartbeat'),
  deliver(0, 1, 'heartbeat-request'),
  deliver(1, 0, 'heartbeat-response'),
  deliver(0, 1, 'append-request'),
  deliver(1, 0, 'append-response'),
  deliver(0, 1, 'append-request'),
  { kind: 'saved', node: 1 },
  timer(1, 'lease'),
  election(2),
  deliver(2, 1, 'pre-vote-request'),
  deliver(1, 2, 'pre-vote-response'),
]

/** Where the Raft core is explored, from what begun so. */
export const worlds: Readonly<Record<string, RaftModelBounds & { readonly maxDepth: number }>> = {
  'first boot': { nodes: 3, terms: 2, log: 2, crashes: 1, inputs: 0, network: 'set', maxDepth: 7 },
  'a leader that one follows': { nodes: 3, terms: 2, log: 2, crashes: 1, inputs: 1, network: 'set', maxDepth: 3, prelude: [election(0), settle([0, 1])] },
  'a leader after one with an entry of its own': {
    nodes: 3,
    terms: 2,
    log: 2,
    crashes: 1,
    inputs: 0,
    network: 'set',
    maxDepth: 3,
    prelude: [...lonelyLeader(2, 1, 1), election(0), settle([0, 1]), election(0), settle([0, 1])],
  },
  'figure 8': { nodes: 3, terms: 4, log: 2, crashes: 0, inputs: 0, network: 'unordered', maxDepth: 6, prelude: figureEight },
}

const everyone = configurationOf([0, 1, 2])

/** Three members from their first boot on, one term, and once somebody leads, a member that is to leave (Ongaro's note on one-step changes). */
function changing(): SpaceModel<unknown, unknown> {
  const harness: RaftHarness = {
    ...raftHarness({ first: everyone, raft: { maxBatchBytes: 1 } }),
    offers: ({ role }, ordinal) => (role === 'leader' && ordinal === 0 ? [removal] : []),
  }
  const within = (state: RaftState) => state.term <= 1 && lastIndex(state.log) <= 2
  return machineModel(harness, coreInvariants(everyone), { nodes: 3, network: 'set', within }) as SpaceModel<unknown, unknown>
}

const removal: RaftInput = { kind: 'change-membership', id: 0, change: { kind: 'change', changes: [{ kind: 'remove', member: 2 }], through: 'auto' } }

/** What is found, and from where on: breadth first, so that the way to it is a shortest one. */
export function explore(): { readonly world: string; readonly result: CheckResult<unknown, unknown> } | null {
  for (const [world, { maxDepth, ...bounds }] of Object.entries(worlds)) {
    const result = check(raftModel(bounds), { maxDepth })
    if (result.violations.length > 0) return { world, result }
  }
  const result = check(changing(), { maxDepth: CHANGING_DEPTH })
  return result.violations.length > 0 ? { world: 'a member that is to leave', result } : null
}

/** The check that falls first, whatever the seed: nothing is drawn. */
export function hunt(): string | undefined {
  const found = explore()
  if (found === null) return undefined
  const [violation] = found.result.violations
  if (process.env.SEEDFALL_SHOW_WAY) process.stderr.write(`${found.world}: ${JSON.stringify(violation?.actions)} ${violation?.detail}\n`)
  return violation?.property
}
