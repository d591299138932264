import type { AmbientMode } from '../../ambient/ambient-mode.js'
import type { FaultKind, Injection, Reseed } from '../../faults/injection.js'
import type { Nanos } from '../../host/seam.js'
import type { PlannedOperation } from '../planned-operation.js'
import type { RunReport, RunRequest } from '../report.js'
import type { AnyScenario, Options, Strategy } from '../scenario.js'
import type { Topology } from '../topology.js'

/** A run whose faults are listed, as plain data: what is varied when a failure is shrunk, and what a worker can be sent. */
export interface Recipe {
  readonly seed: string
  readonly salt: string
  readonly strategy: Strategy
  /** Undefined: those of the scenario. */
  readonly kinds: readonly FaultKind[] | undefined
  readonly withoutKinds: readonly FaultKind[] | undefined
  readonly ambient: AmbientMode | undefined
  /** By time. */
  readonly injections: readonly Injection[]
  /** Null: clients draw them. */
  readonly operations: readonly PlannedOperation[] | null
  readonly topology: Topology
  readonly options: Options
  readonly durationNanos: Nanos
  /** Other draws from a step on. */
  readonly reseed?: readonly Reseed[]
}

/** The recipe of a run that was made: its injections are listed. */
export function recipeOf(request: RunRequest, report: RunReport): Recipe {
  return {
    seed: request.seed,
    salt: request.plan?.salt ?? '',
    strategy: report.strategy,
    kinds: request.kinds,
    withoutKinds: request.withoutKinds,
    ambient: request.ambient,
    injections: report.injections.map(copyOf).sort((a, b) => a.at - b.at),
    operations: request.operations ?? null,
    topology: request.topology ?? {},
    options: report.options,
    durationNanos: report.durationNanos,
  }
}

/** The run that a recipe asks for. Injections are copies: a run completes their arguments. */
export function requestFrom(recipe: Recipe, scenario: AnyScenario): RunRequest {
  const { seed, salt, strategy, kinds, withoutKinds, ambient, injections, operations, topology, options, durationNanos, reseed } = recipe
  return {
    scenario,
    seed,
    plan: { injections: injections.map(copyOf), ...(salt === '' ? {} : { salt }), ...(reseed === undefined ? {} : { reseed }) },
    strategy,
    ...(kinds === undefined ? {} : { kinds }),
    ...(withoutKinds === undefined ? {} : { withoutKinds }),
    ...(ambient === undefined ? {} : { ambient }),
    duration: durationNanos,
    options,
    ...(operations === null ? {} : { operations }),
    ...(Object.keys(topology).length === 0 ? {} : { topology }),
  }
}

export const copyOf = (injection: Injection): Injection => ({ ...injection, args: structuredClone(injection.args) })

/** What tells an injection from the others of a list, and stays when it comes at another time. */
export const injectionKey = ({ kind, site, ordinal }: Injection): string => `${kind} ${site} #${ordinal}`

export const operationKey = ({ client, index }: PlannedOperation): string => `${client} #${index}`
