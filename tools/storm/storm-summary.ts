import { obstacleTo } from '../../sim/faults/armable.js'
import { catalogueOf } from '../../sim/faults/catalogue.js'
import type { FaultCount, FaultKind } from '../../sim/faults/injection.js'
import { count } from '../../sim/report/numbers.js'
import type { Outcome, RunReport } from '../../sim/run/report.js'
import type { AnyScenario } from '../../sim/run/scenario.js'

/** What a storm keeps of a run: plain data, sent between processes. */
export interface StormRun {
  readonly seed: string
  readonly outcome: Outcome
  /** Of a run that did not pass. */
  readonly check: string | null
  readonly message: string | null
  readonly steps: number
  readonly seconds: number
  /** Drawn for the run, whether or not it met a place to act: `code.*` are armed here in systems without sites. */
  readonly drawn: readonly FaultKind[]
  readonly faults: readonly FaultCount[]
  readonly statistics: Readonly<Record<string, number>>
}

export function stormRun(report: RunReport, seconds: number): StormRun {
  const { seed, outcome, violation, steps, armed: drawn, faults, statistics } = report
  return { seed, outcome, check: violation?.check ?? null, message: violation?.message ?? null, steps, seconds, drawn, faults, statistics }
}

/** Kinds of a scenario's catalogue that none of its seeds can arm, each with what stands against it. */
export function neverArmed(scenario: AnyScenario): string[] {
  const { faults } = scenario
  return catalogueOf(scenario).definitions.flatMap((definition) => {
    const { kind, onlyUnder } = definition
    const obstacle = obstacleTo(definition, faults.strategy, scenario)
    if (obstacle === null) return faults.kinds === undefined || faults.kinds.includes(kind) || onlyUnder === faults.strategy ? [] : [`${kind} (faults.kinds)`]
    const why = { strategy: `--strategy ${onlyUnder}`, objects: 'objects', budget: obstacle.kind === 'budget' ? obstacle.members.join(', ') : '' }
    return [`${kind} (${why[obstacle.kind]})`]
  })
}

/** One kind of fault over all runs. */
export interface KindTotals {
  readonly kind: string
  /** Runs that drew it, those of them in which there was a place for it to act, and those in which it acted. */
  drawnIn: number
  armedIn: number
  actedIn: number
  opportunities: number
  injections: number
  heldBack: number
}

/** Runs of one scenario under many seeds, added up. */
export class StormSummary {
  readonly outcomes = new Map<Outcome, number>()
  /** Those that did not pass. */
  readonly failures: StormRun[] = []
  readonly kinds = new Map<string, KindTotals>()
  runs = 0
  steps = 0
  seconds = 0
  readonly #statistics = new Map<string, number[]>()

  add(run: StormRun): void {
    this.runs++
    this.steps += run.steps
    this.seconds += run.seconds
    this.outcomes.set(run.outcome, (this.outcomes.get(run.outcome) ?? 0) + 1)
    if (run.outcome !== 'passed') this.failures.push(run)
    for (const kind of run.drawn) this.#totalsOf(kind).drawnIn++
    for (const { kind, armed, opportunities, injections, heldBack } of run.faults) {
      const totals = this.#totalsOf(kind)
      if (armed) totals.armedIn++
      if (injections > 0) totals.actedIn++
      totals.opportunities += opportunities
      totals.injections += injections
      totals.heldBack += heldBack
      this.#note(kind, injections)
    }
    for (const [name, value] of Object.entries(run.statistics)) this.#note(name, value)
  }

  /** Kinds that some run armed and none saw act. */
  get idleKinds(): string[] {
    return [...this.kinds.values()].filter(({ armedIn, actedIn }) => armedIn > 0 && actedIn === 0).map(({ kind }) => kind)
  }

  /** Of a statistic, or of a kind's injections: over all runs, those that do not know it counting as 0. */
  median(name: string): number {
    const values = (this.#statistics.get(name) ?? []).slice()
    while (values.length < this.runs) values.push(0)
    values.sort((a, b) => a - b)
    return values[values.length >> 1] ?? 0
  }

  total(name: string): number {
    return (this.#statistics.get(name) ?? []).reduce((sum, value) => sum + value, 0)
  }

  /** The share of crashes that fell between two effects of a step, from 0 to 1; null without crashes. */
  get crashesInside(): number | null {
    const crashes = this.total('crashes')
    return crashes === 0 ? null : this.total('crashesInsideSteps') / crashes
  }

  /** Everything passed, something ran, and every armed kind acted somewhere. */
  get isGood(): boolean {
    return this.runs > 0 && this.failures.length === 0 && this.idleKinds.length === 0
  }

  #totalsOf(kind: FaultKind): KindTotals {
    const totals = this.kinds.get(kind) ?? { kind, drawnIn: 0, armedIn: 0, actedIn: 0, opportunities: 0, injections: 0, heldBack: 0 }
    this.kinds.set(kind, totals)
    return totals
  }

  /** Drawn by some run, and no run came to a place of theirs: the system has no `maybe` or `failpoint`. */
  get placelessKinds(): string[] {
    return [...this.kinds.values()].filter(({ drawnIn, armedIn, actedIn }) => drawnIn > 0 && armedIn === 0 && actedIn === 0).map(({ kind }) => kind)
  }

  /** Lines for a person. */
  describe(): string[] {
    const { runs, crashesInside } = this
    const lines = [
      `${count(runs)} runs, ${count(this.steps)} steps, ${count(Math.round(this.seconds))} s of CPU: ${[...this.outcomes].map(([outcome, of]) => `${count(of)} ${outcome}`).join(', ')}`,
      '',
      `${'kind'.padEnd(24)}${'drawn in'.padStart(10)}${'armed in'.padStart(10)}${'acted in'.padStart(10)}${'injections'.padStart(12)}${'median'.padStart(8)}${'held back'.padStart(12)}`,
    ]
    for (const totals of [...this.kinds.values()].sort((a, b) => (a.kind < b.kind ? -1 : 1))) lines.push(this.#kindLine(totals))
    lines.push('', `${'statistic'.padEnd(34)}${'median of a run'.padStart(16)}${'total'.padStart(16)}`)
    for (const name of [...this.#statistics.keys()].filter((each) => !this.kinds.has(each)).sort()) {
      lines.push(`${name.padEnd(34)}${count(this.median(name)).padStart(16)}${count(this.total(name)).padStart(16)}`)
    }
    if (crashesInside !== null) lines.push('', `${(100 * crashesInside).toFixed(1)}% of crashes fell strictly inside steps`)
    for (const kind of this.idleKinds) lines.push(`${kind} was armed and never acted`)
    for (const kind of this.placelessKinds) lines.push(`${kind} was drawn and met no place of its own`)
    return lines
  }

  #kindLine({ kind, drawnIn, armedIn, actedIn, opportunities, injections, heldBack }: KindTotals): string {
    const share = heldBack === 0 ? '-' : `${((100 * heldBack) / Math.max(1, opportunities)).toFixed(1)}%`
    const columns = [drawnIn, armedIn, actedIn].map((value) => count(value).padStart(10)).join('')
    return `${kind.padEnd(24)}${columns}${count(injections).padStart(12)}${count(this.median(kind)).padStart(8)}${share.padStart(12)}`
  }

  #note(name: string, value: number): void {
    const values = this.#statistics.get(name)
    if (values === undefined) this.#statistics.set(name, [value])
    else values.push(value)
  }
}
