import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CampaignSurroundings, describeCampaign } from '../../../sim/report/campaign-report.js'
import { githubAnnotations } from '../../../sim/report/github-annotations.js'
import { histogramLine, measured } from '../../../sim/report/histogram-line.js'
import { junitXml } from '../../../sim/report/junit.js'
import { plain } from '../../../sim/report/palette.js'
import type { CampaignFile } from '../../../sim/run/campaign/campaign-file.js'
import { Histogram } from '../../../sim/run/campaign/histogram.js'
import { ScenarioTotals } from '../../../sim/run/campaign/scenario-totals.js'
import { resultOf } from '../run/campaign/results.js'

function fileWith(message: string, requiresSometimes = false): CampaignFile {
  const totals = new ScenarioTotals()
  totals.add(1, resultOf(0, 1, false))
  for (const seed of [2, 4]) {
    const result = resultOf(0, seed, true, 'ab12')
    totals.add(seed, { ...result, failure: { ...result.failure!, message } }, 'failures/one-ab12.json')
  }
  return {
    asked: {
      scenarios: [
        {
          scenario: 'one',
          file: 'one.scenario.ts',
          durationNanos: 1e9,
          mustMeet: ['an eight'],
          neverArmed: ['disk.rot (corruptCopies)', 'net.drop (--faults)'],
        },
      ],
      firstSeed: 1,
      seeds: 4,
      seconds: null,
      shard: null,
      isFailFast: false,
      requiresSometimes,
      requiresActed: false,
      keepsTraceHashes: false,
    },
    isComplete: true,
    totals: [totals],
  }
}

const around: CampaignSurroundings = {
  commands: (_, { kept }) => ({ replay: `npx seedfall replay ${kept.replay}` }),
  placeOf: (_, property) => (property === 'an eight' ? 'one.scenario.ts:7' : undefined),
}

describe('The report of a campaign', () => {
  const text = describeCampaign(fileWith('two leaders of term 7\nin a long story'), around, plain)

  test('tells each sort of failure once, with its seeds, its shortest run and the command for it', () => {
    expect(text).toMatch(/^✗ 2 failed {2}one {2}3 seeds: 1 to 2, 4$/m)
    expect(text).toMatch(/^ {2}✗ violation {2}ElectionSafety {2}2 seeds: 2 4 {2}ab12$/m)
    expect(text).toContain('      two leaders of term 7\n')
    expect(text).not.toContain('in a long story')
    expect(text).toContain('      replay  npx seedfall replay failures/one-ab12.json')
  })

  test('tells an unmet property with its place, and what no seed can arm', () => {
    expect(text).toContain("never     'an eight' (reachable, one.scenario.ts:7): never reached in 3 runs")
    expect(text).toContain('unarmed   disk.rot (corruptCopies)  1 kind (--faults)')
  })

  test('does not say that all passed where nothing was run', () => {
    const text = describeCampaign({ ...fileWith('x'), totals: [new ScenarioTotals()] }, around, plain)
    expect(text).toMatch(/^✗ nothing was run {2}one {2}0 seeds$/m)
    expect(text).not.toContain('passed')
  })

  test('is unmoved by a property that need not be met, and ends with one that must', () => {
    expect(text).not.toContain('was met by no run')
    expect(describeCampaign(fileWith('x', true), around, plain)).toMatch(/✗ one: 'an eight' \(reachable\) was met by no run$/)
  })
})

describe('JUnit XML', () => {
  const unescaped = (xml: string) =>
    xml
      .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
      .replace(/&quot;/g, '"')
      .replace(/&gt;/g, '>')
      .replace(/&lt;/g, '<')
      .replace(/&amp;/g, '&')

  test('has a suite for a scenario, a case for the seeds that passed and one for each sort of failure', () => {
    const xml = junitXml(fileWith('two leaders', true), around)
    expect(xml).toContain('<testsuite name="one" tests="3" failures="2" errors="0" skipped="0">')
    expect(xml).toContain('<testcase classname="one" name="1 of 3 seeds pass"/>')
    expect(xml).toContain('<failure type="violation" message="ElectionSafety: two leaders (2 seeds, seed 4)">')
    expect(xml).toContain('replay: npx seedfall replay failures/one-ab12.json')
    expect(xml).toContain(`message="'an eight' (reachable) was met by no run">stated at one.scenario.ts:7</failure>`)
  })

  test('carries any message, and nothing of it is markup', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (message) => {
        const xml = junitXml(fileWith(message), around)
        const [, text = ''] = /<failure [^>]*>([^<]*)<\/failure>/.exec(xml) ?? []
        // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no way to hold these.
        const holdable = message.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?')
        expect(unescaped(text).startsWith(`${holdable}\nseeds: 2 4\n`)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })
})

describe('Annotations for GitHub', () => {
  test('are one line each, whatever is in them', () => {
    expect(githubAnnotations(fileWith('100% lost,\nreally: yes', true), around)).toEqual([
      '::error file=one.scenario.ts,title=one%3A violation%3A ElectionSafety%2C seed 4::100%25 lost, (2 seeds)%0Areplay: npx seedfall replay failures/one-ab12.json',
      "::error title=seedfall hunt::one: 'an eight' (reachable) was met by no run; stated at one.scenario.ts:7",
    ])
  })
})

describe('A distribution in a line', () => {
  const lineOf = (...values: number[]) => {
    const histogram = new Histogram()
    for (const value of values) histogram.add(value)
    return histogramLine(histogram.toJSON(), measured('nanos'))
  }

  test('shows where most values are between the least and the greatest', () => {
    expect(lineOf(1e6, 1e6, 1e6, 1e9)).toBe(`1 ms █${' '.repeat(22)}▃ 1 s`)
    expect(lineOf(5e3)).toBe(`5 us █${' '.repeat(23)} 5 us`)
  })

  test('shows numbers at three digits, whole ones as they are', () => {
    expect([1_234_567, 12_345_678].map(measured('nanos'))).toEqual(['1.23 ms', '12.3 ms'])
    expect([987, 12_345, 0.123456, 0].map(measured('number'))).toEqual(['987', '12,300', '0.123', '0'])
  })
})
