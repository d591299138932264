import type { Limits } from '../report.js'
import type { AnyScenario } from '../scenario.js'
import type { FailureShape } from './failure-shape.js'
import { type Reproduction, type TrialRequest, tryRecipe } from './trial.js'

/** Tries recipes, one after the other or several at a time: what it answers must not depend on how many. */
export interface Trier {
  /**
   * The first of the requests, in their order, that still fails the same way; null: none. Throws `Stopped` when there is no time any more, and
   * `TrierBroken` when nothing can be tried any more.
   */
  first(requests: readonly TrialRequest[]): Promise<{ readonly index: number; readonly reproduction: Reproduction } | null>
}

/** Time is up, or somebody asked for the end: what was found so far stands. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/** Nothing can be tried any more, such as when the scenario's file is gone: what was found so far stands. */
export class TrierBroken extends Error {
  override readonly name = 'TrierBroken'
}

/** Tries in this thread. */
export class SequentialTrier implements Trier {
  constructor(
    readonly scenario: AnyScenario,
    readonly failure: FailureShape,
    readonly signal: AbortSignal,
    readonly limits: Partial<Limits> | undefined,
  ) {}

  async first(requests: readonly TrialRequest[]): Promise<{ index: number; reproduction: Reproduction } | null> {
    const { scenario, failure, signal, limits } = this
    for (const [index, request] of requests.entries()) {
      if (signal.aborted) throw new Stopped()
      const trial = await tryRecipe(scenario, request, failure, { signal, ...(limits === undefined ? {} : { limits }) })
      if (trial === 'interrupted') throw new Stopped()
      if (trial !== 'different') return { index, reproduction: trial }
    }
    return null
  }
}
