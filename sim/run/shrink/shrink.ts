import { Misuse, SeedfallError } from '../../host/errors.js'
import { formatReplay, parseReplay, replayOf, requestOf } from '../replay.js'
import type { RunReport, RunRequest } from '../report.js'
import { run } from '../run.js'
import { bringForward, onlyTheLast } from './bring-forward.js'
import { Deadline } from './deadline.js'
import { shortenDuration } from './duration.js'
import { type FailureShape, failureShape, isSameFailure } from './failure-shape.js'
import { copyOf, type Recipe, recipeOf, requestFrom } from './recipe.js'
import { Search, type ShrinkProgress } from './search.js'
import { simplifyArguments } from './shrink-arguments.js'
import { dropInjections, dropKindsAndSites, openEpisodes, proveMinimal } from './shrink-injections.js'
import { dropOperations } from './shrink-operations.js'
import { dropFaultOptions, plainOptions } from './shrink-options.js'
import { shrinkTopology } from './shrink-topology.js'
import { type Shrunk, sizeOf } from './shrunk.js'
import { type Reproduction, reproductionOf } from './trial.js'
import { SequentialTrier, Stopped, type Trier, TrierBroken } from './trier.js'

export interface ShrinkOptions {
  /** Wall-clock milliseconds after which the smallest run so far stands; 60,000 when not given. */
  readonly timeMillis?: number
  /** Ends it as the time does. */
  readonly signal?: AbortSignal
  /** Under how many other latencies and process draws a candidate is tried before it is given up; 3 when not given. */
  readonly salts?: number
  readonly onProgress?: (progress: ShrinkProgress) => void
  /** Who tries the candidates; this thread when not given. */
  readonly trier?: (failure: FailureShape, signal: AbortSignal) => Trier
  /** The scenario's file, for the replay. */
  readonly file?: string
}

/** The failure cannot be shrunk: its message says why, in a line. */
export class ShrinkFailed extends SeedfallError {
  readonly code = 'SHRINK_FAILED'
}

/**
 * From a run that failed to the fewest injections, client operations and hosts and the shortest time that still break the same property. The time it takes
 * aside, the result depends on nothing but the run.
 *
 * Throws `Misuse` for a run that did not fail, and `ShrinkFailed` when its listed injections do not fail the same way.
 */
export async function shrink(request: RunRequest, report: RunReport, options: ShrinkOptions = {}): Promise<Shrunk> {
  const { scenario } = request
  const { timeMillis = 60_000, salts = 3, onProgress, file } = options
  const failure = failureShape(report)
  if (failure === null)
    throw new Misuse(`shrink: the run of ${report.scenario} with seed ${report.seed} did not fail (${report.outcome}): there is nothing to shrink`)
  const deadline = new Deadline(timeMillis, options.signal)
  try {
    const trier = options.trier?.(failure, deadline.signal) ?? new SequentialTrier(scenario, failure, deadline.signal, request.limits)
    const first = await reproduced(request, recipeOf(request, report), failure)
    const search = new Search(scenario, first, trier, onProgress, () => deadline.isPast(polishShare))
    const end = await untilStopped(() => shrinkAll(search, salts))
    const smallest = await proven(request, search.best, failure, file)
    return {
      ...smallest,
      before: sizeOf(report),
      after: sizeOf(smallest.report),
      runs: search.runs,
      isMinimal: end === 'done',
      salts,
      stopped: end === 'done' ? null : end instanceof TrierBroken ? 'broken' : deadline.reason,
      ...(end instanceof TrierBroken ? { brokenBy: end.message } : {}),
    }
  } finally {
    deadline.end()
  }
}

/** Coarse to fine, and what makes later runs shorter first. Ends when no injection can be left out. */
async function shrinkAll(search: Search, salts: number): Promise<void> {
  search.enter('time')
  await shortenDuration(search, 0)
  await onlyTheLast(search, salts)
  await shortenDuration(search, 0)
  search.enter('kinds and sites')
  await dropKindsAndSites(search, salts)
  await dropFaultOptions(search)
  await takeTime(search, salts)
  search.enter('injections')
  await dropInjections(search, salts)
  await takeTime(search, salts)
  search.enter('episodes')
  await openEpisodes(search, salts)
  await search.polish(async () => {
    search.enter('arguments')
    await simplifyArguments(search, 1, 8)
    search.enter('hosts')
    await shrinkTopology(search, salts)
    search.enter('operations')
    await dropOperations(search, 1, mostRunsForOperations)
    search.enter('hosts')
    await shrinkTopology(search, 2 * salts)
    search.enter('options')
    await plainOptions(search, 0)
    await takeTime(search, salts)
    search.enter('arguments')
    await simplifyArguments(search, 1, 4)
  })
  search.enter('proof')
  await search.prove(() => proveMinimal(search, salts))
}

async function takeTime(search: Search, salts: number): Promise<void> {
  search.enter('time')
  await search.unlessInVain('waits', () => bringForward(search, salts, 6))
  await search.unlessInVain('duration', () => shortenDuration(search, search.best.endsAtViolation ? 0 : salts))
}

const mostRunsForOperations = 400
/** The rest of the time is for the proof. */
const polishShare = 0.7

async function untilStopped(work: () => Promise<void>): Promise<'done' | Stopped | TrierBroken> {
  try {
    await work()
    return 'done'
  } catch (error) {
    if (error instanceof Stopped || error instanceof TrierBroken) return error
    throw error
  }
}

/** The run once more, from its list: what a shrinker varies must fail by itself. */
async function reproduced(request: RunRequest, recipe: Recipe, failure: FailureShape): Promise<Reproduction> {
  const again = await run({ ...requestFrom(recipe, request.scenario), ...limitsOf(request) })
  if (isSameFailure(failure, failureShape(again))) return reproductionOf(recipe, again)
  throw new ShrinkFailed(
    `the listed injections of ${request.scenario.name} seed ${request.seed} do not fail as the run did (${failure.check}), but ${again.violation?.check ?? again.outcome}: is it deterministic? --check-determinism tells`,
  )
}

/** The smallest run as a replay that was read back and run. */
async function proven(request: RunRequest, best: Reproduction, failure: FailureShape, file: string | undefined) {
  const { scenario } = request
  const asked = requestFrom(best.recipe, scenario)
  const listed = await run({ ...asked, ...limitsOf(request) })
  const replay = parseReplay(formatReplay(replayOf(asked, listed, best.recipe.injections.map(copyOf), file)))
  const report = await run({ ...requestOf(replay, scenario), ...limitsOf(request) })
  if (!isSameFailure(failure, failureShape(report)) || report.traceHash !== listed.traceHash)
    throw new ShrinkFailed(
      `the smallest run of ${scenario.name} seed ${request.seed} is another when it is run again: is it deterministic? --check-determinism tells`,
    )
  return { replay, report }
}

const limitsOf = ({ limits }: RunRequest) => (limits === undefined ? {} : { limits })
