import type { Injection } from '../../faults/injection.js'
import { Misuse } from '../../host/errors.js'
import type { Nanos } from '../../host/seam.js'
import type { TraceRecord, TraceSink } from '../../kernel/trace.js'
import { endsAtViolation, type RunReport, type RunRequest, type Violation } from '../report.js'
import { run } from '../run.js'
import { Deadline } from '../shrink/deadline.js'
import { durationWithStormUntil } from '../shrink/duration.js'
import { type FailureShape, failureShape, isSameFailure } from '../shrink/failure-shape.js'
import { type Recipe, recipeOf, requestFrom } from '../shrink/recipe.js'
import { ShrinkFailed } from '../shrink/shrink.js'
import { tryRecipe } from '../shrink/trial.js'

export interface WhyOptions {
  /** Runs without each injection, and runs after each cut; 12 when not given. */
  readonly runs?: number
  /** Moments at which the run is cut, beside those of its injections; 24 when not given. */
  readonly cuts?: number
  /** Wall-clock milliseconds after which it ends: what was not asked by then is missing. 60,000 when not given. */
  readonly timeMillis?: number
  /** Ends it as the time does. */
  readonly signal?: AbortSignal
  readonly onProgress?: (done: number, of: number) => void
}

/** What a failure hangs on. */
export interface Why {
  readonly violation: Violation
  readonly injections: readonly Necessity[]
  /** By time. */
  readonly chances: readonly Chance[]
  /** From here on every run failed, whatever came; null: not even the last cut made it certain. */
  readonly unavoidableFrom: Chance | null
  /** Everything was asked that was to be. */
  readonly isComplete: boolean
}

/** One injection left out, under the recorded latencies and others. */
export interface Necessity {
  readonly injection: Injection
  readonly runs: number
  /** Those that failed the same way without it. */
  readonly failures: number
  readonly isNecessary: boolean
}

/** The run as it was up to a moment; then other latencies and process draws, and none of the later injections. */
export interface Chance {
  readonly at: Nanos
  /** The last step that stayed as it was. */
  readonly step: number
  /** Injections up to then. */
  readonly injections: number
  readonly runs: number
  readonly failures: number
}

/**
 * Which injections of a failing run are each necessary, and from when on its failure was unavoidable. The same run and options give the same answer.
 * Throws `Misuse` for a run that did not fail, and `ShrinkFailed` when its listed injections do not fail the same way.
 */
export async function why(request: RunRequest, report: RunReport, options: WhyOptions = {}): Promise<Why> {
  const failure = failureShape(report)
  if (failure === null)
    throw new Misuse(`why: the run of ${report.scenario} with seed ${report.seed} did not fail (${report.outcome}): there is nothing to explain`)
  const deadline = new Deadline(options.timeMillis ?? 60_000, options.signal)
  try {
    return await new Inquiry(request, recipeOf(request, report), failure, options, deadline.signal).answer()
  } finally {
    deadline.end()
  }
}

class Inquiry {
  readonly #runs: number
  #done = 0
  #all = 0

  constructor(
    readonly request: RunRequest,
    readonly recipe: Recipe,
    readonly failure: FailureShape,
    readonly options: WhyOptions,
    readonly signal: AbortSignal,
  ) {
    this.#runs = options.runs ?? 12
  }

  async answer(): Promise<Why> {
    const times = new StepTimes()
    const again = await run({ ...requestFrom(this.recipe, this.request.scenario), trace: times })
    if (!isSameFailure(this.failure, failureShape(again)))
      throw new ShrinkFailed(
        `the listed injections of ${again.scenario} seed ${again.seed} do not fail as the run did, but ${again.violation?.check ?? again.outcome}`,
      )
    const violation = again.violation as Violation
    // What a judge finds of an earlier answer may have been decided by what came after it.
    const end = endsAtViolation(again) ? violation : { at: again.virtualNanos, step: again.steps }
    const cuts = this.#cuts(end, times)
    this.#all = this.#runs * (this.recipe.injections.length + cuts.length)
    const stepLimit = again.steps * 2 + 200
    const injections = await this.#necessities(stepLimit)
    const chances = await this.#chances(cuts, stepLimit, end)
    return { violation, injections, chances, unavoidableFrom: unavoidableFrom(chances), isComplete: !this.#isStopped }
  }

  get #isStopped(): boolean {
    return this.signal.aborted
  }

  async #necessities(stepLimit: number): Promise<Necessity[]> {
    const found: Necessity[] = []
    for (const injection of this.recipe.injections) {
      const injections = this.recipe.injections.filter((each) => each !== injection)
      const salts = Array.from({ length: this.#runs }, (_, i) => (i === 0 ? this.recipe.salt : `why ${i}`))
      const told = await this.#count(
        salts.map((salt) => ({ ...this.recipe, injections, salt })),
        stepLimit,
      )
      if (told !== null) found.push({ injection, ...told, isNecessary: told.failures === 0 })
    }
    return found
  }

  async #chances(cuts: readonly Cut[], stepLimit: number, { at: failedAt }: Cut): Promise<Chance[]> {
    const { scenario } = this.request
    // Another course may need a little longer to fail.
    const stormy = durationWithStormUntil(scenario, Math.ceil(failedAt * 1.5))
    const durationNanos = Number.isFinite(stormy) ? Math.max(this.recipe.durationNanos, Math.min(stormy, scenario.duration)) : this.recipe.durationNanos
    const chances: Chance[] = []
    for (const { at, step } of cuts) {
      const injections = this.recipe.injections.filter((each) => each.at <= at)
      const recipes = Array.from({ length: this.#runs }, (_, i) => ({ ...this.recipe, injections, durationNanos, reseed: [{ step, seed: `why ${i}` }] }))
      const told = await this.#count(recipes, stepLimit)
      if (told !== null) chances.push({ at, step, injections: injections.length, ...told })
    }
    return chances
  }

  /** How many of the recipes fail the same way; null: there was no time to ask. */
  async #count(recipes: readonly Recipe[], stepLimit: number): Promise<{ runs: number; failures: number } | null> {
    const { request, failure, options, signal } = this
    let failures = 0
    for (const recipe of recipes) {
      const more = { signal, ...(request.limits === undefined ? {} : { limits: request.limits }) }
      const trial = this.#isStopped ? 'interrupted' : await tryRecipe(request.scenario, { recipe, stepLimit }, failure, more)
      if (trial === 'interrupted') return null
      if (trial !== 'different') failures++
      options.onProgress?.(++this.#done, this.#all)
    }
    return { runs: recipes.length, failures }
  }

  /** Evenly over the run, right before and right after each injection; each step at most once. */
  #cuts({ at: failedAt, step: failedIn }: Cut, times: StepTimes): Cut[] {
    const count = this.options.cuts ?? 24
    const even = Array.from({ length: count }, (_, i) => Math.floor((failedAt * (i + 1)) / (count + 1)))
    const moments = [...even, ...this.recipe.injections.flatMap(({ at }) => [Math.max(0, at - 1), at])].filter((at) => at < failedAt).sort((a, b) => a - b)
    const cuts: Cut[] = []
    for (const at of moments) {
      const step = Math.min(times.lastStepAt(at), failedIn - 1)
      if (step >= 1 && step !== cuts.at(-1)?.step) cuts.push({ at, step })
    }
    const last = failedIn - 1
    if (last >= 1 && last !== cuts.at(-1)?.step) cuts.push({ at: times.timeOf(last), step: last })
    return cuts
  }
}

interface Cut {
  readonly at: Nanos
  readonly step: number
}

/** The first of the last cuts that all made the failure certain. */
function unavoidableFrom(chances: readonly Chance[]): Chance | null {
  let first: Chance | null = null
  for (const chance of chances) {
    if (chance.failures < chance.runs) first = null
    else first ??= chance
  }
  return first
}

/** When each step was, from the first on. */
class StepTimes implements TraceSink {
  readonly #times: Nanos[] = []

  step({ at }: TraceRecord): void {
    this.#times.push(at)
  }

  timeOf(step: number): Nanos {
    return this.#times[step - 1] ?? 0
  }

  /** The last step at or before a time; 0: none. */
  lastStepAt(at: Nanos): number {
    let low = 0
    let high = this.#times.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#times[middle] as Nanos) <= at) low = middle + 1
      else high = middle
    }
    return low
  }
}
