import * as v from 'valibot'
import { ambientModes } from '../ambient/ambient-mode.js'
import { catalogueOf } from '../faults/catalogue.js'
import { Misuse } from '../host/errors.js'
import { shown } from './check-scenario.js'
import { checkOperations, type PlannedOperation } from './planned-operation.js'
import type { RunReport, RunRequest } from './report.js'
import { run } from './run.js'
import type { AnyScenario } from './scenario.js'
import { checkTopology } from './topology.js'

/** The small file that makes a run again: the seed, what was asked for, and the exact injections. Plain JSON. */
export type Replay = v.InferOutput<typeof replaySchema>

/** Raised whenever an older program would make another run of a newer file. Version 2 has no `operations` and no `topology`, and is read as it is. */
export const replayVersion = 3
const oldestVersion = 2

/** A file that is not a replay of this version; the message is one line for people. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError'
}

const format = 'seedfall-replay'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const injectionSchema = v.object({
  kind: v.string(),
  site: v.string(),
  ordinal: count,
  at: count,
  args: v.record(v.string(), v.unknown()),
})
const replaySchema = v.object({
  format: v.literal(format),
  version: v.picklist([oldestVersion, replayVersion]),
  scenario: v.string(),
  /** The scenario's file when it is none of Seedfall's own, relative to where the command ran. */
  file: v.optional(v.string()),
  seed: v.pipe(v.string(), v.minLength(1)),
  salt: v.optional(v.string()),
  strategy: v.picklist(['random', 'targeted', 'burst', 'rolling', 'pct', 'none']),
  kinds: v.optional(v.array(v.string())),
  withoutKinds: v.optional(v.array(v.string())),
  ambient: v.optional(v.picklist(ambientModes)),
  durationNanos: v.pipe(count, v.minValue(1)),
  options: v.record(v.string(), v.number()),
  /** Exactly these, or those that the seed brings. */
  injections: v.union([v.literal('seeded'), v.array(injectionSchema)]),
  /** Exactly these, or those that the clients draw. */
  operations: v.optional(v.array(v.object({ client: count, index: count, at: count, op: v.optional(v.unknown()) }))),
  /** Where there are fewer hosts or clients than the scenario has. */
  topology: v.optional(v.record(v.string(), count)),
  /** What the run found, to be found again. */
  found: v.object({
    outcome: v.picklist(['violation', 'stalled', 'crashed', 'runaway', 'interrupted', 'passed']),
    check: v.optional(v.string()),
    message: v.optional(v.string()),
    step: v.optional(count),
    at: v.optional(count),
    steps: count,
    traceHash: v.string(),
  }),
})

/** A replay of the listed injections of a run. `found` is to come from a run of the replay itself: see `provenReplay`. */
export function replayOf(request: RunRequest, report: RunReport, injections: Replay['injections'], file?: string): Replay {
  const { scenario, seed, strategy, durationNanos, options, outcome, steps, traceHash, violation } = report
  return {
    format,
    version: replayVersion,
    scenario,
    ...(file === undefined ? {} : { file }),
    seed,
    ...(request.plan?.salt === undefined ? {} : { salt: request.plan.salt }),
    strategy,
    ...(request.kinds === undefined ? {} : { kinds: [...request.kinds] }),
    ...(request.withoutKinds === undefined ? {} : { withoutKinds: [...request.withoutKinds] }),
    ...(request.ambient === undefined ? {} : { ambient: request.ambient }),
    durationNanos,
    options: { ...options },
    injections,
    ...(request.operations === undefined ? {} : { operations: [...request.operations] }),
    ...(request.topology === undefined ? {} : { topology: { ...request.topology } }),
    found: {
      outcome,
      ...(violation ? { check: violation.check, message: violation.message, step: violation.step, at: violation.at } : {}),
      steps,
      traceHash,
    },
  }
}

/**
 * The replay of a failed run, proven: its listed injections are run once, and what that run found is what the file promises, event for event.
 * Where the list alone does not find the same failure, the replay keeps the seed's own injections.
 */
export async function provenReplay(request: RunRequest, report: RunReport, file?: string): Promise<Replay> {
  const { scenario } = request
  const listed = replayOf(
    request,
    report,
    report.injections.map((injection) => ({ ...injection, args: { ...injection.args } })),
    file,
  )
  const again = await run({ ...requestOf(listed, scenario), limits: request.limits })
  const isSame = again.outcome === report.outcome && again.violation?.check === report.violation?.check && again.stale.length === 0
  return isSame ? replayOf(request, { ...again, injections: report.injections }, listed.injections, file) : replayOf(request, report, 'seeded', file)
}

/**
 * The run that a replay asks for: its listed injections, without dice and budgets. Throws a `ReplayError` when the scenario has no such fault kind or
 * a single occurrence could not be made again.
 */
export function requestOf(replay: Replay, scenario: AnyScenario): RunRequest {
  checkKinds(replay, scenario)
  checkPlaces(replay, scenario)
  return {
    scenario,
    seed: replay.seed,
    plan: { injections: replay.injections, ...(replay.salt === undefined ? {} : { salt: replay.salt }) },
    strategy: replay.strategy,
    ...(replay.kinds === undefined ? {} : { kinds: replay.kinds }),
    ...(replay.withoutKinds === undefined ? {} : { withoutKinds: replay.withoutKinds }),
    ...(replay.ambient === undefined ? {} : { ambient: replay.ambient }),
    duration: replay.durationNanos,
    options: replay.options,
    ...(replay.operations === undefined ? {} : { operations: replay.operations as readonly PlannedOperation[] }),
    ...(replay.topology === undefined ? {} : { topology: replay.topology }),
  }
}

function checkKinds({ injections, kinds = [], withoutKinds = [] }: Replay, scenario: AnyScenario): void {
  const catalogue = catalogueOf(scenario)
  const listed = injections === 'seeded' ? [] : injections.map(({ kind }) => kind)
  for (const kind of [...listed, ...kinds, ...withoutKinds]) {
    if (catalogue.find(kind) === undefined)
      throw new ReplayError(`names the fault kind '${kind}', which scenario ${scenario.name} does not have: there are ${catalogue.kinds.join(', ')}`)
  }
}

/** Hosts and operations that the scenario has a place for. */
function checkPlaces({ operations = [], topology = {} }: Replay, scenario: AnyScenario): void {
  try {
    checkTopology(scenario, topology)
    checkOperations(scenario, operations as readonly PlannedOperation[], topology)
  } catch (error) {
    if (error instanceof Misuse) throw new ReplayError(`does not fit scenario ${scenario.name}: ${error.message}`)
    throw error
  }
}

export function formatReplay(replay: Replay): string {
  return `${JSON.stringify(replay, null, 2)}\n`
}

/** Throws a `ReplayError` that says what is wrong with the text. */
export function parseReplay(text: string): Replay {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new ReplayError('is not JSON: it was cut short or edited')
  }
  const head = v.safeParse(v.object({ format: v.literal(format), version: v.number() }), value)
  if (!head.success) throw new ReplayError('is not a replay file of Seedfall')
  const { version } = head.output
  if (version < oldestVersion)
    throw new ReplayError(`has the older format ${version}, and this Seedfall reads format ${replayVersion}: find the failure again by its seed`)
  if (version > replayVersion) throw new ReplayError(`has the newer format ${version}, and this Seedfall reads format ${replayVersion}: update seedfall`)
  const parsed = v.safeParse(replaySchema, value)
  if (parsed.success) return { ...parsed.output, version: replayVersion }
  const { place, input } = innermost(parsed.issues[0])
  throw new ReplayError(`is broken at '${place || 'its root'}': ${input === undefined ? 'it is missing' : `it cannot be ${shown(input)}`}`)
}

/** Of a value that is none of several shapes, the part that keeps it from the nearest. */
function innermost(issue: v.BaseIssue<unknown>): { readonly place: string; readonly input: unknown } {
  const place = v.getDotPath(issue) ?? ''
  const inner = (issue.issues ?? []).map(innermost).filter((each) => each.place !== '')
  const [first] = inner
  return first === undefined ? { place, input: issue.input } : { place: [place, first.place].filter((part) => part !== '').join('.'), input: first.input }
}
