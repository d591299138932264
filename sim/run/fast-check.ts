/**
 * `seedfall/fast-check`: what a run is made of, as arbitraries. A property over a scenario then shrinks by fast-check's own means: to fewer injections and
 * operations, fewer hosts, options nearer to their least.
 */
import * as fc from 'fast-check'
import { BrokenInjection } from '../faults/broken-injection.js'
import { catalogueOf } from '../faults/catalogue.js'
import type { FaultKind, FaultPlan, Injection } from '../faults/injection.js'
import { Misuse } from '../host/errors.js'
import { clientRole } from '../host/outside-role.js'
import type { Nanos } from '../host/seam.js'
import { plain } from '../report/palette.js'
import { describeResult } from '../report/run-result.js'
import { storyOf } from '../report/story.js'
import { shown } from './check-scenario.js'
import { replayCommand, SimulationTestFailed } from './node/run-seeds.js'
import { isPlainJson, type PlannedOperation } from './planned-operation.js'
import type { RunReport, RunRequest } from './report.js'
import { run } from './run.js'
import type { AnyScenario, OptionRange, Options } from './scenario.js'
import { hostCount, type Topology } from './topology.js'

export { SimulationTestFailed } from './node/run-seeds.js'
export type { PlannedOperation } from './planned-operation.js'
export type { Topology } from './topology.js'

/** One run as a property draws it; what is not drawn the seed decides. */
export interface SimulationCase {
  readonly seed: string
  readonly plan?: FaultPlan
  readonly options?: Options
  readonly topology?: Topology
  readonly operations?: readonly PlannedOperation[]
}

/** Seeds as texts. They do not shrink: a smaller seed is not a simpler run. */
export function seeds(): fc.Arbitrary<string> {
  return fc.noShrink(fc.nat({ max: 0xffff_ffff })).map(String)
}

export interface FaultPlansOptions {
  /** How many seeds of the scenario the plans are cut out of; 8 when not given. */
  readonly seeds?: number
  /** The first of them; 1 when not given. */
  readonly firstSeed?: number
  /** At most so many injections in a plan. */
  readonly most?: number
  /** Only these kinds of fault. */
  readonly kinds?: readonly FaultKind[]
  /** Of the runs that the plans are cut out of, and best also of those that have them. */
  readonly duration?: Nanos
}

/**
 * Fault plans that a scenario can take: each is a part of what one of its own seeds brings, so that every injection is complete, aims at something that there
 * is, and the system survives them together. They shrink to fewer injections, in the end to none. The seeds are run first, which is why this is a promise.
 * An injection may find no site in a run that goes another way; it then does nothing.
 */
export async function faultPlans(scenario: AnyScenario, options: FaultPlansOptions = {}): Promise<fc.Arbitrary<FaultPlan>> {
  const { seeds: count = 8, firstSeed = 1, most, kinds, duration } = options
  mustBeWhole('faultPlans: seeds', count, 1)
  if (most !== undefined) mustBeWhole('faultPlans: most', most, 1)
  const storms: (readonly Injection[])[] = []
  for (let i = 0; i < count; i++) {
    const { injections } = await run({
      scenario,
      seed: String(firstSeed + i),
      ...(kinds === undefined ? {} : { kinds }),
      ...(duration === undefined ? {} : { duration }),
    })
    if (injections.length > 0) storms.push(injections)
  }
  if (storms.length === 0) return fc.constant({ injections: [] })
  const ofStorm = (storm: readonly Injection[]) => fc.subarray([...storm], { maxLength: Math.min(most ?? storm.length, storm.length) })
  // Another storm is no simpler one: only what is taken of it shrinks.
  return fc
    .noShrink(fc.constantFrom(...storms))
    .chain(ofStorm)
    .map((injections) => ({ injections }))
}

/** A scenario's own options, each within its range; they shrink towards the least. */
export function scenarioOptions(scenario: AnyScenario): fc.Arbitrary<Options> {
  const ranges = Object.entries((scenario.options ?? {}) as Readonly<Record<string, OptionRange>>)
  return fc.record(Object.fromEntries(ranges.map(([name, range]) => [name, optionIn(range)])))
}

/** `log`: a doubling first, each as likely as another, then a place inside it. */
function optionIn({ min, max, log }: OptionRange): fc.Arbitrary<number> {
  if (log !== true) return fc.integer({ min, max })
  const lows: number[] = []
  for (let low = Math.max(1, min); low <= max; low *= 2) lows.push(low)
  return fc.constantFrom(...lows).chain((low) => fc.integer({ min: Math.max(min, low), max: Math.min(max, 2 * low - 1) }))
}

/**
 * How many hosts of a role there are, and clients (`client`), between bounds: `{ replica: { min: 3 } }`. A scenario's own number is the most that there can
 * be, and it is taken where `max` is not given; roles that are not named have it, too. They shrink towards `min`.
 */
export function topologies(scenario: AnyScenario, bounds: Readonly<Record<string, { readonly min: number; readonly max?: number }>>): fc.Arbitrary<Topology> {
  const roles = [...Object.keys(scenario.system.roles), clientRole]
  for (const [role, { min, max }] of Object.entries(bounds)) {
    if (!roles.includes(role)) throw new Misuse(`topologies: scenario ${scenario.name} has no role '${role}': it has ${roles.join(', ')}`)
    const most = hostCount(scenario, role, undefined)
    mustBeWhole(`topologies: ${role}.min`, min, role === clientRole ? 0 : 1)
    if (min > (max ?? most) || (max ?? most) > most)
      throw new Misuse(`topologies: ${role} is between ${min} and ${max ?? most}, and scenario ${scenario.name} has ${most} of them`)
  }
  return fc.record(
    Object.fromEntries(Object.entries(bounds).map(([role, { min, max }]) => [role, fc.integer({ min, max: max ?? hostCount(scenario, role, undefined) })])),
  )
}

/** What a scenario's workload performs. */
export type OperationOf<S extends AnyScenario> = Parameters<S['workload']['perform']>[1]

export interface OperationsOptions {
  /** At most so many for each client; 20 when not given. */
  readonly most?: number
  /** They are invoked at times from 0 to this one, or when their client has finished the one before; the scenario's `healAt` when not given. */
  readonly within?: Nanos
}

/**
 * What each client of a scenario does, and when, instead of what its workload would generate: lists of the given operations, of the workload's own type. They
 * shrink to fewer and simpler ones; what is left out moves no other. An operation has to be plain JSON, since a replay file keeps it.
 */
export function operations<S extends AnyScenario>(
  scenario: S,
  operation: fc.Arbitrary<OperationOf<S>>,
  options: OperationsOptions = {},
): fc.Arbitrary<readonly PlannedOperation[]> {
  const { most = 20, within = scenario.healAt } = options
  mustBeWhole('operations: most', most, 1)
  mustBeWhole('operations: within', within, 0)
  const clients = hostCount(scenario, clientRole, undefined)
  // An earlier time is no simpler one: shrunk, it would end at the edge of what still fails, where nothing else can be left out any more.
  const timed = fc.record({ at: fc.noShrink(fc.nat({ max: within })), op: operation })
  // Without `size`, fast-check would draw some ten at most.
  const oneClients = fc.array(timed, { maxLength: most, size: 'max' })
  return fc.tuple(...Array.from({ length: clients }, () => oneClients)).map((lists) => lists.flatMap((list, i) => planned(i + 1, list)))
}

function planned(client: number, list: readonly { readonly at: number; readonly op: unknown }[]): PlannedOperation[] {
  const wrong = list.find(({ op }) => !isPlainJson(op))
  if (wrong !== undefined) throw new Misuse(`operations: ${shown(wrong.op)} is no plain JSON: a replay file could not keep it`)
  const inTime = list.toSorted((a, b) => a.at - b.at)
  return inTime.map(({ at, op }, index) => ({ client, index, at, op }))
}

/** What a property draws of a run; what is not given the seed decides. */
export interface CaseArbitraries {
  readonly seed?: fc.Arbitrary<string>
  readonly plan?: fc.Arbitrary<FaultPlan>
  readonly options?: fc.Arbitrary<Options>
  readonly topology?: fc.Arbitrary<Topology>
  readonly operations?: fc.Arbitrary<readonly PlannedOperation[]>
}

export interface SimPropertyOptions extends Pick<RunRequest, 'duration' | 'strategy' | 'kinds' | 'withoutKinds'> {
  /** What must hold of a run that passed, beside the scenario's own checks: a sentence says what is wrong, and so does what it throws. */
  holds?(report: RunReport, drawn: SimulationCase): string | undefined
}

/**
 * A property of fast-check, `await fc.assert(simProperty(scenario, { plan: await faultPlans(scenario) }))`: a run for each case must pass. `assertSimulation`
 * also writes the replay file of what it was shrunk to.
 */
export function simProperty(scenario: AnyScenario, drawn: CaseArbitraries, options: SimPropertyOptions = {}): fc.IAsyncPropertyWithHooks<[SimulationCase]> {
  return fc.asyncProperty(cases(drawn), async (one) => {
    const { report, wrong } = await tried(scenario, one, options)
    if (wrong !== null) throw new SimulationTestFailed(textOf(report, wrong, {}), one.seed)
  })
}

export interface AssertOptions extends SimPropertyOptions {
  /** The scenario's file, from the folder that the test runs in: then a failure leaves a replay file and prints the command for it. */
  readonly file?: string
}

/**
 * Checks a property over a scenario. Rejects with a `SimulationTestFailed` that tells the simplest case fast-check came to as any other failing run is told:
 * what happened in words, its report, the command that replays it, and fast-check's own seed and path.
 *
 * @example
 * await assertSimulation(scenario, { plan: await faultPlans(scenario), operations: operations(scenario, op) }, { file: 'store.scenario.ts' }, { numRuns: 50 })
 */
export async function assertSimulation(
  scenario: AnyScenario,
  drawn: CaseArbitraries,
  options: AssertOptions = {},
  parameters: fc.Parameters<[SimulationCase]> = {},
): Promise<void> {
  const details = await fc.check(simProperty(scenario, drawn, options), parameters)
  if (!details.failed) return
  const [one] = details.counterexample ?? []
  if (one === undefined) throw new SimulationTestFailed(`${scenario.name}: ${fc.defaultReportMessage(details)}`)
  const head = `Property failed after ${details.numRuns} ${details.numRuns === 1 ? 'run' : 'runs'}, shrunk ${details.numShrinks} times to ${sizeOf(one)}`
  const again = `{ seed: ${details.seed}, path: '${details.counterexamplePath}', endOnFailure: true }`
  let made: Tried
  try {
    made = await tried(scenario, one, options)
  } catch (error) {
    // Its judge or statistics threw: there is no report, and no replay.
    throw new SimulationTestFailed(
      `${head}\n  ${scenario.name}, seed ${one.seed}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}\n  case   ${JSON.stringify(one)}\n  again  ${again}`,
      one.seed,
      { cause: error },
    )
  }
  const { report, request, wrong } = made
  if (wrong === null)
    throw new SimulationTestFailed(
      `${head}\n  and the same run passes when it is made again: something outlives a run, look with --check-determinism\n  ${again}`,
      one.seed,
    )
  const commands = { ...(report.outcome === 'passed' ? {} : await replayCommand(request, report, options.file)), again }
  const listed = one.operations === undefined ? [] : [`  operations  ${JSON.stringify(one.operations)}`]
  const text = [head, ...storyIn(report, scenario), textOf(report, wrong, commands), ...listed].join('\n')
  throw new SimulationTestFailed(text, one.seed, { cause: details.errorInstance })
}

/** More injections than these make no story: the report counts them. */
const mostToTell = 24

/** What happened in the run that failed, in words, as `seedfall shrink` tells it. */
function storyIn(report: RunReport, scenario: AnyScenario): string[] {
  const { injections, outcome } = report
  if (injections.length > mostToTell || (outcome === 'passed' && injections.length === 0)) return []
  return ['', ...storyOf(report, catalogueOf(scenario)).map((line) => `  ${line}`), '']
}

function cases({ seed = seeds(), ...given }: CaseArbitraries): fc.Arbitrary<SimulationCase> {
  const model = { seed, ...Object.fromEntries(Object.entries(given).filter(([, arbitrary]) => arbitrary !== undefined)) }
  return fc.record(model as { readonly [K in keyof SimulationCase]: fc.Arbitrary<SimulationCase[K]> }) as fc.Arbitrary<SimulationCase>
}

interface Tried {
  readonly request: RunRequest
  readonly report: RunReport
  /** Null: nothing is. */
  readonly wrong: string | null
}

async function tried(scenario: AnyScenario, one: SimulationCase, options: SimPropertyOptions): Promise<Tried> {
  const { holds, duration, strategy, kinds, withoutKinds } = options
  const request: RunRequest = {
    scenario,
    ...one,
    ...(one.operations === undefined ? {} : { operations: performable(scenario, one) }),
    ...(duration === undefined ? {} : { duration }),
    ...(strategy === undefined ? {} : { strategy }),
    ...(kinds === undefined ? {} : { kinds }),
    ...(withoutKinds === undefined ? {} : { withoutKinds }),
  }
  let report: RunReport
  try {
    report = await run(request)
  } catch (error) {
    // Where the topology left out what an injection names, the case is none.
    if (error instanceof BrokenInjection) fc.pre(false)
    throw error
  }
  if (report.outcome !== 'passed') return { request, report, wrong: report.outcome }
  return { request, report, wrong: complaintOf(holds, report, one) }
}

function complaintOf(holds: SimPropertyOptions['holds'], report: RunReport, one: SimulationCase): string | null {
  try {
    return holds?.(report, one) ?? null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Those of the clients that there are. */
function performable(scenario: AnyScenario, { operations: all = [], topology }: SimulationCase): PlannedOperation[] {
  const clients = hostCount(scenario, clientRole, topology)
  return all.filter(({ client }) => client <= clients)
}

function textOf(report: RunReport, wrong: string, commands: Readonly<Record<string, string>>): string {
  const result = describeResult(report, { commands }, plain)
  return report.outcome === 'passed' ? `✗ ${report.scenario}, seed ${report.seed}: the run passed, and yet ${wrong}\n${result}` : result
}

/** `2 injections and 3 operations under seed 7`. */
function sizeOf({ seed, plan, operations: listed, topology }: SimulationCase): string {
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`
  const parts = [
    ...(plan === undefined || plan.injections === 'seeded' ? [] : [counted(plan.injections.length, 'injection')]),
    ...(listed === undefined ? [] : [counted(listed.length, 'operation')]),
    ...Object.entries(topology ?? {}).map(([role, count]) => counted(count, role)),
  ]
  return `${parts.length === 0 ? 'a run' : parts.join(', ')} under seed ${seed}`
}

function mustBeWhole(what: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) throw new Misuse(`${what} is a whole number from ${least} on, not ${shown(value)}`)
}
