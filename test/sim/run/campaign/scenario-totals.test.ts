import { describe, expect, test } from 'vitest'
import { type CampaignRequest, campaignJson, isGood, shortcomingsOf } from '../../../../sim/run/campaign/campaign-file.js'
import { idleKinds, placelessKinds } from '../../../../sim/run/campaign/fault-totals.js'
import { neverArmed } from '../../../../sim/run/campaign/never-armed.js'
import { ScenarioTotals } from '../../../../sim/run/campaign/scenario-totals.js'
import type { SeedResult } from '../../../../sim/run/campaign/seed-result.js'
import { registerStore } from '../../faults/register-store.js'
import { resultOf } from './results.js'

const armed = (kind: string, injections: number) => ({ kind, armed: true, opportunities: 40, injections, heldBack: 2, exposed: 0, struck: 0 })
const calm = { ...resultOf(0, 1, false), drawn: [], faults: [], statistics: {}, properties: [], measurements: {} }

function totalsOf(...runs: readonly Partial<SeedResult>[]): ScenarioTotals {
  const totals = new ScenarioTotals()
  for (const [i, run] of runs.entries()) totals.add(i + 1, { ...calm, ...run })
  return totals
}

const asked: CampaignRequest = {
  scenarios: [{ scenario: 'one', durationNanos: 1e9, mustMeet: ['an eight'], neverArmed: [] }],
  firstSeed: 1,
  seeds: 1,
  seconds: null,
  shard: null,
  isFailFast: false,
  requiresSometimes: true,
  requiresActed: true,
  keepsTraceHashes: false,
}
const fileOf = (totals: ScenarioTotals) => ({ asked, isComplete: true, totals: [totals] })
const met = { name: 'an eight', kind: 'reachable' as const, reached: 1, held: 1 }

describe('The totals of a scenario', () => {
  test('tell kinds that were armed and acted in no run', () => {
    expect(idleKinds(totalsOf({ faults: [armed('net.drop', 0)] }, { faults: [armed('net.drop', 3)] }).faults.list())).toEqual([])
    expect(idleKinds(totalsOf({ faults: [armed('net.drop', 0), armed('net.clog', 1)] }).faults.list())).toEqual(['net.drop'])
  })

  test('tell kinds that were drawn and met no place of theirs', () => {
    const siteless = { ...armed('code.maybe', 0), armed: false, opportunities: 0, heldBack: 0 }
    const { faults } = totalsOf({ drawn: ['code.maybe', 'net.drop'], faults: [siteless, armed('net.drop', 2)] })
    expect(placelessKinds(faults.list())).toEqual(['code.maybe'])
    expect(faults.list()[1]).toMatchObject({ kind: 'net.drop', drawnIn: 1, armedIn: 1, actedIn: 1, injections: 2, heldBack: 2, opportunities: 40 })
  })

  test('count a statistic, and a kind’s injections, that a run does not have as 0', () => {
    const totals = totalsOf({ statistics: { crashes: 4, crashesInsideSteps: 3 } }, { statistics: { crashes: 6, crashesInsideSteps: 2 } }, {})
    expect([totals.median('crashes'), totals.total('crashes'), totals.crashesInside]).toEqual([4, 10, 0.5])
    expect([totalsOf({}, {}, { statistics: { crashes: 9 } }).median('crashes'), totalsOf({}).crashesInside]).toEqual([0, null])
    expect(totalsOf({}, {}, { faults: [armed('net.drop', 7)] }).median('net.drop')).toBe(0)
  })

  test('name a property that must be met though no run came to it', () => {
    expect(totalsOf({ properties: [met] }, {}).properties(['a nine', 'an eight'])).toEqual([
      { name: 'a nine', kind: 'reachable', runs: 0, reached: 0, held: 0 },
      { ...met, runs: 1 },
    ])
  })

  test('have a digest that another run under a seed changes', () => {
    const one = totalsOf({ traceHash: '00000000000000aa' }).toJSON().digest
    expect(totalsOf({ traceHash: '00000000000000ab' }).toJSON().digest).not.toBe(one)
  })
})

describe('A campaign is good', () => {
  test('when something ran, all passed, and what was required was met', () => {
    const good = fileOf(totalsOf({ properties: [met], faults: [armed('net.drop', 1)] }))
    expect([shortcomingsOf(good), isGood(good)]).toEqual([[], true])
  })
  test('not when nothing ran', () => {
    expect(shortcomingsOf(fileOf(totalsOf()))).toContainEqual({ scenario: 'one', text: 'no seed was run' })
  })
  test('not when a seed failed', () => {
    expect(isGood(fileOf(totalsOf({ properties: [met], outcome: 'stalled', failure: resultOf(0, 1, true).failure })))).toBe(false)
  })
  test('not when a kind was idle or a property unmet, if these are required', () => {
    const poor = fileOf(totalsOf({ faults: [armed('net.drop', 0)] }))
    expect(shortcomingsOf(poor)).toEqual([
      { scenario: 'one', text: "'an eight' (reachable) was met by no run", property: 'an eight' },
      { scenario: 'one', text: 'net.drop was armed and acted in no run' },
    ])
    expect(isGood(poor)).toBe(false)
    expect(isGood({ ...poor, asked: { ...asked, requiresActed: false, requiresSometimes: false } })).toBe(true)
    expect(campaignJson(poor)).toMatchObject({ scenarios: [{ unmet: ['an eight'], idleKinds: ['net.drop'] }] })
  })
})

describe('What no seed can arm', () => {
  test('is told with what stands against it', () => {
    const never = neverArmed(registerStore, {})
    expect(never).toContain('disk.rot (corruptCopies)')
    expect(never).toContain('net.priority (--strategy pct)')
    expect(never).toContain('store.slow (objects)')
    expect(never.some((kind) => kind.startsWith('process.crash'))).toBe(false)
    expect(neverArmed({ ...registerStore, faults: { strategy: 'pct', kinds: ['net.delay'] } }, {})).not.toContain('net.priority (--strategy pct)')
    expect(neverArmed({ ...registerStore, faults: { strategy: 'random', kinds: ['net.delay'] } }, {})).toContain('net.drop (faults.kinds)')
  })

  test('is also what the hunt leaves out', () => {
    const never = neverArmed(registerStore, { kinds: ['net.drop', 'disk.rot'], withoutKinds: ['net.clog'] })
    expect(never).toEqual(expect.arrayContaining(['net.clog (--no-fault)', 'net.delay (--faults)', 'disk.rot (corruptCopies)']))
    expect(never.some((kind) => kind.startsWith('net.drop'))).toBe(false)
    expect(neverArmed(registerStore, { strategy: 'pct' }).some((kind) => kind.startsWith('net.priority'))).toBe(false)
    expect(neverArmed(registerStore, { strategy: 'none' })).toEqual([])
  })
})
