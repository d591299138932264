import { BrokenInjection } from '../../faults/broken-injection.js'
import type { Injection } from '../../faults/injection.js'
import { Misuse } from '../../host/errors.js'
import { operationsOf, type PlannedOperation } from '../planned-operation.js'
import type { Limits, RunReport, Violation } from '../report.js'
import { run } from '../run.js'
import type { AnyScenario } from '../scenario.js'
import { type FailureShape, failureShape, isSameFailure } from './failure-shape.js'
import { type Recipe, requestFrom } from './recipe.js'

/** A recipe to be run, and when to give it up. Plain data. */
export interface TrialRequest {
  readonly recipe: Recipe
  /** A run that has not failed by then is another run. */
  readonly stepLimit: number
}

/** A run that failed as it should. Plain data. */
export interface Reproduction {
  /** What really happened, as a list: injections that found no site, and those after the end, are gone. */
  readonly recipe: Recipe
  /** Single packets and operations that episodes struck. */
  readonly occurrences: readonly Injection[]
  /** What clients did, each at its time. */
  readonly operations: readonly PlannedOperation[]
  readonly steps: number
  readonly traceHash: string
  readonly violation: Violation
  /** The run ended where it failed; otherwise the failure was found when it was over. */
  readonly endsAtViolation: boolean
}

/** `different`: it passed, failed in another way, or could not be a run at all. */
export type Trial = Reproduction | 'different' | 'interrupted'

/** Runs a recipe once: does it still fail the same way? */
export async function tryRecipe(
  scenario: AnyScenario,
  { recipe, stepLimit }: TrialRequest,
  failure: FailureShape,
  more: { readonly limits?: Partial<Limits>; readonly signal?: AbortSignal } = {},
): Promise<Trial> {
  let report: RunReport
  try {
    report = await run({ ...requestFrom(recipe, scenario), ...more, untilStep: stepLimit })
  } catch (error) {
    // What was left out can leave an injection that means nothing any more, or a request that is none.
    if (error instanceof BrokenInjection || error instanceof Misuse) return 'different'
    throw error
  }
  if (report.outcome === 'interrupted') return 'interrupted'
  return isSameFailure(failure, failureShape(report)) ? reproductionOf(recipe, report) : 'different'
}

export function reproductionOf(recipe: Recipe, report: RunReport): Reproduction {
  const violation = report.violation as Violation
  const endsAtViolation = report.steps === violation.step
  const isPast = ({ at }: { readonly at: number }) => !endsAtViolation || at <= violation.at
  const stale = new Set(report.stale)
  const operations = operationsOf(report.history, recipe.operations ?? undefined)
  return {
    recipe: {
      ...recipe,
      injections: report.injections.filter((injection) => isPast(injection) && !stale.has(injection)),
      operations: recipe.operations === null ? null : operations,
    },
    occurrences: report.occurrences.filter(isPast),
    operations,
    steps: report.steps,
    traceHash: report.traceHash,
    violation,
    endsAtViolation,
  }
}
