import { describe, expect, test } from 'vitest'
import { shortcomings } from '../../tools/check-seeds.js'
import { storm } from '../../tools/storm/storm.js'
import { neverArmed, type StormRun, StormSummary } from '../../tools/storm/storm-summary.js'
import { registerStore } from '../sim/faults/register-store.js'

const calm: StormRun = { seed: '1', outcome: 'passed', check: null, message: null, steps: 10, seconds: 0.5, drawn: [], faults: [], statistics: {} }
const armed = (kind: string, injections: number) => ({ kind, armed: true, opportunities: 40, injections, heldBack: 2 }) as StormRun['faults'][number]

function summaryOf(...runs: readonly Partial<StormRun>[]): StormSummary {
  const summary = new StormSummary()
  for (const run of runs) summary.add({ ...calm, ...run })
  return summary
}

describe('The summary of a storm', () => {
  test('is good when all passed and every armed kind acted in some run', () => {
    expect(summaryOf({ faults: [armed('net.drop', 0)] }, { faults: [armed('net.drop', 3)] }).isGood).toBe(true)
    expect(summaryOf({ faults: [armed('net.drop', 0), armed('net.clog', 1)] })).toMatchObject({ isGood: false, idleKinds: ['net.drop'] })
    expect(summaryOf({ outcome: 'stalled' }).isGood).toBe(false)
    expect(summaryOf().isGood).toBe(false)
  })

  test('counts a statistic that a run does not have as 0', () => {
    const summary = summaryOf({ statistics: { crashes: 4, crashesInsideSteps: 3 } }, { statistics: { crashes: 6, crashesInsideSteps: 2 } }, {})
    expect([summary.median('crashes'), summary.total('crashes'), summary.crashesInside]).toEqual([4, 10, 0.5])
    expect([summaryOf({}, {}, { statistics: { crashes: 9 } }).median('crashes'), summaryOf({}).crashesInside]).toEqual([0, null])
  })

  test('tells what was held back as a share of the opportunities', () => {
    expect(summaryOf({ faults: [armed('process.pause', 5)] }).describe()).toContainEqual(expect.stringMatching(/^process\.pause +0 +1 +1 +5 +5 +5\.0%$/))
  })
})

describe('What a storm contained', () => {
  test('tells kinds that were drawn and met no place of theirs', () => {
    const siteless = { kind: 'code.maybe', armed: false, opportunities: 0, injections: 0, heldBack: 0 } as StormRun['faults'][number]
    const summary = summaryOf({ drawn: ['code.maybe', 'net.drop'], faults: [siteless, armed('net.drop', 2)] })
    expect(summary.placelessKinds).toEqual(['code.maybe'])
    expect(summary.isGood).toBe(true)
    expect(summary.describe()).toContain('code.maybe was drawn and met no place of its own')
    expect(summary.describe()).toContainEqual(expect.stringMatching(/^net\.drop +1 +1 +1 +2 +2 +5\.0%$/))
  })

  test('tells what no seed can arm, and what stands against it', () => {
    const never = neverArmed(registerStore)
    expect(never).toContain('disk.rot (corruptCopies)')
    expect(never).toContain('net.priority (--strategy pct)')
    expect(never).toContain('store.slow (objects)')
    expect(never.some((kind) => kind.startsWith('process.crash'))).toBe(false)
    expect(neverArmed({ ...registerStore, faults: { strategy: 'pct', kinds: ['net.delay'] } })).not.toContain('net.priority (--strategy pct)')
    expect(neverArmed({ ...registerStore, faults: { strategy: 'random', kinds: ['net.delay'] } })).toContain('net.drop (faults.kinds)')
  })
})

describe('Seeds that every change must pass', () => {
  test('are found wanting where too little happened', () => {
    const summary = summaryOf({ faults: [armed('net.drop', 0), armed('net.partition', 1)], statistics: { crashes: 4, crashesInsideSteps: 1, applied: 50 } })
    expect(shortcomings(summary, { applied: 50, 'net.partition': 1 }, 0.3)).toEqual([
      'net.drop was armed and never acted',
      '25% of crashes fell strictly inside steps',
    ])
    expect(shortcomings(summaryOf({}), { applied: 50 }, 0.3)).toEqual(['a median of 0 applied a run, where 50 is the least'])
  })
})

describe('A storm', () => {
  test('runs every seed once, in as many processes as it is given, and keeps what failed', async () => {
    const seen: string[] = []
    const summary = await storm('test/cli/fixtures/crashing.scenario.ts', { firstSeed: 7, seeds: 3, jobs: 2, onRun: (run) => seen.push(run.seed) })
    expect(seen.sort()).toEqual(['7', '8', '9'])
    expect(summary.outcomes).toEqual(new Map([['crashed', 3]]))
    expect(summary.failures[0]).toMatchObject({ outcome: 'crashed', check: expect.any(String), message: expect.any(String) })
  })

  test('begins no further seed once it is told to stop', async () => {
    const stop = new AbortController()
    const summary = await storm('test/cli/fixtures/crashing.scenario.ts', { firstSeed: 1, seeds: 50, jobs: 1, onRun: () => stop.abort(), signal: stop.signal })
    expect(summary.runs).toBe(1)
  })

  test('rejects when its processes cannot run', async () => {
    await expect(storm('test/cli/fixtures/throws.scenario.ts', { firstSeed: 1, seeds: 2, jobs: 1 })).rejects.toThrow('ended with')
  })
})
