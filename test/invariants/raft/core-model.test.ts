import { describe, expect, it } from 'vitest'
import { raftHarness } from '../../../invariants/raft/core-harness.js'
import { raftCoreInvariants } from '../../../invariants/raft/core-invariants.js'
import { raftModel } from '../../../invariants/raft/core-model.js'
import { CanonicalHasher } from '../../../sim/check/canonical-hash.js'
import { machineModel, type PreludeStep } from '../../../sim/check/machine-model.js'
import { check } from '../../../sim/check/model-checker.js'
import { raftMachine } from '../../../systems/raft/core.js'
import { lastIndex } from '../../../systems/raft/log.js'
import type { RaftInput, RaftMessage } from '../../../systems/raft/messages.js'
import type { RaftMachine, RaftState } from '../../../systems/raft/state.js'

const within = (state: RaftState) => state.term <= 2 && lastIndex(state.log) <= 3
const election: PreludeStep<RaftInput> = { kind: 'timer', node: 0, tag: 'election' }

/** What a leader does before the exploration begins ends with entry 1. */
const inPrelude = (message: RaftMessage) => message.kind === 'append-response' && message.index <= 1

/**
 * Three nodes, two terms, entries up to index 3, every order of delivery, loss of any message, a duplicate and a crash with any part of the
 * saves in flight. A message that is never delivered is lost: what an action of its own for that would reach is reached without it, and sooner.
 * Depths are what fits a test; the depth from a leader on is reached by an election first.
 */
describe('The Raft core, model-checked with 3 nodes', { timeout: 180_000 }, () => {
  it.each([
    { from: 'the first boot', depth: 8, drops: 0, prelude: [], unique: 100_000 },
    { from: 'the first boot, with a loss of its own', depth: 6, drops: 1, prelude: [], unique: 10_000 },
    { from: 'a leader that all follow', depth: 6, drops: 0, prelude: [election, { kind: 'settle', nodes: [0, 1, 2] }], unique: 20_000 },
    { from: 'a leader that one follows', depth: 6, drops: 0, prelude: [election, { kind: 'settle', nodes: [0, 1] }], unique: 20_000 },
  ] as const)('is safe to depth $depth from $from', ({ depth, drops, prelude, unique }) => {
    const harness = raftHarness({ maxInputs: prelude.length > 0 ? 1 : 0, raft: { maxBatchBytes: 1 } })
    const model = machineModel(harness, raftCoreInvariants, { nodes: 3, duplicates: 1, crashes: 1, drops, within, prelude })
    const result = check(model, { maxDepth: depth })
    expect(result.violations.map(({ property, detail, actions }) => [property, detail, ...actions])).toEqual([])
    expect(result).toMatchObject({ depth, complete: false })
    expect(result.uniqueStates).toBeGreaterThan(unique)
  })

  it('is safe in all there is of one term and one entry, from a leader that all follow, with a crash each and any loss and duplication', () => {
    const prelude = [election, { kind: 'settle', nodes: [0, 1, 2] }] as const
    const result = check(raftModel({ nodes: 3, terms: 1, log: 1, crashes: 1, inputs: 0, network: 'set', prelude }))
    expect(result).toMatchObject({ complete: true, violations: [] })
    expect(result.uniqueStates).toBeGreaterThan(100_000)
  })

  it('loses nothing by taking a message that is never delivered for one that is lost', () => {
    const lost = new Set<string>()
    const neverDelivered = new Set<string>()
    const hasher = new CanonicalHasher()
    const model = machineModel(raftHarness({ raft: { maxBatchBytes: 1 } }), raftCoreInvariants, {
      nodes: 3,
      duplicates: 1,
      crashes: 1,
      drops: 1,
      within,
      properties: [
        {
          name: 'every state is noted',
          kind: 'always',
          of: 'system',
          holds: ({ nodes, messages, memory, spent: { drops, ...spent }, fallen }) => {
            const rest = hasher.key([nodes, memory, spent, fallen])
            const sorted = messages.map((message) => hasher.key(message)).sort()
            if (drops === 1) lost.add([rest, ...sorted].join())
            // All that is left of the state when one of its messages is taken away.
            else for (let i = 0; i < sorted.length; i++) neverDelivered.add([rest, ...sorted.filter((_, at) => at !== i)].join())
            return true
          },
        },
      ],
    })
    check(model, { maxDepth: 5 })
    expect([...lost].filter((state) => !neverDelivered.has(state))).toEqual([])
    expect(lost.size).toBeGreaterThan(500)
  })

  it('says the same of whole states as of their fingerprints', () => {
    const bounds = { nodes: 3, terms: 2, log: 2, crashes: 1, inputs: 0, network: 'set' } as const
    const { uniqueStates } = check(raftModel(bounds), { maxDepth: 5 })
    expect(uniqueStates).toBeGreaterThan(800)
    expect(check(raftModel(bounds), { maxDepth: 5, exact: true }).uniqueStates).toBe(uniqueStates)
    expect(check(raftModel(bounds), { maxDepth: 5, search: 'iterative' }).uniqueStates).toBe(uniqueStates)
  })

  it.each([
    { early: 'vote-request', invariant: 'VoteOnce', prelude: [], actions: ['timer', 'deliver pre-vote-request', 'deliver pre-vote-response'] },
    {
      early: 'append-response',
      invariant: 'CommitDurable',
      prelude: [election, { kind: 'settle', nodes: [0, 1, 2] }],
      actions: ['input', 'saved', 'deliver append-request', 'deliver append-response'],
    },
  ] as const)('would find that a $early leaves before its save, in as few actions as that takes', ({ early, invariant, prelude, actions }) => {
    const machine = raftMachine()
    const step: RaftMachine['step'] = (state, event) =>
      machine
        .step(state, event)
        .map((effect) => (effect.kind === 'send' && effect.message.kind === early && !inPrelude(effect.message) ? { ...effect, after: undefined } : effect))
    const harness = raftHarness({ maxInputs: 1 }, { ...machine, step })
    const { violations } = check(machineModel(harness, raftCoreInvariants, { nodes: 3, within, prelude }), { maxDepth: 8 })
    expect(violations.map(({ property }) => property)).toEqual([invariant])
    const found = violations[0]?.actions.map((action) => (action.kind === 'deliver' ? `deliver ${action.message.kind}` : action.kind)) ?? []
    expect([...found].sort()).toEqual([...actions].sort())
  })
})
