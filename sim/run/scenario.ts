import type { AmbientMode } from '../ambient/ambient-mode.js'
import type { Judge, OperationRecord } from '../check/history.js'
import type { FaultDefinition } from '../faults/definition.js'
import type { FaultKind } from '../faults/injection.js'
import { Misuse } from '../host/errors.js'
import type { Host, HostName, Methods, Nanos, Protocol, Random } from '../host/seam.js'
import type { Step, World } from '../host/world.js'
import type { NetworkDescription } from '../net/link-profiles.js'
import type { ObjectStoreOptions } from '../objects/simulated-store.js'
import type { Measurements } from './measurements.js'

/** A pluggable system under test: its roles, how each boots, what it survives, whom a nemesis may aim at. */
export interface System<Roles extends Record<string, unknown>> {
  readonly name: string
  readonly roles: { readonly [R in keyof Roles]: Role<Roles[R]> }
  /** What the seeded faults never exceed. */
  readonly survives: Budget
  /**
   * Smaller forms, by hosts of a role: `[{ broker: 3 }]`. A failure is shrunk to one of them where it is of the sort that must not happen however many hosts
   * are away, so name only forms in which nothing breaks then; that they may stand still is no harm.
   */
  readonly smaller?: readonly { readonly [R in keyof Roles]?: number }[]
  /** Which replicated thing lies at these bytes of a host's disk, the same on every host with a copy; null: none, so that they must not be damaged. */
  readonly replicaUnit?: (host: HostName, path: string, offset: number) => string | null
  /** What a trace shows of a process beside its step: `{ term: 3, leads: 1 }`. Called for a printed trace only; must change nothing. */
  columns?(process: Roles[keyof Roles]): Readonly<Record<string, string | number>>
  /** What a process waits for that no call or timer shows, told first in a stall and in a state: `suspect, waits for a leader`. Must change nothing. */
  waits?(process: Roles[keyof Roles]): readonly string[]
  /** Aims for the `targeted` strategy: `leader`, `newest`. */
  readonly targets?: Record<string, (world: World<Roles>) => HostName | undefined>
}

export interface Role<P> {
  readonly count: number
  boot(host: Host): P | Promise<P>
  /** What `host.config` is, by ordinal (1 first). */
  config?(ordinal: number, options: Options): unknown
  /** What hosts of this role may be upgraded to, oldest first; every host begins with the role as it is, whose name is `base`. */
  readonly versions?: Readonly<Record<string, RoleVersion<P>>>
}

/** Other code, other options, or both: what is not given stays as the role has it. */
export type RoleVersion<P> = ((host: Host) => P | Promise<P>) | { boot?(host: Host): P | Promise<P>; config?(ordinal: number, options: Options): unknown }

/** What faults a system stands, of its own hosts. */
export interface Budget {
  /** Hosts down, booting, paused, wiped or cut off at the same time. */
  readonly down?: number
  /** Hosts whose disks are ever wiped in a run, not at the same time: nobody sees from outside when one has its copies back. Each may be so again. */
  readonly wiped?: number
  /** Of every replicated unit (`replicaUnit`), fewer copies than this are damaged at the same time: rotten, misdirected, lied about. None when not given. */
  readonly corruptCopies?: number
  /** Hosts whose disks are ever damaged so or wiped, the same ones all through a run, and among those on whose disks a power loss may leave garbage; any when not given. */
  readonly damagedHosts?: number
  /** Syncs may lie. */
  readonly syncLies?: boolean
  /** All hosts may lose power at once: unavailable meanwhile, but nothing acknowledged is lost. */
  readonly blackout?: boolean
  /** How far a wall clock may be from true time, either way. */
  readonly clockSkewMillis?: number
  /** How much faster or slower than true time a host's clocks may run, in parts per million; crystals stay within 200. */
  readonly clockDriftPpm?: number
  /** How long both clocks of a host may stand still while its process goes on. */
  readonly clockFreezeMillis?: number
  /** Bits of typed datagrams may flip: the system checks what it receives. Otherwise such datagrams are lost. */
  readonly corruptDatagrams?: boolean
  /** A host may go back to an earlier version. */
  readonly rollback?: boolean
}

/** Drawn or given numbers that shape a run (batch limits, record sizes, think times): printed first, kept in the replay file. */
export type Options = Readonly<Record<string, number>>

/** The range an option is drawn from, inclusive; `log` draws orders of magnitude evenly. */
export interface OptionRange {
  readonly min: number
  readonly max: number
  readonly log?: boolean
  /** The value that tells a reader least, which shrinking tries first; `min` when not given. */
  readonly plain?: number
  readonly why?: string
}

/** Operations are data, generated before they are performed, so that they can be dropped and simplified. */
export interface Workload<Op, Result, Session = unknown> {
  readonly clients: number
  generate(random: Random, client: number, index: number, options: Options): Op
  /** A rejection with a `NetError` other than `refused` is an unknown outcome; `OperationFailed` and `refused` are failures; any other is the client's crash. */
  perform(host: Host, op: Op, session: Session): Promise<Result>
  /** What a client keeps from one operation to the next: made once for each client, when its host starts. */
  connect?(host: Host): Session
  /** Virtual time between a client's operations; option `thinkMicros` when not given. */
  think?(random: Random, options: Options): Nanos
  readonly judge?: Judge<Op, Result>
}

/** `begin` runs once a run, so that memory never leaks between runs; the check runs after every step and says what is wrong, or nothing. */
export interface Invariant<Roles extends Record<string, unknown>> {
  readonly name: string
  begin(): (world: World<Roles>, step: Step) => string | undefined
  /** Neighbours in a scenario's list that share one are skipped together in the steps in which there is nothing for them to see. */
  readonly observation?: Observation<Roles>
  /** Which of the bits that its observation answers it hangs on; any, when not given. */
  readonly concerns?: number
}

/** What several invariants look at together. */
export interface Observation<Roles extends Record<string, unknown>> {
  /** Once a run: answers what there is to see in a step, as bits of the observation's own; 0: nothing. */
  begin(world: World<Roles>): (step: Step) => number
}

/**
 * When seeded faults come and whom they aim at. `random`: any host, at any time. `targeted`: mostly whom the system's targets name, and moments that
 * processes mark. `burst`: quiet, then many together (half of the runs of the first two do so, too). `rolling`: one host after another crashes, is
 * paused or upgraded. `pct`: random priorities of hosts or links, a few of which change. `none`: no faults.
 */
export type Strategy = 'random' | 'targeted' | 'burst' | 'rolling' | 'pct' | 'none'

/** The faults that a scenario allows. */
export interface ScenarioFaults {
  readonly strategy: Strategy
  /** All when not given. */
  readonly kinds?: readonly FaultKind[]
  /** Kinds of the scenario's own, beside the stock ones. */
  readonly custom?: readonly FaultDefinition[]
}

export interface Scenario<Roles extends Record<string, unknown>, Op, Result> {
  readonly name: string
  readonly system: System<Roles>
  readonly workload: Workload<Op, Result>
  readonly invariants: readonly Invariant<Roles>[]
  readonly faults: ScenarioFaults
  readonly duration: Nanos
  /** From here on faults end; then only hosts outside a healthy quorum may stay faulty. */
  readonly healAt: Nanos
  readonly recovery?: readonly Recovery<Roles, Op, Result>[]
  readonly eventually?: readonly Eventually<Roles, Op, Result>[]
  /** `sometimes` and `reachable` properties that some of many runs must meet: one that no process ever stated counts as never met. */
  readonly mustMeet?: readonly string[]
  /** The swarm's own options, beside the framework's. */
  readonly options?: Record<string, OptionRange>
  /** There is an object store, on a host of its own: `host.objects`. */
  readonly objects?: ObjectStoreOptions
  /** Delays and bandwidths between hosts; `'lan'` when not given. */
  readonly network?: NetworkDescription
  /** What happens when a process reaches for the machine's clock, randomness, timers or network; `'trap'` when not given. */
  readonly ambient?: AmbientMode
  /** Numbers a run's report shows: leader changes, acknowledged records. Read once, at the end. */
  statistics?(world: World<Roles>, history: readonly OperationRecord<Op, Result>[]): Record<string, number>
  /** What is measured many times in a run, such as latencies, whose distributions a campaign shows. Read once, at the end. */
  measurements?(world: World<Roles>, history: readonly OperationRecord<Op, Result>[]): Measurements
}

/** Must come true within a bound after faults ended and the last host recovered, while the clients go on with their work. */
export interface Recovery<Roles extends Record<string, unknown>, Op = unknown, Result = unknown> {
  readonly name: string
  readonly within: Nanos
  /** Called when the bound begins, and again when a host recovers later: what it answers is asked until it is true. */
  begin(world: World<Roles>, history: readonly OperationRecord<Op, Result>[]): () => boolean
}

/** Must come true within a generous bound after the clients are done and the last host recovered: looked at from outside, or asked for by a client. */
export type Eventually<Roles extends Record<string, unknown>, Op = unknown, Result = unknown> = EventuallyHolds<Roles> | EventuallyAnswered<Op, Result>

export interface EventuallyHolds<Roles extends Record<string, unknown>> {
  readonly name: string
  readonly within: Nanos
  holds(world: World<Roles>): boolean
}

/** What only a client can tell: it runs on the first client's host once no operation is under way. */
export interface EventuallyAnswered<Op = unknown, Result = unknown> {
  readonly name: string
  readonly within: Nanos
  /** null: it holds; else what is still wrong, and it is asked again. A rejection with a `NetError` is such an answer; any other is the client's crash. */
  ask(host: Host, history: readonly OperationRecord<Op, Result>[]): Promise<string | null>
}

/** A scenario whose types do not matter: what the runner takes. */
// biome-ignore lint/suspicious/noExplicitAny: roles, operations and results are invariant in a scenario; the runner treats them as opaque.
export type AnyScenario = Scenario<any, any, any>

/** Branded with `Symbol.for`: two copies of the package do get loaded. */
const brand = Symbol.for('seedfall.scenario')

export function protocol<M extends Methods>(name: string, options: { transport?: 'stream' | 'datagram' } = {}): Protocol<M> {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new Misuse(`a protocol's name is lower-case letters, digits and dashes, not '${name}'`)
  return { name, transport: options.transport ?? 'stream' }
}

export function system<Roles extends Record<string, unknown>>(definition: System<Roles>): System<Roles> {
  return definition
}

export function workload<Op, Result, Session = unknown>(definition: Workload<Op, Result, Session>): Workload<Op, Result, Session> {
  return definition
}

/** `invariant<typeof mySystem>(name, begin)`: typed by the roles of a system. */
export function invariant<S>(name: string, begin: () => (world: World<RolesOf<S>>, step: Step) => string | undefined): Invariant<RolesOf<S>> {
  return { name, begin }
}
export type RolesOf<S> = S extends System<infer Roles> ? Roles : S extends Record<string, unknown> ? S : never

export function scenario<Roles extends Record<string, unknown>, Op, Result>(definition: Scenario<Roles, Op, Result>): Scenario<Roles, Op, Result> {
  if (definition.healAt > definition.duration) throw new Misuse(`scenario ${definition.name}: healAt is after duration`)
  if (definition.workload.clients === 0 && definition.eventually?.some((property) => 'ask' in property))
    throw new Misuse(`scenario ${definition.name}: there is no client to ask what must come true`)
  return Object.assign({ ...definition }, { [brand]: true })
}

export function isScenario(value: unknown): value is AnyScenario {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[brand] === true
}
