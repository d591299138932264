import { TraceHash } from '../../kernel/trace.js'
import type { PropertyCount } from '../report.js'
import { FailureTable, type FailureTotals } from './failure-totals.js'
import { FaultTable, type FaultTotals } from './fault-totals.js'
import { Histogram, type HistogramData } from './histogram.js'
import { SeedRanges } from './seed-ranges.js'
import type { MeasurementData, SeedOutcome, SeedResult } from './seed-result.js'

/** A property over many runs: in how many it was stated, how often it was reached and held. */
export interface PropertyTotals extends PropertyCount {
  readonly runs: number
}

/** Everything that is added up of one scenario's seeds. Plain JSON; the order of seeds leaves no trace in it. */
export interface ScenarioTotalsData {
  readonly ranges: readonly (readonly [first: number, last: number])[]
  readonly outcomes: Readonly<Partial<Record<SeedOutcome, number>>>
  readonly steps: number
  readonly virtualMillis: number
  /** Of all trace hashes with their seeds: equal for equal runs, whatever their order. */
  readonly digest: string
  readonly failures: readonly FailureTotals[]
  readonly faults: readonly FaultTotals[]
  readonly properties: readonly PropertyTotals[]
  readonly statistics: Readonly<Record<string, HistogramData>>
  readonly measurements: Readonly<Record<string, MeasurementData>>
  /** Of the lowest seed that passed: run again, it tells whether the scenario is still the same. */
  readonly witness?: Witness
  /** Of the lowest whose run ended and failed. */
  readonly failedWitness?: Witness
  /** On request. */
  readonly traceHashes?: readonly (readonly [seed: number, traceHash: string])[]
}

export interface Witness {
  readonly seed: number
  readonly traceHash: string
  readonly outcome: SeedOutcome
  /** What broke; null where nothing did. */
  readonly check: string | null
}

/** What a result says for its scenario; null where no run ended. */
export function witnessOf(seed: number, { traceHash, outcome, failure }: Pick<SeedResult, 'traceHash' | 'outcome' | 'failure'>): Witness | null {
  return traceHash === '' ? null : { seed, traceHash, outcome, check: failure?.check ?? null }
}

/** The lowest seed that passed, and the lowest that failed: two at most, whatever their order. */
export function chosenWitnesses(all: readonly Witness[]): readonly Witness[] {
  const inOrder = all.toSorted((a, b) => a.seed - b.seed)
  return [inOrder.find(hasPassed), inOrder.find((one) => !hasPassed(one))].filter((one) => one !== undefined)
}

const hasPassed = ({ outcome }: Witness): boolean => outcome === 'passed'

/**
 * Adds up the seeds of one scenario. Bounded: nothing is kept of a seed that passed, except on request its trace hash. Every part is a sum, a least or a
 * greatest, so that seeds may come in any order and totals of disjoint seeds merge.
 */
export class ScenarioTotals {
  readonly failures = new FailureTable()
  readonly faults = new FaultTable()
  readonly ranges = new SeedRanges()
  steps = 0
  virtualMillis = 0
  readonly #outcomes = new Map<SeedOutcome, number>()
  readonly #properties = new Map<string, { -readonly [K in keyof PropertyTotals]: PropertyTotals[K] }>()
  readonly #statistics = new Map<string, Histogram>()
  readonly #measurements = new Map<string, { readonly unit: MeasurementData['unit']; readonly histogram: Histogram }>()
  readonly #traceHashes: [number, string][] | null
  #witnesses: readonly Witness[] = []
  #digestHigh = 0
  #digestLow = 0

  constructor(options: { readonly keepsTraceHashes?: boolean } = {}) {
    this.#traceHashes = options.keepsTraceHashes === true ? [] : null
  }

  /** Answers the failure when this seed shows a new one, or a shorter run of a known one. `replay`: the name of its file. */
  add(seed: number, result: SeedResult, replay: string | null = null): FailureTotals | null {
    this.ranges.add(seed)
    this.steps += result.steps
    this.virtualMillis += result.virtualMillis
    increase(this.#outcomes, result.outcome, 1)
    this.faults.add(result.drawn, result.faults)
    for (const { name, kind, reached, held } of result.properties) this.#addProperty({ name, kind, runs: 1, reached, held })
    for (const [name, value] of Object.entries(result.statistics)) obtain(this.#statistics, name, () => new Histogram()).add(value)
    for (const [name, data] of Object.entries(result.measurements)) this.#addMeasurement(name, data)
    this.#fold(seed, result)
    const witness = witnessOf(seed, result)
    if (witness !== null) this.#witnessed(witness)
    if (result.traceHash !== '') this.#traceHashes?.push([seed, result.traceHash])
    return result.failure === null ? null : this.failures.add(seed, result, replay)
  }

  /** Throws `RangeError` when a seed is in both. */
  merge(more: ScenarioTotalsData): void {
    for (const [first, last] of more.ranges) this.ranges.add(first, last)
    this.steps += more.steps
    this.virtualMillis += more.virtualMillis
    for (const [outcome, times] of Object.entries(more.outcomes)) increase(this.#outcomes, outcome as SeedOutcome, times)
    for (const failure of more.failures) this.failures.merge(failure)
    for (const faults of more.faults) this.faults.merge(faults)
    for (const property of more.properties) this.#addProperty(property)
    for (const [name, data] of Object.entries(more.statistics)) obtain(this.#statistics, name, () => new Histogram()).merge(Histogram.from(data))
    for (const [name, data] of Object.entries(more.measurements)) this.#addMeasurement(name, data)
    for (const witness of [more.witness, more.failedWitness]) if (witness !== undefined) this.#witnessed(witness)
    this.#digestHigh = (this.#digestHigh + Number.parseInt(more.digest.slice(0, 8), 16)) | 0
    this.#digestLow = (this.#digestLow + Number.parseInt(more.digest.slice(8), 16)) | 0
    this.#traceHashes?.push(...(more.traceHashes ?? []).map(([seed, hash]): [number, string] => [seed, hash]))
  }

  /** Two at most: see `chosenWitnesses`. None: no run ended. */
  get witnesses(): readonly Witness[] {
    return this.#witnesses
  }

  get runs(): number {
    return [...this.#outcomes.values()].reduce((sum, times) => sum + times, 0)
  }

  get failed(): number {
    return this.runs - (this.#outcomes.get('passed') ?? 0)
  }

  /** Of a statistic, or of a kind's injections: over all runs, those that do not know it counting as 0. */
  median(name: string): number {
    const histogram = this.#statistics.get(name)
    return histogram?.quantile(500, this.runs - histogram.count) ?? this.faults.median(name, this.runs) ?? 0
  }

  total(name: string): number {
    return this.#statistics.get(name)?.total ?? 0
  }

  /** The share of crashes that fell between two effects of a step, from 0 to 1; null without crashes. */
  get crashesInside(): number | null {
    const crashes = this.total('crashes')
    return crashes === 0 ? null : this.total('crashesInsideSteps') / crashes
  }

  /** Sorted by name; `expected` names properties that must be met though no process may have stated them. */
  properties(expected: readonly string[] = []): readonly PropertyTotals[] {
    const stated = [...this.#properties.values()]
    const unstated = expected
      .filter((name) => !this.#properties.has(name))
      .map((name): PropertyTotals => ({ name, kind: 'reachable', runs: 0, reached: 0, held: 0 }))
    return [...stated, ...unstated].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  toJSON(): ScenarioTotalsData {
    const witness = this.#witnesses.find(hasPassed)
    const failedWitness = this.#witnesses.find((one) => !hasPassed(one))
    return {
      ranges: this.ranges.toJSON(),
      outcomes: sortedByName(this.#outcomes, (times) => times),
      steps: this.steps,
      virtualMillis: this.virtualMillis,
      digest: hexadecimal(this.#digestHigh) + hexadecimal(this.#digestLow),
      failures: this.failures.list(),
      faults: this.faults.list(),
      properties: this.properties(),
      statistics: sortedByName(this.#statistics, (histogram) => histogram.toJSON()),
      measurements: sortedByName(this.#measurements, ({ unit, histogram }) => ({ unit, histogram: histogram.toJSON() })),
      ...(witness === undefined ? {} : { witness }),
      ...(failedWitness === undefined ? {} : { failedWitness }),
      ...(this.#traceHashes === null ? {} : { traceHashes: this.#traceHashes.sort(([a], [b]) => a - b) }),
    }
  }

  #witnessed(witness: Witness): void {
    this.#witnesses = chosenWitnesses([...this.#witnesses, witness])
  }

  #addProperty({ name, kind, runs, reached, held }: PropertyTotals): void {
    const known = this.#properties.get(name)
    if (known === undefined) this.#properties.set(name, { name, kind, runs, reached, held })
    else {
      known.runs += runs
      known.reached += reached
      known.held += held
    }
  }

  #addMeasurement(name: string, { unit, histogram }: MeasurementData): void {
    obtain(this.#measurements, name, () => ({ unit, histogram: new Histogram() })).histogram.merge(Histogram.from(histogram))
  }

  /** A sum of well mixed words: it does not depend on the order. */
  #fold(seed: number, { outcome, traceHash }: SeedResult): void {
    const hash = new TraceHash()
    hash.foldInteger(seed)
    for (const text of [outcome, traceHash]) for (let i = 0; i < text.length; i++) hash.fold(text.charCodeAt(i))
    this.#digestHigh = (this.#digestHigh + hash.high) | 0
    this.#digestLow = (this.#digestLow + hash.low) | 0
  }
}

/** A `sometimes` or `reachable` property that no run met. */
export const isUnmet = ({ kind, held }: PropertyTotals): boolean => (kind === 'sometimes' || kind === 'reachable') && held === 0

const hexadecimal = (word: number): string => (word >>> 0).toString(16).padStart(8, '0')

function increase<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

function obtain<Value>(values: Map<string, Value>, name: string, make: () => Value): Value {
  let value = values.get(name)
  if (value === undefined) {
    value = make()
    values.set(name, value)
  }
  return value
}

function sortedByName<Value, Data>(values: ReadonlyMap<string, Value>, data: (value: Value) => Data): Record<string, Data> {
  return Object.fromEntries([...values].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => [name, data(value)]))
}
