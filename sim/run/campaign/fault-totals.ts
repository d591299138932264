import type { FaultCount, FaultKind } from '../../faults/injection.js'
import { Histogram, type HistogramData } from './histogram.js'

/** One kind of fault over many runs. Plain JSON. */
export interface FaultTotals {
  readonly kind: FaultKind
  /** Runs that drew it, those of them in which there was a place for it to act, and those in which it acted. */
  readonly drawnIn: number
  readonly armedIn: number
  readonly actedIn: number
  readonly opportunities: number
  readonly injections: number
  /** Draws that the budget gave up. */
  readonly heldBack: number
  /** Packets and operations that met an episode, and those that it struck. */
  readonly exposed: number
  readonly struck: number
  /** Injections of a run, of those that it met. */
  readonly perRun: HistogramData
}

type Counts = { -readonly [K in Exclude<keyof FaultTotals, 'kind' | 'perRun'>]: number }

/** By kind; whatever the order in which runs come, the totals are the same. */
export class FaultTable {
  readonly #kinds = new Map<FaultKind, { readonly counts: Counts; readonly perRun: Histogram }>()

  add(drawn: readonly FaultKind[], faults: readonly FaultCount[]): void {
    for (const kind of drawn) this.#of(kind).counts.drawnIn++
    for (const { kind, armed, opportunities, injections, heldBack, exposed, struck } of faults) {
      const { counts, perRun } = this.#of(kind)
      if (armed) counts.armedIn++
      if (injections > 0) counts.actedIn++
      counts.opportunities += opportunities
      counts.injections += injections
      counts.heldBack += heldBack
      counts.exposed += exposed
      counts.struck += struck
      perRun.add(injections)
    }
  }

  merge({ kind, perRun, ...more }: FaultTotals): void {
    const known = this.#of(kind)
    for (const name of names) known.counts[name] += more[name]
    known.perRun.merge(Histogram.from(perRun))
  }

  /** By name. */
  list(): readonly FaultTotals[] {
    return [...this.#kinds].map(([kind, { counts, perRun }]) => ({ kind, ...counts, perRun: perRun.toJSON() })).sort((a, b) => (a.kind < b.kind ? -1 : 1))
  }

  /** Of a kind's injections, over so many runs. */
  median(kind: FaultKind, runs: number): number | undefined {
    const perRun = this.#kinds.get(kind)?.perRun
    return perRun?.quantile(500, runs - perRun.count)
  }

  #of(kind: FaultKind): { readonly counts: Counts; readonly perRun: Histogram } {
    let totals = this.#kinds.get(kind)
    if (totals === undefined) {
      const counts = { drawnIn: 0, armedIn: 0, actedIn: 0, opportunities: 0, injections: 0, heldBack: 0, exposed: 0, struck: 0 }
      totals = { counts, perRun: new Histogram() }
      this.#kinds.set(kind, totals)
    }
    return totals
  }
}

const names = ['drawnIn', 'armedIn', 'actedIn', 'opportunities', 'injections', 'heldBack', 'exposed', 'struck'] as const

/** Kinds that some run armed and none saw act: a finding about the scenario, or about the faults. */
export const idleKinds = (faults: readonly FaultTotals[]): FaultKind[] =>
  faults.filter(({ armedIn, actedIn }) => armedIn > 0 && actedIn === 0).map(({ kind }) => kind)

/** Drawn by some run, and no run came to a place of theirs: the system has no `maybe` or `failpoint`, an episode met no packet. */
export const placelessKinds = (faults: readonly FaultTotals[]): FaultKind[] =>
  faults.filter(({ drawnIn, armedIn, actedIn }) => drawnIn > 0 && armedIn === 0 && actedIn === 0).map(({ kind }) => kind)
