import { Misuse } from '../../host/errors.js'
import type { FailureTotals } from './failure-totals.js'
import { ScenarioTotals } from './scenario-totals.js'
import type { SeedResult } from './seed-result.js'

/** Which seeds a campaign runs. */
export interface CampaignPlan {
  /** So many scenarios take turns: the first seed of each, then the second of each. */
  readonly scenarios: number
  readonly firstSeed: number
  /** Of each scenario; null: until `isOver`. */
  readonly seeds: number | null
  /** Ends at the first failure: that of the lowest seed, and what came before it is all that counts. */
  readonly isFailFast: boolean
  readonly keepsTraceHashes?: boolean
}

/** One seed of one scenario. Positions count from 0, in the order in which seeds are handed out. */
export interface CampaignItem {
  readonly position: number
  /** Its number in the plan. */
  readonly scenario: number
  readonly seed: number
}

/** What became of an item; `replay`: the text of the file that makes a failure again, when the worker made one. */
export interface CampaignResult {
  readonly item: CampaignItem
  readonly result: SeedResult
  readonly replay?: string
}

export interface CampaignHooks {
  /** The wall-clock budget is used up: no further seed begins, except the very first. */
  isOver?(): boolean
  /**
   * A failure that is the first of its sort, or the shortest so far. Answers the name under which its replay is kept, or null. Called before the result is
   * added up.
   */
  keep?(result: CampaignResult): string | null
  /** The result is part of the totals now. `failure`: set when it is new or its shortest run. */
  settled?(result: CampaignResult, failure: FailureTotals | null): void
  /** The result need not be run again, whatever becomes of the campaign. Once each; for a failure after its replay is kept. */
  record?(result: CampaignResult): void
}

/** How far, in a campaign that ends at the first failure, others may run ahead of the lowest seed that is not done: their results wait in memory. */
const furthestAhead = 1_000

/**
 * Hands out seeds and adds up what becomes of them; who runs them, and where, it does not know. Whatever the order in which results come, the totals are the
 * same: sums where all count, and in order where the first failure ends it.
 */
export class Campaign {
  readonly totals: readonly ScenarioTotals[]
  readonly #plan: CampaignPlan
  readonly #hooks: CampaignHooks
  /** Handed out once, and to be handed out again: their worker died with them. */
  readonly #returned: CampaignItem[] = []
  /** Results that wait for a lower position; only where the first failure ends it. */
  readonly #waiting = new Map<number, CampaignResult>()
  readonly #out = new Set<number>()
  #next = 0
  /** All positions below are settled; only where the first failure ends it. */
  #settled = 0
  #isStopped = false
  #hasFailed = false

  constructor(plan: CampaignPlan, hooks: CampaignHooks = {}, totals?: readonly ScenarioTotals[]) {
    if (plan.scenarios < 1) throw new Misuse('a campaign has at least one scenario')
    this.#plan = plan
    this.#hooks = hooks
    this.totals = totals ?? Array.from({ length: plan.scenarios }, () => new ScenarioTotals({ keepsTraceHashes: plan.keepsTraceHashes ?? false }))
    this.#hasFailed = plan.isFailFast && this.totals.some(({ failed }) => failed > 0)
  }

  /** The next seed to run; null: none now, and with nothing out (`isDone`) none ever. */
  take(): CampaignItem | null {
    if (this.#isStopped || this.#hasFailed) return null
    const item = this.#returned.shift() ?? this.#fresh()
    if (item !== null) this.#out.add(item.position)
    return item
  }

  /** Nothing is out, and nothing will be handed out any more. */
  get isDone(): boolean {
    return this.#out.size === 0 && (this.#isStopped || this.#hasFailed || (this.#returned.length === 0 && !this.#hasFresh()))
  }

  /** Every seed that was asked for is in the totals, or the first failure is. */
  get isComplete(): boolean {
    return this.#hasFailed || (!this.#isStopped && this.isDone)
  }

  /** Of the plan's seeds, scenarios together; null where the clock decides. */
  get size(): number | null {
    return this.#plan.seeds === null ? null : this.#plan.seeds * this.#plan.scenarios
  }

  finished(result: CampaignResult): void {
    const { position } = result.item
    this.#out.delete(position)
    if (this.#hasFailed) return
    if (!this.#plan.isFailFast) {
      this.#settle(result)
      this.#hooks.record?.(result)
      return
    }
    if (result.result.failure === null) this.#hooks.record?.(result)
    this.#waiting.set(position, result)
    this.#settleInOrder()
  }

  /** A result from before, which the totals that the campaign began with may hold already. */
  resumed(result: CampaignResult): void {
    const { position, scenario, seed } = result.item
    const isKnown = (this.totals[scenario] as ScenarioTotals).ranges.has(seed) || this.#waiting.has(position)
    if (!isKnown) this.finished(result)
  }

  /** Items of a worker that is gone, and did not begin them. */
  returned(items: readonly CampaignItem[]): void {
    for (const item of items) this.#out.delete(item.position)
    this.#returned.push(...items)
    this.#returned.sort((a, b) => a.position - b.position)
  }

  /** Hands out nothing any more; what is out does not count unless it comes back. */
  stop(): void {
    this.#isStopped = true
    this.#out.clear()
  }

  itemAt(position: number): CampaignItem {
    const { scenarios, firstSeed } = this.#plan
    return { position, scenario: position % scenarios, seed: firstSeed + Math.floor(position / scenarios) }
  }

  itemOf(scenario: number, seed: number): CampaignItem {
    const { scenarios, firstSeed } = this.#plan
    return this.itemAt((seed - firstSeed) * scenarios + scenario)
  }

  /** Results whose turn has not come: they are not in the totals. */
  get waiting(): readonly CampaignResult[] {
    return [...this.#waiting.values()]
  }

  #hasFresh(): boolean {
    this.#skipDone()
    const { size } = this
    if (size !== null) return this.#next < size && !this.#isOver()
    return !this.#isOver()
  }

  #fresh(): CampaignItem | null {
    if (!this.#hasFresh()) return null
    if (this.#plan.isFailFast && this.#next - this.#settled >= furthestAhead) return null
    return this.itemAt(this.#next++)
  }

  #isOver(): boolean {
    return this.#hooks.isOver?.() === true && (this.#next > 0 || this.#out.size > 0)
  }

  /** A resumed campaign has some of its seeds behind it. */
  #skipDone(): void {
    for (;;) {
      if (this.size !== null && this.#next >= this.size) return
      const { scenario, seed } = this.itemAt(this.#next)
      if (!(this.totals[scenario] as ScenarioTotals).ranges.has(seed) && !this.#waiting.has(this.#next)) return
      this.#next++
      this.#settleInOrder()
    }
  }

  #settleInOrder(): void {
    if (!this.#plan.isFailFast) return
    while (!this.#hasFailed) {
      const { scenario, seed } = this.itemAt(this.#settled)
      const result = this.#waiting.get(this.#settled)
      if (result === undefined) {
        if (!(this.totals[scenario] as ScenarioTotals).ranges.has(seed)) return
        this.#settled++
        continue
      }
      this.#waiting.delete(this.#settled++)
      this.#settle(result)
      if (result.result.failure !== null) {
        this.#hooks.record?.(result)
        this.#hasFailed = true
        this.#waiting.clear()
        this.#returned.length = 0
      }
    }
  }

  #settle(result: CampaignResult): void {
    const { scenario, seed } = result.item
    const totals = this.totals[scenario] as ScenarioTotals
    const replay = totals.failures.isNews(seed, result.result) ? (this.#hooks.keep?.(result) ?? null) : null
    const failure = totals.add(seed, result.result, replay)
    this.#hooks.settled?.(result, failure)
  }
}
