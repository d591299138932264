import type { OperationRecord } from '../check/history.js'
import type { FaultCount, FaultKind, Injection } from '../faults/injection.js'
import type { HostName, Nanos } from '../host/seam.js'
import type { Measurements } from './measurements.js'
import type { HostState, Outcome, PropertyCount, RunHeader, RunReport, Violation } from './report.js'
import type { Options, Strategy } from './scenario.js'

/** What a finished run adds to its header. */
export type RunResults = Omit<RunReport, keyof RunHeader | 'states' | 'violation'> & { readonly violation: Violation | undefined }

/** The report of a run. One shape for all, so that thousands of short runs cost little. */
export class FinishedRun implements RunReport {
  readonly scenario: string
  readonly seed: string
  readonly strategy: Strategy
  readonly armed: readonly FaultKind[]
  readonly options: Options
  readonly durationNanos: Nanos
  readonly hosts: readonly HostName[]
  readonly outcome: Outcome
  readonly steps: number
  readonly virtualNanos: Nanos
  readonly traceHash: string
  readonly violation?: Violation
  readonly injections: readonly Injection[]
  readonly occurrences: readonly Injection[]
  readonly faults: readonly FaultCount[]
  readonly stale: readonly Injection[]
  readonly statistics: Readonly<Record<string, number>>
  readonly measurements: Measurements
  readonly properties: readonly PropertyCount[]
  readonly history: readonly OperationRecord<unknown, unknown>[]
  readonly #statesOf: () => readonly HostState[]

  constructor(header: RunHeader, results: RunResults, statesOf: () => readonly HostState[]) {
    this.scenario = header.scenario
    this.seed = header.seed
    this.strategy = header.strategy
    this.armed = header.armed
    this.options = header.options
    this.durationNanos = header.durationNanos
    this.hosts = header.hosts
    this.outcome = results.outcome
    this.steps = results.steps
    this.virtualNanos = results.virtualNanos
    this.traceHash = results.traceHash
    if (results.violation !== undefined) this.violation = results.violation
    this.injections = results.injections
    this.occurrences = results.occurrences
    this.faults = results.faults
    this.stale = results.stale
    this.statistics = results.statistics
    this.measurements = results.measurements
    this.properties = results.properties
    this.history = results.history
    this.#statesOf = statesOf
  }

  /** Words for a person: made when somebody reads them. */
  get states(): readonly HostState[] {
    return this.#statesOf()
  }
}
