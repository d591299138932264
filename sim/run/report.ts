import type { AmbientMode } from '../ambient/ambient-mode.js'
import type { OperationRecord } from '../check/history.js'
import type { FaultCount, FaultKind, FaultPlan, Injection } from '../faults/injection.js'
import type { HostName, Nanos } from '../host/seam.js'
import type { TraceSink } from '../kernel/trace.js'
import type { Measurements } from './measurements.js'
import type { PlannedOperation } from './planned-operation.js'
import type { AnyScenario, Options, Strategy } from './scenario.js'
import type { Topology } from './topology.js'

export type Outcome = 'passed' | 'violation' | 'stalled' | 'crashed' | 'runaway' | 'interrupted'

/** What a run is asked to be. Everything not given is drawn from the seed. */
export interface RunRequest {
  readonly scenario: AnyScenario
  readonly seed: string
  readonly plan?: FaultPlan
  readonly strategy?: Strategy
  /** Instead of the scenario's kinds. */
  readonly kinds?: readonly FaultKind[]
  readonly withoutKinds?: readonly FaultKind[]
  readonly duration?: Nanos
  /** Instead of drawn ones. */
  readonly options?: Options
  /** Exactly these operations, each at its time or as soon as its client is free; otherwise clients draw theirs. */
  readonly operations?: readonly PlannedOperation[]
  /** Fewer hosts of a role than its scenario has, or fewer clients (`client`). */
  readonly topology?: Topology
  readonly limits?: Partial<Limits>
  /** Stops before the step with this number is followed by another; the report's outcome is then what it was so far. */
  readonly untilStep?: number
  /** Runs a `debugger` statement at the start of this step. */
  readonly breakAtStep?: number
  readonly trace?: TraceSink
  readonly signal?: AbortSignal
  /** `sync` where the engine can; `macrotask` gives the same trace hash, slower. */
  readonly drain?: 'sync' | 'macrotask'
  /** False: the hash, and with it the proof of equality, is left out (bare benches only). */
  readonly hash?: boolean
  /** False: values cross as they are, neither frozen nor copied nor hashed (bare benches only). */
  readonly valueRules?: boolean
  /** False: invariants are not checked (benches only). */
  readonly invariants?: boolean
  /** Instead of the scenario's; `trap` when neither says. */
  readonly ambient?: AmbientMode
  /** Names the place that starts real input or output at once, which makes promises slower; a whole run that notices some is run once more with it. */
  readonly namesIo?: boolean
}

export interface Limits {
  readonly steps: number
  /** Events waiting at once. */
  readonly queue: number
  /** Virtual time without progress of any client while an operation is unfinished. */
  readonly stallNanos: Nanos
  /** Of the whole program's heap, in use for some time; 85% of what the engine allows when not given. */
  readonly heapBytes?: number
}

export type { TraceRecord, TraceSink } from '../kernel/trace.js'

/** The run's header: all that was derived from the seed, known before the first step. */
export interface RunHeader {
  readonly scenario: string
  readonly seed: string
  readonly strategy: Strategy
  readonly armed: readonly FaultKind[]
  readonly options: Options
  readonly durationNanos: Nanos
  readonly hosts: readonly HostName[]
}

export interface RunReport extends RunHeader {
  readonly outcome: Outcome
  readonly steps: number
  readonly virtualNanos: Nanos
  readonly traceHash: string
  /** Set unless passed or interrupted. */
  readonly violation?: Violation
  readonly injections: readonly Injection[]
  readonly faults: readonly FaultCount[]
  /** Single packets and operations that were struck inside episodes: each can be listed on its own. */
  readonly occurrences: readonly Injection[]
  /** Listed injections that found no site. */
  readonly stale: readonly Injection[]
  readonly statistics: Readonly<Record<string, number>>
  readonly measurements: Measurements
  readonly properties: readonly PropertyCount[]
  readonly history: readonly OperationRecord<unknown, unknown>[]
  /** The hosts' states when the run ended, for `--until`. */
  readonly states: readonly HostState[]
}

export interface Violation {
  /** The invariant's, property's or judge's name; for a crash the error's name. */
  readonly check: string
  readonly message: string
  readonly step: number
  readonly at: Nanos
  readonly host: HostName | null
  readonly stack?: string
}

/** The run ended where it failed. Else a judge found it when the run was over, and what came after the answer that it names may have brought it about. */
export function endsAtViolation({ steps, violation }: Pick<RunReport, 'steps' | 'violation'>): boolean {
  return violation?.step === steps
}

export interface PropertyCount {
  readonly name: string
  readonly kind: 'always' | 'sometimes' | 'reachable' | 'unreachable' | 'eventually'
  readonly reached: number
  readonly held: number
}
export interface HostState {
  readonly name: HostName
  readonly status: string
  readonly incarnation: number
  /** `base` while it was not upgraded. */
  readonly version: string
  /** What it waits for, and its process as plain text. */
  readonly waitingFor: readonly string[]
  /** Of that, what its system says (`System.waits`). */
  readonly saidToWait: readonly string[]
  readonly process: string
}
