import { BrokenInjection } from '../../faults/broken-injection.js'
import type { Injection } from '../../faults/injection.js'
import { Misuse } from '../../host/errors.js'
import { operationsOf, type PlannedOperation } from '../planned-operation.js'
import { endsAtViolation, type Limits, type RunReport, type RunRequest, type Violation } from '../report.js'
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
  /** What really happened, as a list, by time: injections that did nothing until the end are gone. */
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

/**
 * Runs a recipe: does it still fail the same way? Only the check that is looked for is asked first, which changes nothing of the run, since checks only look; a
 * run that fails it is made once more with all of them, so that no other one was broken before.
 */
export async function tryRecipe(
  scenario: AnyScenario,
  request: TrialRequest,
  failure: FailureShape,
  more: { readonly limits?: Partial<Limits>; readonly signal?: AbortSignal } = {},
): Promise<Trial> {
  const { recipe } = request
  const quick = await attempt({ ...scenario, invariants: scenario.invariants.filter(({ name }) => name === failure.check) }, request, { ...more, hash: false })
  if (quick === 'interrupted') return quick
  if (quick === 'none' || !isSameFailure(failure, failureShape(quick))) return 'different'
  const report = await attempt(scenario, request, more)
  if (report === 'interrupted') return report
  return report !== 'none' && isSameFailure(failure, failureShape(report)) ? reproductionOf(recipe, report) : 'different'
}

async function attempt(scenario: AnyScenario, { recipe, stepLimit }: TrialRequest, more: Partial<RunRequest>): Promise<RunReport | 'none' | 'interrupted'> {
  try {
    const report = await run({ ...requestFrom(recipe, scenario), ...more, untilStep: stepLimit })
    return report.outcome === 'interrupted' ? 'interrupted' : report
  } catch (error) {
    // What was left out can leave an injection that means nothing any more, or a request that is none.
    if (error instanceof BrokenInjection || error instanceof Misuse) return 'none'
    throw error
  }
}

export function reproductionOf(recipe: Recipe, report: RunReport): Reproduction {
  const violation = report.violation as Violation
  const endsThere = endsAtViolation(report)
  const isPast = ({ at }: { readonly at: number }) => !endsThere || at <= violation.at
  const stale = new Set(report.stale)
  const operations = operationsOf(report.history, recipe.operations ?? undefined)
  return {
    recipe: {
      ...recipe,
      injections: report.injections.filter((injection) => !stale.has(injection)).sort((a, b) => a.at - b.at),
      operations: recipe.operations === null ? null : operations,
    },
    occurrences: report.occurrences.filter(isPast),
    operations,
    steps: report.steps,
    traceHash: report.traceHash,
    violation,
    endsAtViolation: endsThere,
  }
}
