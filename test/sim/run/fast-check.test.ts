import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import lock from '../../../examples/lock.scenario.js'
import raft from '../../../scenarios/raft.scenario.js'
import { headerOf, run } from '../../../sim/index.js'
import { assertSimulation, faultPlans, operations, type SimulationCase, scenarioOptions, seeds, simProperty, topologies } from '../../../sim/run/fast-check.js'
import { parseReplay, requestOf } from '../../../sim/run/replay.js'
import { fragile } from './corpus/fragile.js'

const broken = fragile()
const repaired = fragile(true)

describe('arbitraries', () => {
  test('of seeds are texts that a run takes', () => {
    fc.assert(fc.property(seeds(), (seed) => headerOf({ scenario: lock, seed }).seed === seed))
  })

  test("of options are of the scenario's own, each within its range, and a run takes them as they are", () => {
    fc.assert(
      fc.property(scenarioOptions(raft), (options) => {
        for (const [name, { min, max }] of Object.entries(raft.options ?? {})) {
          expect(options[name]).toBeGreaterThanOrEqual(min)
          expect(options[name]).toBeLessThanOrEqual(max)
        }
        expect(headerOf({ scenario: raft, seed: '1', options }).options).toMatchObject(options)
      }),
      { numRuns: 50 },
    )
  })

  test('of logarithmic options come to every order of magnitude', () => {
    const drawn = fc.sample(scenarioOptions(raft), { numRuns: 300, seed: 1 }).map(({ maxBatchBytes }) => Math.floor(Math.log2(maxBatchBytes as number)))
    expect([...new Set(drawn)].sort((a, b) => a - b)).toEqual(Array.from({ length: 9 }, (_, i) => 8 + i))
  })

  test('of topologies stay within their bounds, and a run has so many hosts', () => {
    const drawn = topologies(raft, { member: { min: 3 }, client: { min: 0, max: 2 } })
    fc.assert(
      fc.property(drawn, (topology) => {
        expect(topology.member).toBeGreaterThanOrEqual(3)
        expect(topology.client).toBeLessThanOrEqual(2)
        expect(headerOf({ scenario: raft, seed: '1', topology }).hosts).toHaveLength(topology.member as number)
      }),
      { numRuns: 50 },
    )
    expect(new Set(fc.sample(drawn, { numRuns: 100, seed: 1 }).map(({ member }) => member))).toEqual(new Set([3, 4, 5]))
  })

  test('of operations are in the order of each client, and are performed as they are', async () => {
    const drawn = operations(repaired, fc.nat({ max: 99 }), { most: 6, within: 800_000_000 })
    await fc.assert(
      fc.asyncProperty(seeds(), drawn, async (seed, planned) => {
        const { history, outcome } = await run({ scenario: repaired, seed, operations: planned, strategy: 'none', duration: 1e9 })
        expect(outcome).toBe('passed')
        for (const client of [1, 2]) {
          const asked = planned.filter((operation) => operation.client === client)
          expect(history.filter((record) => record.client === client).map(({ op }) => op)).toEqual(asked.map(({ op }) => op))
          expect(asked.map(({ at }) => at)).toEqual(asked.map(({ at }) => at).sort((a, b) => a - b))
        }
      }),
      { numRuns: 20 },
    )
  })

  test("of operations are of the workload's type", () => {
    const key = fc.constantFrom('k1', 'k2')
    const op = fc.oneof(
      fc.record({ f: fc.constant('get' as const), key }),
      fc.record({ f: fc.constant('put' as const), key, value: fc.nat(), ballast: fc.nat(9) }),
    )
    expect(fc.sample(operations(raft, op), 3)).toHaveLength(3)
    // @ts-expect-error: there is no such operation.
    operations(raft, fc.record({ f: fc.constant('erase' as const), key }))
  })

  test('of fault plans are parts of what seeds of the scenario bring: each injection has its site, and the system survives them', async () => {
    const plans = await faultPlans(repaired, { seeds: 4, most: 3 })
    const pool = await Promise.all(['1', '2', '3', '4'].map(async (seed) => (await run({ scenario: repaired, seed })).injections))
    await fc.assert(
      fc.asyncProperty(seeds(), plans, async (seed, plan) => {
        if (plan.injections === 'seeded') throw new Error('a plan lists its injections')
        expect(plan.injections.length).toBeLessThanOrEqual(3)
        expect(
          pool.some((injections) =>
            (plan.injections as readonly object[]).every((one) => injections.some((other) => JSON.stringify(other) === JSON.stringify(one))),
          ),
        ).toBe(true)
        const report = await run({ scenario: repaired, seed, plan })
        expect(report.outcome).toBe('passed')
        expect(report.stale).toEqual([])
      }),
      { numRuns: 15 },
    )
  })

  test.each([
    [() => topologies(raft, { broker: { min: 1 } }), "topologies: scenario raft has no role 'broker': it has member, client"],
    [() => topologies(raft, { member: { min: 3, max: 7 } }), 'topologies: member is between 3 and 7, and scenario raft has 5 of them'],
    [() => topologies(raft, { member: { min: 0 } }), 'topologies: member.min is a whole number from 1 on, not 0'],
    [() => operations(repaired, fc.nat(), { most: 0 }), 'operations: most is a whole number from 1 on, not 0'],
    [() => fc.sample(operations(repaired, fc.constant(new Date(0)), { most: 5 }), { numRuns: 20, seed: 1 }), 'is no plain JSON'],
  ])('%#: what cannot be is a misuse', (make, says) => expect(make).toThrow(says))
})

describe('a property over a scenario', () => {
  const home = process.cwd()
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-fast-check-'))
  beforeAll(() => process.chdir(folder))
  afterAll(() => {
    process.chdir(home)
    rmSync(folder, { recursive: true, force: true })
  })

  test('holds where every case passes', async () => {
    const plan = await faultPlans(repaired, { seeds: 3 })
    await assertSimulation(repaired, { plan, operations: operations(repaired, fc.nat({ max: 99 })) }, {}, { numRuns: 10 })
    await fc.assert(simProperty(repaired, { plan }), { numRuns: 5 })
  })

  test('shrinks by fast-check to the one injection and the one operation that matter, and leaves a replay file of them', async () => {
    // Requests all along, so that whichever pause is drawn meets one.
    const requests = operations(broken, fc.nat({ max: 99 }), { most: 60 })
    const failure = await assertSimulation(
      broken,
      { plan: await faultPlans(broken, { seeds: 4 }), operations: requests },
      { file: 'test/sim/run/corpus/fragile.ts' },
      { seed: 1, numRuns: 500 },
    ).catch((error: Error) => error)
    if (failure === undefined) throw new Error('the mistake was not found')
    expect(failure.name).toBe('SimulationTestFailed')
    const { message } = failure
    expect(message).toMatch(
      /^Property failed after \d+ runs?, shrunk \d+ times to 1 injection, 1 operation under seed \d+\n\n {2}1\. At .*\n[^✗]*✗ violation {2}fragile {2}seed \d+ {2}echo/,
    )
    const [, story] = message.split('\n\n') as [string, string]
    expect(story.split('\n')).toEqual([
      expect.stringMatching(/^ {2}1\. At [\d.]+ \w+ server-1 stands still for .*\.$/),
      expect.stringMatching(/^ {2}2\. At [\d.]+ \w+ client-\d asks \d+.*\.$/),
      expect.stringMatching(/^ {2}Then, at [\d.]+ \w+, echo: /),
    ])
    expect(message).toMatch(/again\s+\{ seed: 1, path: '[\d:]+', endOnFailure: true \}/)
    const file = /npx seedfall replay (\S+)/.exec(message)?.[1] as string
    const replay = parseReplay(readFileSync(path.join(folder, file), 'utf8'))
    expect(replay.injections).toHaveLength(1)
    expect(replay.operations).toHaveLength(1)
    expect((await run(requestOf(replay, broken))).traceHash).toBe(replay.found.traceHash)
  })

  test("is found again by fast-check's own seed and path", async () => {
    const plan = await faultPlans(broken, { seeds: 4 })
    const details = await fc.check(simProperty(broken, { plan }), { seed: 3, numRuns: 60 })
    expect(details.failed).toBe(true)
    const again = await fc.check(simProperty(broken, { plan }), { seed: 3, path: details.counterexamplePath as string, endOnFailure: true })
    expect(again.counterexample).toEqual(details.counterexample)
    expect(String((again.errorInstance as Error).message)).toContain('✗ violation  fragile')
  })

  test('tells the simplest case of a judge that throws, and how it is found again', async () => {
    const judge = (history: readonly unknown[]) => {
      if (history.length > 3) throw new TypeError('cannot judge')
      return undefined
    }
    const throwing = { ...repaired, workload: { ...repaired.workload, judge } }
    const drawn = { operations: operations(repaired, fc.nat({ max: 99 })), seed: fc.constant('5') }
    const failure = await assertSimulation(throwing, drawn, { strategy: 'none' }, { seed: 1, numRuns: 20 }).catch((error: Error) => error)
    expect(failure).toMatchObject({ name: 'SimulationTestFailed', seed: '5', cause: expect.any(TypeError) })
    expect(failure?.message).toMatch(
      /^Property failed after \d+ runs?, shrunk \d+ times to 4 operations under seed 5\n {2}fragile, seed 5: TypeError: cannot judge\n {2}case {3}\{.*"operations".*\n {2}again {2}\{ seed: 1, path: '[\d:]+', endOnFailure: true \}$/,
    )
  })

  test('may ask more of a run than its scenario does', async () => {
    const holds = (report: { readonly steps: number }, { topology }: SimulationCase) => (topology?.client === 0 ? undefined : `it took ${report.steps} steps`)
    const drawn = { topology: topologies(repaired, { client: { min: 0 } }), seed: fc.constant('5') }
    const failure = await assertSimulation(repaired, drawn, { holds, strategy: 'none' }, { seed: 1, numRuns: 20 }).catch((error: Error) => error)
    expect(failure?.message).toMatch(/shrunk \d+ times to 1 client under seed 5\n✗ fragile, seed 5: the run passed, and yet it took \d+ steps/)
  })

  test('leaves out the operations of clients that a topology has not', async () => {
    const drawn = { topology: topologies(repaired, { client: { min: 1, max: 1 } }), operations: operations(repaired, fc.nat({ max: 99 }), { most: 5 }) }
    await fc.assert(simProperty(repaired, drawn, { holds: ({ history }) => (history.every(({ client }) => client === 1) ? undefined : 'another client') }), {
      numRuns: 10,
    })
  })
})
