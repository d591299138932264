import { describe, expect, test } from 'vitest'
import { raftCoreInvariants } from '../../invariants/raft/core-invariants.js'
import { scenarios } from '../../scenarios/index.js'
import { plants } from './plants.js'

test('plants have names of their own', () => {
  const names = plants.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

describe('Every check has a plant that trips it', () => {
  const walks = ['test/plants/raft-walk.hunt.ts', 'test/plants/raft-changing-walk.hunt.ts']
  const tripped = (subjects: (subject: string) => boolean) => plants.filter(({ subject }) => subjects(subject)).flatMap(({ expect: check }) => check)

  test.each(raftCoreInvariants.checks)("the core's $name", ({ name }) => {
    expect(tripped((subject) => walks.includes(subject))).toContain(name)
  })

  const stated = scenarios.flatMap(
    ({ invariants, recovery = [], eventually = [] }) => [...invariants, ...recovery, ...eventually] as { readonly name: string }[],
  )
  test.each([...new Set(stated.map(({ name }) => name))])('%s', (name) => {
    expect(tripped((subject) => !walks.includes(subject))).toContain(name)
  })

  const judged = ['divergent', 'duplicate', 'aborted', 'lost', 'skipped', 'reordered', 'stale'].map((kind) => `history (${kind})`)
  test.each([...judged, 'not linearizable (kv)'])('the judge of histories: %s', (check) => {
    expect(tripped(() => true)).toContain(check)
  })
})
