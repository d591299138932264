/**
 * Seedfall: deterministic simulation testing for TypeScript.
 *
 * Write a process against `Host`; describe a `system`, a `workload` and a `scenario`; `run` it under a seed, or take it in the hand with `simulate`.
 */
export type { AmbientMode } from './ambient/ambient-mode.js'
export { AmbientUse, RealIo } from './ambient/ambient-use.js'
export type { History, HistoryFault, HistoryWatch, Judge, OperationOutcome, OperationRecord } from './check/history.js'
export { checkLinearizable, type Linearizability, type LinearizableOptions, linearizable } from './check/linearizability/linearizable.js'
export { type Answer, type ModelName, models, type RegisterOptions, rejected, type SequentialModel, type State } from './check/linearizability/models.js'
export type { Change, Effect, Machine, MachineEvent } from './check/machine.js'
export {
  type MachineAction,
  type MachineModelOptions,
  type MachineProperty,
  type MachineView,
  machineModel,
  type NetworkKind,
  type PreludeStep,
} from './check/machine-model.js'
export type { Envelope, MachineHarness, MachineInvariants, MachineNode, MachineStep } from './check/machine-node.js'
export type { Checkable, Model, ModelProperty, Rule, RuleModel, RuleStep, SpaceModel } from './check/model.js'
export { Checker, type CheckOptions, type CheckProgress, type CheckResult, check, type Discovery, type SearchKind } from './check/model-checker.js'
export { type ModelFamily, modelFamily, type Setting, type SettingsOf, type SettingValue } from './check/model-family.js'
export { sortedPlaces } from './check/orbit.js'
export { ruleModel } from './check/rule-space.js'
export type { PropertyKind as ModelPropertyKind, Symmetry } from './check/state-space.js'
export { catalogueOf, FaultCatalogue, stockFaults } from './faults/catalogue.js'
export { type Drawn, drawnMillis, type FaultDefinition } from './faults/definition.js'
export type { FaultWorld } from './faults/fault-world.js'
export type { FaultCount, FaultKind, FaultPlan, Injection, InjectionArgs, Reseed } from './faults/injection.js'
export { ms, s, us } from './host/durations.js'
export {
  DiskError,
  type DiskErrorCode,
  InjectedFailure,
  Misuse,
  NetError,
  type NetErrorCode,
  ObjectStoreError,
  type ObjectStoreErrorCode,
  OperationFailed,
  RemoteError,
  SeedfallError,
} from './host/errors.js'
export type * from './host/object-store.js'
export { OwnershipError } from './host/ownership-error.js'
export type * from './host/seam.js'
export type { HostStatus, HostView, Step, World } from './host/world.js'
export type { Bandwidth } from './net/bandwidth.js'
export type { NetworkProfile } from './net/latency.js'
export type { LinkOverride, NetworkDescription, NetworkPlan } from './net/link-profiles.js'
export type { ObjectStoreOptions } from './objects/simulated-store.js'
export { storyOf } from './report/story.js'
export { type CrashFailure, type CrashPoint, type CrashPoints, type CrashPointsRequest, exploreCrashPoints } from './run/crash-points/crash-points.js'
export type { Measurements, Samples } from './run/measurements.js'
export type { PlannedOperation } from './run/planned-operation.js'
export { type OverRuns, type PropertyOverRuns, propertiesOver } from './run/properties-over-runs.js'
export { formatReplay, parseReplay, type Replay, ReplayError, requestOf } from './run/replay.js'
export type * from './run/report.js'
export { headerOf, run } from './run/run.js'
export {
  type AnyScenario,
  type Budget,
  type Eventually,
  type Invariant,
  invariant,
  isScenario,
  type Observation,
  type OptionRange,
  type Options,
  protocol,
  type Role,
  type RoleVersion,
  type Scenario,
  type Strategy,
  type System,
  scenario,
  system,
  type Workload,
  workload,
} from './run/scenario.js'
export type { ShrinkProgress } from './run/shrink/search.js'
export { ShrinkFailed, type ShrinkOptions, shrink } from './run/shrink/shrink.js'
export type { RunSize, Shrunk } from './run/shrink/shrunk.js'
export { type SimulateOptions, Simulation, SimulationFailed, simulate } from './run/simulation.js'
export type { Topology } from './run/topology.js'
export { type Chance, type Necessity, type Why, type WhyOptions, why } from './run/why/why.js'
