import type { AmbientGuard } from '../ambient/ambient-guard.js'
import { placeOf } from '../ambient/place.js'
import type { HistoryFault } from '../check/history.js'
import { PropertyCounts } from '../check/property-counts.js'
import { HostDisk } from '../disk/host-disk.js'
import { FaultEngine } from '../faults/engine.js'
import type { Injection, InjectionArgs } from '../faults/injection.js'
import type { CodeSites } from '../host/code-sites.js'
import { Misuse } from '../host/errors.js'
import { HostExit } from '../host/exit.js'
import { baseVersion, type HostVersion } from '../host/host-version.js'
import type { Incarnation } from '../host/incarnation.js'
import type { MachineWorld } from '../host/machine-world.js'
import type { ObjectStore } from '../host/object-store.js'
import { clientRole, isOutsideSystem, storeRole } from '../host/outside-role.js'
import { processorModels } from '../host/processor-model.js'
import type { PropertyKind } from '../host/properties.js'
import type { Disk, DurableView, Host, HostName, Nanos } from '../host/seam.js'
import { SimulatedHost } from '../host/simulated-host.js'
import type { HostView, World } from '../host/world.js'
import type { EventLife, KernelEvent } from '../kernel/event.js'
import { Kernel, type KernelHooks, type LoopEnd } from '../kernel/kernel.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import type { Link } from '../net/link.js'
import type { LinkOverride } from '../net/link-profiles.js'
import { Network, type NetworkObserver } from '../net/network.js'
import { SimulatedObjectStore } from '../objects/simulated-object-store.js'
import { SimulatedStore } from '../objects/simulated-store.js'
import { storeHost } from '../objects/store-protocol.js'
import { describeEvent, waitingFor } from './describe.js'
import { FinishedRun } from './finished-run.js'
import { guardOf } from './guarding.js'
import { HeapLimit } from './heap-limit.js'
import { OperationHistory } from './operation-history.js'
import type { HostState, Outcome, RunReport, RunRequest, Violation } from './report.js'
import { versionsOf } from './role-versions.js'
import type { AnyScenario, Options } from './scenario.js'
import { type RunSetup, setUp } from './setup.js'
import { StepChecks } from './step-checks.js'
import { type ClientContext, WorkloadClient } from './workload-client.js'

/** What `simulate` takes beside a scenario. */
export type SimulateOptions = Omit<RunRequest, 'scenario' | 'seed'> & {
  readonly seed?: string
  /** `'none'`: no seeded faults. */
  readonly faults?: 'none'
  /** False: the workload's clients do not start. */
  readonly clients?: boolean
}

/** Thrown by `advance` and `until` when the run breaks: the report says what the runner would have said. */
export class SimulationFailed extends Error {
  override readonly name = 'SimulationFailed'
  constructor(
    readonly outcome: Outcome,
    readonly violation: Violation,
    scenario: string,
    seed: string,
  ) {
    super(`${outcome}: ${violation.check}: ${violation.message} (${scenario}, seed ${seed}, step ${violation.step} at ${violation.at} ns)`, {
      cause: violation.stack,
    })
  }
}

/**
 * A run in the hand: hosts, network, disks, faults and clients of one scenario under one seed, advanced as the caller likes.
 * `run` drives the same object through a whole run.
 */
export class Simulation<Roles extends Record<string, unknown>> implements MachineWorld, KernelHooks, NetworkObserver, ClientContext, AsyncDisposable {
  readonly kernel: Kernel
  readonly network: Network
  readonly processKey: Key
  readonly peers: Readonly<Record<string, readonly HostName[]>>
  readonly world: World<Roles>
  readonly scenario: AnyScenario
  readonly options: Options
  readonly history = new OperationHistory()
  readonly answers = new Map<string, string | null>()
  readonly engine: FaultEngine
  /** Hosts of the system's roles first, then the clients'. */
  readonly hosts: readonly SimulatedHost[]
  readonly systemHosts: readonly SimulatedHost[]
  readonly setup: RunSetup
  /** Null: the scenario has no object store. */
  readonly store: SimulatedStore | null
  /** Null: processes may use what is the machine's. */
  readonly guard: AmbientGuard | null
  areClientsDone = false
  clientsRunning = 0
  failure: { outcome: Outcome; violation: Violation } | null = null
  /** When the last system host came up. */
  lastBootAt: Nanos = 0
  readonly #byName = new Map<HostName, SimulatedHost>()
  readonly #disks: (HostDisk | undefined)[] = []
  readonly #properties = new PropertyCounts()
  readonly #checks: StepChecks
  #until: ((world: World<Roles>) => boolean) | null = null
  #isFinished = false

  constructor(request: RunRequest, behaviour: { readonly clients: boolean; readonly autoRestart: boolean }) {
    const setup = setUp(request)
    this.setup = setup
    this.scenario = request.scenario
    this.options = setup.header.options
    const { limits } = setup
    this.guard = guardOf(request, (error) => this.failed(error))
    const heap = new HeapLimit(limits.heapBytes)
    this.kernel = new Kernel({
      key: setup.key,
      hooks: this,
      isOutOfMemory: () => heap.isPassed(),
      ...(this.guard === null ? {} : { guard: this.guard }),
      stepLimit: Math.min(limits.steps, request.untilStep ?? Number.POSITIVE_INFINITY),
      queueLimit: limits.queue,
      ...(request.drain === undefined ? {} : { drain: request.drain }),
      ...(request.hash === undefined ? {} : { hash: request.hash }),
      ...(request.trace === undefined ? {} : { sink: request.trace }),
      ...(request.breakAtStep === undefined ? {} : { breakAtStep: request.breakAtStep }),
      ...(request.signal === undefined ? {} : { interrupted: () => request.signal?.aborted === true }),
    })
    const salt = request.plan?.salt ?? ''
    this.processKey = deriveKey(deriveKey(setup.key, 'process'), salt)
    const { objects } = this.scenario
    this.store = objects === undefined ? null : new SimulatedStore(objects, setup.key, salt)
    this.hosts = this.#buildHosts(behaviour.clients)
    this.systemHosts = this.hosts.filter((host) => host.isOfSystem)
    this.peers = peersOf(this.hosts)
    this.network = new Network(this.kernel, this.hosts, this.scenario.network ?? 'lan', salt, this, request.valueRules)
    this.world = this.#buildWorld()
    this.engine = new FaultEngine(this, setup.catalogue, request.plan?.injections ?? 'seeded', behaviour.autoRestart)
    this.#checks = new StepChecks(request.invariants === false ? [] : this.scenario.invariants, this.world)
    for (const host of this.hosts) host.start(0)
    this.engine.start()
    request.trace?.begin?.(this)
  }

  get seed(): string {
    return this.setup.header.seed
  }

  // ---------------------------------------------------------------- driving

  /** Lets `by` nanoseconds of virtual time pass. Rejects with `SimulationFailed` when the run breaks. */
  async advance(by: Nanos): Promise<void> {
    if (!Number.isSafeInteger(by) || by < 0) throw new Misuse(`advance(by) takes an integer of nanoseconds from 0 on, not ${by}`)
    this.#throwFailure(await this.runTo(this.kernel.now + by))
  }

  /** Runs until `holds`, checked after every step; rejects when it does not within the given virtual time. */
  async until(holds: (world: World<Roles>) => boolean, options: { within: Nanos }): Promise<void> {
    if (holds(this.world)) return
    this.#until = holds
    const end = await this.runTo(this.kernel.now + options.within)
    const isMet = this.#until === null
    this.#until = null
    this.#throwFailure(end)
    if (!isMet && !holds(this.world)) throw new Error(`until(…) did not come true within ${options.within} ns of virtual time (seed ${this.seed})`)
  }

  /** Cuts every link between hosts of different groups; hosts in no group keep all theirs. `heal` ends it. */
  partition(...groups: HostName[][]): void {
    this.inject({ kind: 'net.partition', site: 'drive', ordinal: 0, args: { shape: 'split', groups, forNanos: null } })
  }

  /** Links are so from now on: `'client>broker'` one way, `'broker-1<>broker-2'` both; a side is a host, a role or `*`. */
  shapeLinks(links: string, override: LinkOverride): void {
    this.network.shape(links, override)
  }

  /** Ends every partition and every noise on packets. */
  heal(): void {
    this.engine.healNetwork()
  }

  /** The process dies; the page cache lives. It stays down until `restart`. */
  crash(host: HostName): void {
    this.inject({ kind: 'process.crash', site: host, ordinal: 0, args: { beforeEffect: 0, atOnce: true, restartAfterNanos: null } })
  }

  /** The machines lose power together; what was not synced may be lost. They stay down until `restart`. */
  powerLoss(...hosts: HostName[]): void {
    this.inject({ kind: 'power.loss', site: hosts.join(','), ordinal: 0, args: { hosts, restartAfterNanos: hosts.map(() => null) } })
  }

  pause(host: HostName): void {
    this.inject({ kind: 'process.pause', site: host, ordinal: 0, args: { forNanos: null } })
  }

  resume(host: HostName): void {
    this.engine.resume(this.#named(host))
  }

  /**
   * Starts a host's process anew, after killing the one that runs. `version`: as another version of its role. `wipe`: on an empty disk.
   * `graceNanos`: it is asked to stop, and killed when it still runs after so long.
   */
  restart(host: HostName, options: { version?: string; wipe?: boolean; graceNanos?: Nanos } = {}): void {
    const machine = this.#named(host)
    const { version, wipe, graceNanos } = options
    if (version !== undefined) machine.useVersion(version)
    const start = () => {
      if (wipe) this.diskOf(machine).wipe()
      machine.start(0)
    }
    if (graceNanos !== undefined && machine.life !== null) this.engine.world.stop(machine, graceNanos, start)
    else {
      machine.kill(true)
      start()
    }
  }

  /** One occurrence of any fault kind, now. Throws when it finds no site. */
  inject(injection: Omit<Injection, 'at' | 'ordinal'> & { ordinal?: number; args: InjectionArgs }): void {
    this.engine.injectNow({ ordinal: 0, ...injection, at: this.kernel.now })
  }

  /** Ends the run and says how it went. Idempotent. */
  async finish(): Promise<RunReport> {
    this.#isFinished = true
    return this.report(this.failure?.outcome ?? 'passed')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isFinished) await this.finish()
  }

  // ---------------------------------------------------------------- for the runner

  async runTo(time: Nanos): Promise<LoopEnd> {
    if (this.failure !== null) return 'ended'
    const end = await this.kernel.run(time)
    if (end === 'steps' && this.setup.request.untilStep === undefined) this.#runaway(`more than ${this.setup.limits.steps} steps`)
    if (end === 'queue') this.#runaway(`more than ${this.setup.limits.queue} events wait at once`)
    if (end === 'memory') this.#runaway('the heap stays above its limit (limits.heapBytes; how far a seed comes within it depends on the machine)')
    return end
  }

  fail(outcome: Outcome, check: string, message: string, host: HostName | null, stack?: string): void {
    if (this.failure !== null) return
    const { steps, now } = this.kernel
    this.failure = { outcome, violation: { check, message, step: steps, at: now, host, ...(stack === undefined ? {} : { stack }) } }
  }

  /** A history is judged after the run, and fails at the answer that cannot be. */
  failHistory({ check = 'history', message, record }: HistoryFault): void {
    this.fail('violation', check, message, null)
    const { completedAtStep: step, completedAt: at } = record
    if (this.failure !== null && step !== null && at !== null) this.failure = { ...this.failure, violation: { ...this.failure.violation, step, at } }
  }

  recordEventually(name: string, holds: boolean): void {
    this.#properties.record('eventually', name, holds)
  }

  report(outcome: Outcome): RunReport {
    const { injections, occurrences, faults, stale, faultStatistics } = this.engine.report()
    const statistics = this.scenario.statistics?.(this.world, this.history.records)
    const results = {
      outcome,
      steps: this.kernel.steps,
      virtualNanos: this.kernel.now,
      traceHash: this.kernel.hash.toString(),
      violation: this.failure?.violation,
      injections,
      occurrences,
      faults,
      stale,
      statistics: statistics === undefined ? faultStatistics : { ...faultStatistics, ...statistics },
      properties: this.#properties.list(),
      history: this.history.records,
    }
    return new FinishedRun(this.setup.header, results, () => this.hosts.map((host) => this.#stateOf(host)))
  }

  diskOf(host: SimulatedHost): HostDisk {
    let disk = this.#disks[host.index]
    if (disk === undefined) {
      while (this.#disks.length <= host.index) this.#disks.push(undefined)
      disk = new HostDisk(host, this.kernel, this.options['disk.model'] ?? 0, this.setup.request.plan?.salt ?? '')
      this.#disks[host.index] = disk
    }
    return disk
  }

  // ---------------------------------------------------------------- MachineWorld

  host(name: HostName): SimulatedHost | undefined {
    return this.#byName.get(name)
  }

  columns(name: HostName): Readonly<Record<string, string | number>> {
    const host = this.host(name)
    const { columns } = this.scenario.system
    return columns === undefined || host === undefined || isOutsideSystem(host.role) || host.process === undefined ? {} : columns(host.process)
  }

  disk(life: Incarnation): Disk {
    return this.diskOf(life.machine).open(life)
  }

  objects(life: Incarnation): ObjectStore {
    if (this.store === null) throw new Misuse(`host.objects: the scenario ${this.scenario.name} has no object store; give it one with objects: {}`)
    return new SimulatedObjectStore(life.net)
  }

  property(life: Incarnation, kind: PropertyKind, name: string, holds: boolean, detail: object | undefined): void {
    if (this.#properties.record(kind, name, holds)) return
    const what = kind === 'always' ? 'must always hold' : 'must never be reached'
    this.fail('violation', name, `${what}${detail === undefined ? '' : `: ${JSON.stringify(detail)}`}`, life.name)
  }

  exited(host: SimulatedHost, reason: string): void {
    if (this.kernel.sink !== undefined) this.kernel.note(host.name, host.incarnation, 'exit', reason)
    this.engine.world.supervisor.hostExited(host)
  }

  booted(host: SimulatedHost): void {
    if (!host.isOfSystem) return
    this.lastBootAt = this.kernel.now
    this.engine.world.supervisor.hostBooted(host)
  }

  moment(host: SimulatedHost, name: string): void {
    this.engine.moment(host, name)
  }

  get code(): CodeSites {
    return this.engine.world.code
  }

  // ---------------------------------------------------------------- NetworkObserver

  linkCreated(link: Link): void {
    this.engine.world.linkCreated(link)
  }

  held(link: Link, by: 'cut' | 'clog'): void {
    this.engine.world.packetHeld(link, by)
  }

  died(error: unknown): boolean {
    return error instanceof HostExit
  }

  // ---------------------------------------------------------------- KernelHooks

  failed(error: unknown): void {
    if (error instanceof HostExit) return
    const life = this.kernel.life as Incarnation | null
    // Past its crash point a process does nothing any more, not even fail.
    if (life !== null && !life.alive) return
    if (error instanceof Error) this.fail('crashed', error.name, explainThrow(error, life), life?.name ?? null, error.stack)
    else this.fail('crashed', 'Error', `on ${life?.name ?? 'no host'}: ${String(error)} (no Error was thrown, so nobody knows where)`, life?.name ?? null)
  }

  stepEnded(event: KernelEvent, ownerLife: EventLife | null): boolean {
    const life = ownerLife as Incarnation | null
    const machine = life === null ? null : life.machine
    if (machine?.isDying) this.engine.world.supervisor.diedInside(machine)
    if (this.failure !== null) return true
    // The step is nobody's any more: checks may look at every process.
    this.kernel.life = null
    if (this.#checks.count > 0) {
      const broken = this.#checks.run(this.kernel, event, machine)
      if (broken !== null) {
        this.fail('violation', broken.name, broken.message, machine?.name ?? null)
        return true
      }
    }
    if (machine !== null && machine.crash !== null) this.engine.world.supervisor.stepEndedUnderArms(machine)
    if (this.#until?.(this.world)) {
      this.#until = null
      return true
    }
    return false
  }

  describe(event: KernelEvent): { host: string | null; incarnation: number; detail: string } {
    return describeEvent(event, this.kernel.life as Incarnation | null)
  }

  // ---------------------------------------------------------------- building

  #buildHosts(hasClients: boolean): SimulatedHost[] {
    const { system, workload } = this.scenario
    const hosts: SimulatedHost[] = []
    const durable = (host: SimulatedHost): DurableView => this.diskOf(host).durable
    const stepCosts = processorModels[this.options['cpu.model'] ?? 0] ?? null
    const add = (name: HostName, role: string, versions: readonly HostVersion[]) => {
      const host = new SimulatedHost(this, name, role, hosts.length, versions, durable, isOutsideSystem(role) ? null : stepCosts)
      hosts.push(host)
      this.#byName.set(name, host)
    }
    for (const [role, definition] of Object.entries(system.roles as AnyScenario['system']['roles'])) {
      if (isOutsideSystem(role)) throw new Misuse(`no role of a system may be called '${role}'`)
      for (let ordinal = 1; ordinal <= definition.count; ordinal++) {
        add(`${role}-${ordinal}`, role, versionsOf(definition, ordinal, this.options))
      }
    }
    const clients = hasClients ? workload.clients : 0
    for (let client = 1; client <= clients; client++) {
      const boot = (host: Host) => {
        const process = new WorkloadClient(host, this, client)
        host.spawn('workload', () => process.run())
        return process
      }
      add(`${clientRole}-${client}`, clientRole, [{ name: baseVersion, boot, config: this.options }])
    }
    const { store } = this
    if (store !== null) add(storeHost, storeRole, [{ name: baseVersion, boot: (host) => store.boot(host), config: undefined }])
    return hosts
  }

  #buildWorld(): World<Roles> {
    const { kernel, systemHosts } = this
    const hosts: Record<string, HostView<unknown>[]> = {}
    for (const host of systemHosts) {
      const views = hosts[host.role]
      if (views === undefined) hosts[host.role] = [host]
      else views.push(host)
    }
    const byName = this.#byName
    const world = {
      get now() {
        return kernel.now
      },
      hosts,
      all: systemHosts,
      host: (name: HostName) => {
        const host = byName.get(name)
        return host?.isOfSystem === true ? host : undefined
      },
    }
    return world as unknown as World<Roles>
  }

  #named(name: HostName): SimulatedHost {
    const host = this.#byName.get(name)
    if (host === undefined) throw new Misuse(`there is no host '${name}': this simulation has ${[...this.#byName.keys()].join(', ')}`)
    return host
  }

  #stateOf(host: SimulatedHost): HostState {
    return {
      name: host.name,
      status: host.status,
      incarnation: host.incarnation,
      waitingFor: waitingFor(host, this.kernel),
      process: host.isOfSystem ? plainText(host.process) : '',
    }
  }

  #runaway(what: string): void {
    this.fail('runaway', 'runaway', `${what}; the busiest: ${this.#busiest()}`, null)
  }

  #busiest(): string {
    return this.network
      .busiest(5)
      .map(({ site, sent }) => `${site} (${sent} sent)`)
      .join(', ')
  }

  #throwFailure(end: LoopEnd): void {
    if (this.failure !== null) throw new SimulationFailed(this.failure.outcome, this.failure.violation, this.scenario.name, this.seed)
    if (end === 'interrupted') throw new Error('the simulation was interrupted')
  }
}

function peersOf(hosts: readonly SimulatedHost[]): Record<string, readonly HostName[]> {
  const peers: Record<string, HostName[]> = {}
  for (const host of hosts) {
    const names = peers[host.role]
    if (names === undefined) peers[host.role] = [host.name]
    else names.push(host.name)
  }
  for (const names of Object.values(peers)) Object.freeze(names)
  return Object.freeze(peers)
}

function explainThrow(thrown: Error, life: Incarnation | null): string {
  const where = life === null ? 'outside a process' : `on ${life.name}`
  const isFrozenValue = thrown instanceof TypeError && /read only|not extensible|Cannot delete|Cannot define/.test(thrown.message)
  const hint = isFrozenValue
    ? `; ${life?.name ?? 'it'} changed a value that was sent between hosts${at(placeOf(thrown))} (values are frozen when sent: copy before you change)`
    : ''
  return `${where}: ${thrown.message}${hint}`
}

const at = (place: string | undefined): string => (place === undefined ? '' : ` at ${place}`)

/** A process' own fields, for a person: depth 2, lists cut short. */
function plainText(process: unknown): string {
  if (process === undefined) return ''
  const seen = new Set<unknown>()
  const text = (value: unknown, depth: number): unknown => {
    if (typeof value === 'function') return undefined
    if (typeof value === 'bigint') return value.toString()
    if (typeof value !== 'object' || value === null) return value
    if (value instanceof Uint8Array) return `<${value.length} bytes>`
    if (depth > 2 || seen.has(value)) return Array.isArray(value) ? `[${value.length}]` : '{…}'
    seen.add(value)
    if (Array.isArray(value))
      return value.length > 8
        ? [...value.slice(0, 8).map((item) => text(item, depth + 1)), `… ${value.length} in all`]
        : value.map((item) => text(item, depth + 1))
    if (value instanceof Map) return text(Object.fromEntries([...value].map(([key, item]) => [String(key), item])), depth)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, text(item, depth + 1)]))
  }
  return JSON.stringify(text(process, 0)) ?? ''
}

/** Starts a simulation of a scenario to be driven by hand. Without a seed it is `'0'`. */
export async function simulate<Roles extends Record<string, unknown>, Op, Result>(
  scenario: import('./scenario.js').Scenario<Roles, Op, Result>,
  options: SimulateOptions = {},
): Promise<Simulation<Roles>> {
  const { seed = '0', faults, clients = true, ...rest } = options
  const request: RunRequest = { ...rest, scenario, seed, ...(faults === 'none' ? { strategy: 'none' as const } : {}) }
  return new Simulation<Roles>(request, { clients, autoRestart: faults !== 'none' })
}
