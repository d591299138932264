import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { raftCoreInvariants } from '../../invariants/raft/core-invariants.js'
import { scenarios } from '../../scenarios/index.js'
import { hunt } from '../../tools/plant/hunt.js'
import { isExpected } from '../../tools/plant/plant.js'
import { substitute } from '../../tools/plant/substitute.mjs'
import { repository } from '../../tools/repository.js'
import { plants } from './plants.js'

/** Disjoint, and one of them new at every run: what is found must not hang on the seeds it was tuned with. */
const ranges = [1_000_000 + randomInt(1_000_000_000), 1, 100_001]
const seeds = 300

describe.each(plants)('$name', (plant) => {
  test('is one exact substitution', () => {
    const text = readFileSync(path.join(repository, plant.file), 'utf8')
    expect(substitute(plant, text)).not.toBe(text)
  })

  test.each(plant.isThorough ? ranges : ranges.slice(0, 1))(
    `is caught by ${plant.expect} within ${seeds} seeds from %d on`,
    async (firstSeed) => {
      const found = await hunt(plant, { firstSeed, seeds })
      expect(isExpected(plant, found.check), JSON.stringify(found)).toBe(true)
    },
    15 * 60_000,
  )
})

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
