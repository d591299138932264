import { describe, expect, test } from 'vitest'
import { type Host, ms, propertiesOver, run, s, scenario, system, workload } from '../../../sim/index.js'
import { describeNeverMet } from '../../../sim/run/properties-over-runs.js'

/** Throws a die in every run, and states what it thinks of it. */
const dice = scenario({
  name: 'dice',
  system: system({
    name: 'dice',
    roles: {
      die: {
        count: 1,
        boot(host: Host): null {
          const eyes = 1 + host.random.int(6)
          host.check.always('at least one', eyes >= 1)
          host.check.sometimes('a six', eyes === 6)
          host.check.sometimes('a seven', eyes === 7)
          if (eyes > 3) host.check.reachable('more than three')
          host.clock.timer(ms(1), () => host.check.sometimes('an even number', eyes % 2 === 0))
          return null
        },
      },
    },
    survives: {},
  }),
  workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
  invariants: [],
  faults: { strategy: 'none' },
  duration: s(1),
  healAt: s(1),
})

describe('properties over runs', async () => {
  const reports = await Promise.all(Array.from({ length: 30 }, (_, seed) => run({ scenario: dice, seed: String(seed) })))

  test('add up what runs count', () => {
    const { runs, properties } = propertiesOver(reports)
    expect(runs).toBe(30)
    expect(properties.map(({ name, kind, runs, reached }) => [name, kind, runs === reached])).toEqual([
      ['a seven', 'sometimes', true],
      ['a six', 'sometimes', true],
      ['an even number', 'sometimes', true],
      ['at least one', 'always', true],
      ['more than three', 'reachable', true],
    ])
    const sixes = properties.find(({ name }) => name === 'a six')!
    expect(sixes.held).toBe(reports.filter((report) => report.properties.find(({ name }) => name === 'a six')!.held > 0).length)
    expect(sixes.held).toBeGreaterThan(0)
    expect(properties.find(({ name }) => name === 'more than three')!.runs).toBeLessThan(30)
  })

  test('name what no run met, and what no process ever stated though it was expected', () => {
    const over = propertiesOver(reports, ['a six', 'two dice'])
    expect(over.neverMet.map(({ name }) => name)).toEqual(['a seven', 'two dice'])
    expect(describeNeverMet(over)).toBe("'a seven' (sometimes): asked 30 times and never true in 30 runs\n'two dice' (reachable): never reached in 30 runs")
  })

  test('nothing is missing where all was met', () => {
    const met = reports.map((report) => ({ properties: report.properties.filter(({ name }) => name !== 'a seven') }))
    expect(propertiesOver(met).neverMet).toEqual([])
    expect(propertiesOver([]).properties).toEqual([])
  })
})
