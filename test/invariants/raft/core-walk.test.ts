import { describe, expect, it } from 'vitest'
import { changingGroup, changingHarnesses, damagedChangingHarnesses, raftHarnesses } from '../../../invariants/raft/core-harness.js'
import { coreInvariants, type RaftStep, raftCoreInvariants } from '../../../invariants/raft/core-invariants.js'
import { walk } from '../../../sim/check/machine-walk.js'
import { lastIndex } from '../../../systems/raft/log.js'
import type { RaftEvent } from '../../../systems/raft/messages.js'

const key = { high: 0x5eed, low: 0xfa11 }

describe('The Raft core on random walks', () => {
  it.each([
    { nodes: 1, walks: 60 },
    { nodes: 2, walks: 120 },
    { nodes: 3, walks: 500 },
    { nodes: 5, walks: 300 },
    { nodes: 7, walks: 100 },
  ])('keeps all its invariants with $nodes members, through crashes inside steps, loss, duplicates, cuts and damaged disks', ({ nodes, walks }) => {
    const result = walk(raftHarnesses, raftCoreInvariants, key, { nodes, walks, steps: 2_000 })
    expect(result.failure).toBeNull()
    expect(result.steps).toBeGreaterThan(walks * 1_000)
  })

  it('keeps them while members come and go, one by one and several at once, as voters and as learners, and leadership is handed on', () => {
    const changing = coreInvariants(changingGroup)
    const seen = { configurations: 0, joint: 0, leaders: new Set<number>() }
    const watching = {
      begin: changing.begin,
      checks: [
        ...changing.checks,
        {
          name: 'Counts',
          check: (_: unknown, { node, emitted }: { readonly node: { readonly id: number }; readonly emitted: readonly RaftEvent[] }) => {
            for (const event of emitted) {
              if (event.kind === 'leadership' && event.role === 'leader') seen.leaders.add(node.id)
              if (event.kind !== 'configuration') continue
              seen.configurations++
              if (event.configuration.outgoing.length > 0) seen.joint++
            }
            return undefined
          },
        },
      ],
    }
    const result = walk(changingHarnesses, watching, key, { nodes: 5, walks: 500, steps: 2_000 })
    expect(result.failure).toBeNull()
    expect(seen.configurations).toBeGreaterThan(1_000)
    expect(seen.joint).toBeGreaterThan(300)
    expect([...seen.leaders].sort()).toEqual([0, 1, 2, 3, 4])
  })

  it('keeps them while members change and disks are damaged, so that a member may have lost who its members are', () => {
    const changing = coreInvariants(changingGroup)
    const seen = { suspects: 0, ahead: 0, trusted: 0, configurations: 0 }
    const watching = {
      begin: changing.begin,
      checks: [
        ...changing.checks,
        {
          name: 'Counts',
          check: (_: unknown, { node: { durable, state }, event, emitted }: RaftStep) => {
            if (event === null && durable?.suspect) seen.suspects++
            if (event === null && durable?.applied && durable.applied.index > lastIndex(state.log)) seen.ahead++
            for (const { kind } of emitted) {
              if (kind === 'trusted') seen.trusted++
              if (kind === 'configuration') seen.configurations++
            }
            return undefined
          },
        },
      ],
    }
    expect(walk(damagedChangingHarnesses, watching, key, { nodes: 5, walks: 500, steps: 2_000 }).failure).toBeNull()
    expect(seen.suspects).toBeGreaterThan(1_000)
    expect(seen.ahead).toBeGreaterThan(100)
    expect(seen.trusted).toBeGreaterThan(150)
    expect(seen.configurations).toBeGreaterThan(1_000)
  })

  it('meets all that the core can do: elections, commits, reads, snapshots, trust', () => {
    const seen = new Map<string, number>()
    const counting = {
      begin: raftCoreInvariants.begin,
      checks: [
        ...raftCoreInvariants.checks,
        {
          name: 'Counts',
          check: (_: unknown, { emitted }: { readonly emitted: readonly { readonly kind: string }[] }) => {
            for (const { kind } of emitted) seen.set(kind, (seen.get(kind) ?? 0) + 1)
            return undefined
          },
        },
      ],
    }
    expect(walk(raftHarnesses, counting, key, { nodes: 3, walks: 300, steps: 2_000 }).failure).toBeNull()
    for (const kind of [
      'apply',
      'leadership',
      'proposed',
      'proposal-rejected',
      'read-ready',
      'read-rejected',
      'chunk-wanted',
      'chunk-received',
      'install',
      'trusted',
    ]) {
      expect(seen.get(kind) ?? 0, kind).toBeGreaterThan(50)
    }
  })
})
