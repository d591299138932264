import type { Injection } from '../../faults/injection.js'
import type { PlannedOperation } from '../planned-operation.js'
import type { AnyScenario } from '../scenario.js'
import { injectionKey, operationKey, type Recipe } from './recipe.js'
import type { FirstOf } from './reduce.js'
import type { Reproduction, TrialRequest } from './trial.js'
import type { Trier } from './trier.js'

/** What a shrinker is at, for whoever waits. */
export interface ShrinkProgress {
  readonly phase: string
  readonly runs: number
  readonly injections: number
  /** Until the end of the run. */
  readonly operations: number
  readonly steps: number
  readonly virtualNanos: number
}

/**
 * The smallest run found so far, and how a smaller one is looked for: candidates in an order, each under several salts, and the first that still fails the
 * same way is the next smallest. All that decides is the order of candidates, never who tries them.
 */
export class Search {
  best: Reproduction
  /** Tries up to the ones that succeeded, in the order of candidates: the same however many workers there are. */
  runs = 0
  phase = 'kinds'
  #salts = 0
  #isPolishing = false
  #isProving = false
  readonly #inVain = new Map<string, Reproduction>()

  constructor(
    readonly scenario: AnyScenario,
    first: Reproduction,
    readonly trier: Trier,
    readonly onProgress: (progress: ShrinkProgress) => void = () => {},
    readonly isPolishOver: () => boolean = () => false,
  ) {
    this.best = first
  }

  get recipe(): Recipe {
    return this.best.recipe
  }

  /**
   * Tries the candidates, all of them with the latencies of the best run first and then under `salts` others each; keeps the first that fails the same
   * way, and answers which it was.
   */
  async first(candidates: readonly Recipe[], salts: number): Promise<number | null> {
    if (candidates.length === 0) return null
    const { salt } = this.recipe
    const rounds = this.#isProving ? salts : Math.min(salts, affordable(this.best.steps))
    const stepLimit = Math.ceil(this.best.steps * stepsFactor) + someSteps
    const requests: TrialRequest[] = []
    for (let round = 0; round <= rounds; round++) {
      const other = round === 0 ? salt : this.#freshSalt()
      for (const recipe of candidates) requests.push({ recipe: { ...recipe, salt: other }, stepLimit })
    }
    const found = await this.#firstOf(requests)
    this.runs += found === null ? requests.length : found.index + 1
    if (found !== null) this.best = found.reproduction
    this.#tell()
    return found === null ? null : found.index % candidates.length
  }

  /** In portions, so that polishing can end between two of them. */
  async #firstOf(requests: readonly TrialRequest[]): Promise<{ readonly index: number; readonly reproduction: Reproduction } | null> {
    for (let from = 0; from < requests.length; from += portion) {
      if (this.#isPolishing && this.isPolishOver()) throw new PolishOver()
      const found = await this.trier.first(requests.slice(from, from + portion))
      if (found !== null) return { index: from + found.index, reproduction: found.reproduction }
    }
    return null
  }

  /** Work that may be left unfinished: some of the time belongs to the proof. */
  async polish(work: () => Promise<void>): Promise<void> {
    this.#isPolishing = true
    try {
      await work()
    } catch (error) {
      if (!(error instanceof PolishOver)) throw error
    } finally {
      this.#isPolishing = false
    }
  }

  /** What is proved is tried under as many latencies as are named, however long the runs are. */
  async prove(work: () => Promise<void>): Promise<void> {
    this.#isProving = true
    await work()
    this.#isProving = false
  }

  /** Does something unless it was done in vain for the very same run. */
  async unlessInVain(name: string, work: () => Promise<void>): Promise<void> {
    if (this.#inVain.get(name) === this.best) return
    const before = this.best
    await work()
    if (this.best === before) this.#inVain.set(name, before)
  }

  /** For what works on lists of injections. */
  injections(salts: number): FirstOf<Injection> {
    return async (lists) => {
      const index = await this.first(
        lists.map((injections) => ({ ...this.recipe, injections })),
        salts,
      )
      return index === null ? null : { index, items: this.recipe.injections }
    }
  }

  /** For what works on lists of operations. */
  operations(salts: number): FirstOf<PlannedOperation> {
    return async (lists) => {
      const index = await this.first(
        lists.map((operations) => ({ ...this.recipe, operations })),
        salts,
      )
      return index === null ? null : { index, items: this.recipe.operations ?? [] }
    }
  }

  readonly injectionKey = injectionKey
  readonly operationKey = operationKey

  enter(phase: string): void {
    this.phase = phase
    this.#tell()
  }

  #freshSalt(): string {
    this.#salts++
    return `shrink ${this.#salts}`
  }

  #tell(): void {
    const { recipe, steps, violation, operations } = this.best
    this.onProgress({
      phase: this.phase,
      runs: this.runs,
      injections: recipe.injections.length,
      operations: operations.length,
      steps,
      virtualNanos: violation.at,
    })
  }
}

class PolishOver extends Error {}

/** So many trials are given out at once. */
const portion = 32

/** Long runs are tried under fewer latencies: time is better spent on what makes them short. By steps, so that it is the same on every machine. */
function affordable(steps: number): number {
  return steps > 30_000 ? 1 : steps > 10_000 ? 2 : Number.POSITIVE_INFINITY
}

/** A run that takes this much longer than the best has gone another way. */
const stepsFactor = 1.5
/** So that very short runs have some room. */
const someSteps = 200
