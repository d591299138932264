import { describe, expect, it } from 'vitest'
import abd from '../../examples/models/abd-register.model.js'
import dining from '../../examples/models/dining-philosophers.model.js'
import increment from '../../examples/models/increment.model.js'
import incrementLock from '../../examples/models/increment-lock.model.js'
import paxos from '../../examples/models/paxos.model.js'
import singleCopy from '../../examples/models/single-copy-register.model.js'
import twoPhaseCommit from '../../examples/models/two-phase-commit.model.js'
import { type CheckOptions, check } from '../../sim/check/model-checker.js'
import { type ModelFamily, settingsOf } from '../../sim/check/model-family.js'

const make = (family: ModelFamily, ...set: string[]) => family.make(settingsOf(family, set))

/** What Stateright 0.31 reports of its own examples on one thread: unique states and states. Its depth counts states, ours actions. */
type Row = readonly [family: ModelFamily, set: string, options: CheckOptions, unique: number, generated: number, depth: number]

const dfs = { search: 'dfs' } as const
const sorted = { search: 'dfs', symmetry: 'representative' } as const

const rows: readonly Row[] = [
  [twoPhaseCommit, 'resourceManagers=3', {}, 288, 1_146, 11],
  [twoPhaseCommit, 'resourceManagers=5', dfs, 8_832, 58_146, 17],
  [twoPhaseCommit, 'resourceManagers=1', sorted, 12, 20, 5],
  [twoPhaseCommit, 'resourceManagers=3', sorted, 107, 411, 11],
  [twoPhaseCommit, 'resourceManagers=5', sorted, 665, 4_091, 17],
  [twoPhaseCommit, 'resourceManagers=6', sorted, 1_521, 11_097, 20],
  [increment, 'threads=2', {}, 13, 15, 5],
  [increment, 'threads=4', {}, 123, 160, 5],
  [increment, 'threads=4', dfs, 24, 24, 9],
  [increment, 'threads=4', sorted, 10, 24, 7],
  [incrementLock, 'threads=4', {}, 257, 257, 17],
  [incrementLock, 'threads=5', sorted, 21, 31, 21],
  [singleCopy, 'clients=2 servers=1', dfs, 93, 121, 9],
  [singleCopy, 'clients=2 servers=2', {}, 54, 69, 8],
  [singleCopy, 'clients=2 servers=2', dfs, 42, 53, 9],
  [singleCopy, 'clients=3 servers=1 lossy=true', {}, 8_114, 20_755, 13],
  [paxos, 'clients=2 servers=3', {}, 16_668, 32_971, 21],

  [abd, 'clients=2 servers=2', {}, 544, 875, 25],
  [abd, 'clients=2 servers=2 network=ordered', {}, 620, 883, 25],
  [abd, 'clients=2 servers=2 network=ordered lossy=true', {}, 1_166, 2_459, 25],
  [abd, 'clients=2 servers=2 puts=2', {}, 2_980, 4_691, 37],
  [paxos, 'clients=1 servers=3 network=duplicating', {}, 634, 1_783, 15],
  [paxos, 'clients=2 servers=3 network=ordered', {}, 6_714, 16_749, 13],
  [paxos, 'clients=2 servers=3 network=ordered', dfs, 2_387, 6_796, 23],
  [singleCopy, 'clients=3 servers=2 network=duplicating', {}, 502, 1_178, 7],
  [singleCopy, 'clients=3 servers=2 network=duplicating lossy=true', {}, 4_286, 12_531, 7],
]

describe('The models in the box', () => {
  it.each(rows.map(([family, set, options, ...counts]) => ({ name: family.name, set, how: JSON.stringify(options), family, options, counts })))(
    "$name with $set $how has the states of Stateright's",
    ({ family, set, options, counts: [unique, generated, depth] }) => {
      const { uniqueStates, generatedStates, depth: actions } = check(make(family, ...set.split(' ')), options)
      expect([uniqueStates, generatedStates, actions + 1]).toEqual([unique, generated, depth])
    },
  )

  it('agree with each other when states are compared whole', () => {
    for (const [family, set, options, unique] of rows) {
      if (options.symmetry !== undefined || unique > 10_000) continue
      expect(check(make(family, ...set.split(' ')), { ...options, exact: true }).uniqueStates, `${family.name} ${set}`).toBe(unique)
    }
  })

  it('show what is wrong by a shortest way', () => {
    const [fin] = check(make(increment)).violations
    expect(fin).toMatchObject({ property: 'fin', detail: '2 threads have written, and the number is 1', actions: { length: 4 } })
    const [stale] = check(make(singleCopy, 'servers=2')).violations
    expect(stale).toMatchObject({ property: 'linearizable', actions: { length: 4 } })
    const starved = check(make(dining, 'philosophers=4'), { keepGoing: true }).violations
    expect(starved.map(({ property, actions }) => [property, actions.length])).toEqual([
      ['no deadlock', 4],
      ['all have eaten', 4],
    ])
  })

  it('hold where they should', () => {
    expect(check(make(incrementLock, 'threads=3'))).toMatchObject({ complete: true, violations: [] })
    expect(check(make(dining, 'philosophers=5', 'oneIsLeftHanded=true'))).toMatchObject({ complete: true, violations: [], unreached: [] })
  })
})
