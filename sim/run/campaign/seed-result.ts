import type { FaultCount, FaultKind } from '../../faults/injection.js'
import type { Samples } from '../measurements.js'
import type { Outcome, PropertyCount, RunReport } from '../report.js'
import { Histogram, type HistogramData } from './histogram.js'

/**
 * What became of a seed. Beside a run's own outcomes: `threw`, code of the scenario outside of every process (a judge, statistics) did; `died`, the run took
 * its worker with it (out of memory, `process.exit`); `hung`, it gave no sign of life for too long (an endless loop).
 */
export type SeedOutcome = Exclude<Outcome, 'interrupted'> | 'threw' | 'died' | 'hung'

/** What a campaign keeps of a run until it is added up: plain data, sent between threads and written to the journal. */
export interface SeedResult {
  readonly outcome: SeedOutcome
  readonly steps: number
  /** Whole virtual milliseconds: sums of them stay exact. */
  readonly virtualMillis: number
  /** Empty where no run ended: `threw`, `died`, `hung`. */
  readonly traceHash: string
  /** Drawn for the run, whether or not it met a place to act: `code.*` are drawn in systems without sites, too. */
  readonly drawn: readonly FaultKind[]
  readonly faults: readonly FaultCount[]
  readonly statistics: Readonly<Record<string, number>>
  readonly properties: readonly PropertyCount[]
  readonly measurements: Readonly<Record<string, MeasurementData>>
  /** Null when it passed. */
  readonly failure: SeedFailure | null
}

export interface SeedFailure {
  readonly fingerprint: string
  readonly check: string
  readonly message: string
  readonly host: string | null
  /** The failing step and its virtual time; 0 where no run ended. */
  readonly step: number
  readonly at: number
}

/** Samples of one run, or of many, in buckets. */
export interface MeasurementData {
  readonly unit: Samples['unit']
  readonly histogram: HistogramData
}

export function seedResult(report: RunReport, failure: SeedFailure | null): SeedResult {
  const { outcome, steps, virtualNanos, traceHash, armed, faults, statistics, properties, measurements } = report
  if (outcome === 'interrupted') throw new RangeError('an interrupted run is no result')
  return {
    outcome,
    steps,
    virtualMillis: Math.floor(virtualNanos / 1_000_000),
    traceHash,
    drawn: armed,
    faults,
    statistics,
    properties,
    measurements: Object.fromEntries(Object.entries(measurements).map(([name, samples]) => [name, inBuckets(samples)])),
    failure,
  }
}

/** Of a seed whose run never ended. */
export function brokenSeed(outcome: 'threw' | 'died' | 'hung', failure: SeedFailure): SeedResult {
  return { outcome, steps: 0, virtualMillis: 0, traceHash: '', drawn: [], faults: [], statistics: {}, properties: [], measurements: {}, failure }
}

function inBuckets({ unit, values }: Samples): MeasurementData {
  const histogram = new Histogram()
  for (const value of values) histogram.add(value)
  return { unit, histogram: histogram.toJSON() }
}
