import { describe, expect, it } from 'vitest'
import { raftHarnesses } from '../../../invariants/raft/core-harness.js'
import { raftCoreInvariants } from '../../../invariants/raft/core-invariants.js'
import { walk } from '../../../sim/check/machine-walk.js'

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
