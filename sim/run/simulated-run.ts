import type { AmbientGuard } from '../ambient/ambient-guard.js'
import type { HistoryFault } from '../check/history.js'
import { PropertyCounts } from '../check/property-counts.js'
import { HostDisk } from '../disk/host-disk.js'
import { FaultEngine } from '../faults/engine.js'
import type { Reseed } from '../faults/injection.js'
import type { CodeSites } from '../host/code-sites.js'
import { Misuse } from '../host/errors.js'
import { HostExit } from '../host/exit.js'
import type { Incarnation } from '../host/incarnation.js'
import type { MachineWorld } from '../host/machine-world.js'
import type { ObjectStore } from '../host/object-store.js'
import { clientRole, isOutsideSystem } from '../host/outside-role.js'
import type { PropertyKind } from '../host/properties.js'
import type { Disk, HostName, Nanos } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { World } from '../host/world.js'
import type { EventLife, KernelEvent } from '../kernel/event.js'
import { Kernel, type KernelHooks, type LoopEnd } from '../kernel/kernel.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import type { Link } from '../net/link.js'
import { Network, type NetworkObserver } from '../net/network.js'
import { SimulatedObjectStore } from '../objects/simulated-object-store.js'
import { SimulatedStore } from '../objects/simulated-store.js'
import { buildHosts, peersOf } from './build-hosts.js'
import { describeEvent, waitingFor } from './describe.js'
import { explainThrow, isFrozenWrite } from './explain-throw.js'
import { FinishedRun } from './finished-run.js'
import { guardOf } from './guarding.js'
import { HeapLimit } from './heap-limit.js'
import { stockMeasurements } from './measurements.js'
import { OperationHistory } from './operation-history.js'
import type { PlannedOperation } from './planned-operation.js'
import { processText } from './process-text.js'
import type { HostState, Outcome, RunReport, RunRequest, Violation } from './report.js'
import type { AnyScenario, Options } from './scenario.js'
import { type RunSetup, setUp } from './setup.js'
import { StepChecks } from './step-checks.js'
import type { ClientContext } from './workload-client.js'
import { worldOf } from './world-view.js'

/** What a run consists of: hosts, network, disks, faults and clients of one scenario under one seed, and how they hear of each other. */
export class SimulatedRun<Roles extends Record<string, unknown>> implements MachineWorld, KernelHooks, NetworkObserver, ClientContext {
  readonly kernel: Kernel
  readonly network: Network
  processKey: Key
  /** Of what clients draw. */
  workloadKey: Key
  readonly operations: readonly PlannedOperation[] | null
  readonly durationNanos: Nanos
  readonly peers: Readonly<Record<string, readonly HostName[]>>
  readonly world: World<Roles>
  readonly scenario: AnyScenario
  readonly options: Options
  readonly history: OperationHistory
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
  protected readonly byName = new Map<HostName, SimulatedHost>()
  /** Of every boot but a host's first: how long it took. */
  readonly #recoveryNanos: Nanos[] = []
  readonly #disks: (HostDisk | undefined)[] = []
  readonly #properties = new PropertyCounts()
  readonly #checks: StepChecks
  /** What is still to come, by its step. */
  readonly #reseeds: Reseed[]
  readonly #stepLimit: number
  /** Ends the loop when it holds after a step; null once it did. */
  stopWhen: ((world: World<Roles>) => boolean) | null = null

  constructor(request: RunRequest, behaviour: { readonly clients: boolean; readonly autoRestart: boolean }) {
    const setup = setUp(request)
    this.setup = setup
    this.scenario = request.scenario
    this.history = new OperationHistory(this.scenario.workload.judge?.watch?.(), (fault) => this.#failHistory(fault))
    this.options = setup.header.options
    const { limits } = setup
    this.guard = guardOf(request, (error) => this.failed(error))
    const heap = new HeapLimit(limits.heapBytes)
    this.kernel = new Kernel({
      key: setup.key,
      hooks: this,
      isOutOfMemory: () => heap.isPassed(),
      ...(this.guard === null ? {} : { guard: this.guard }),
      stepLimit: 0,
      queueLimit: limits.queue,
      ...(request.drain === undefined ? {} : { drain: request.drain }),
      ...(request.hash === undefined ? {} : { hash: request.hash }),
      ...(request.trace === undefined ? {} : { sink: request.trace }),
      ...(request.breakAtStep === undefined ? {} : { breakAtStep: request.breakAtStep }),
      ...(request.signal === undefined ? {} : { interrupted: () => request.signal?.aborted === true }),
    })
    const salt = request.plan?.salt ?? ''
    this.processKey = deriveKey(deriveKey(setup.key, 'process'), salt)
    this.workloadKey = deriveKey(setup.key, 'workload')
    this.operations = request.operations ?? null
    this.durationNanos = setup.header.durationNanos
    this.#reseeds = (request.plan?.reseed ?? []).slice().sort((a, b) => a.step - b.step)
    this.#stepLimit = Math.min(limits.steps, request.untilStep ?? Number.POSITIVE_INFINITY)
    const { objects } = this.scenario
    this.store = objects === undefined ? null : new SimulatedStore(objects, setup.key, salt)
    this.hosts = buildHosts(this, behaviour.clients ? request.topology : { ...request.topology, [clientRole]: 0 })
    for (const host of this.hosts) this.byName.set(host.name, host)
    this.systemHosts = this.hosts.filter((host) => host.isOfSystem)
    this.peers = peersOf(this.hosts)
    this.network = new Network(this.kernel, this.hosts, this.scenario.network ?? 'lan', salt, this, request.valueRules)
    this.world = worldOf<Roles>(this.kernel, this.systemHosts, this.byName)
    this.engine = new FaultEngine(this, setup.catalogue, request.plan?.injections ?? 'seeded', behaviour.autoRestart)
    this.#checks = new StepChecks(request.invariants === false ? [] : this.scenario.invariants, this.world)
    for (const host of this.hosts) host.start(0)
    this.engine.start()
    request.trace?.begin?.(this)
  }

  get seed(): string {
    return this.setup.header.seed
  }

  // ---------------------------------------------------------------- for the runner

  async runTo(time: Nanos): Promise<LoopEnd> {
    if (this.failure !== null) return 'ended'
    const end = await this.#loop(time)
    if (end === 'steps' && this.setup.request.untilStep === undefined) this.#runaway(`more than ${this.setup.limits.steps} steps`)
    if (end === 'queue') this.#runaway(`more than ${this.setup.limits.queue} events wait at once`)
    if (end === 'memory') this.#runaway('the heap stays above its limit (limits.heapBytes; how far a seed comes within it depends on the machine)')
    return end
  }

  /** Runs on through every reseed on the way. */
  async #loop(time: Nanos): Promise<LoopEnd> {
    const { kernel } = this
    for (;;) {
      const next = this.#reseeds[0]
      kernel.stepLimit = Math.min(this.#stepLimit, next?.step ?? Number.POSITIVE_INFINITY)
      const end = await kernel.run(time)
      if (end !== 'steps' || next === undefined || kernel.steps < next.step) return end
      this.#reseeds.shift()
      this.#reseed(next.seed)
    }
  }

  /** Latencies and what processes and clients draw come from another seed from now on; the dice of faults stay. */
  #reseed(seed: string): void {
    this.processKey = deriveKey(this.processKey, seed)
    this.workloadKey = deriveKey(this.workloadKey, seed)
    this.network.reseed(seed)
    this.store?.reseed(seed)
    for (const host of this.hosts) {
      this.#disks[host.index]?.reseed(seed)
      if (host.life === null) continue
      host.life.reseed()
      this.guard?.reseed(host.life)
    }
  }

  /** The run is over: an answer of the real world that comes now finds nobody, and throws into nothing. */
  endLives(): void {
    for (const { life } of this.hosts) if (life !== null) life.alive = false
  }

  fail(outcome: Outcome, check: string, message: string, host: HostName | null, stack?: string, { step, at } = this.#now()): void {
    if (this.failure !== null) return
    this.failure = { outcome, violation: { check, message, step, at, host, ...(stack === undefined ? {} : { stack }) } }
  }

  #now(): { readonly step: number; readonly at: Nanos } {
    return { step: this.kernel.steps, at: this.kernel.now }
  }

  /** The workload's judge looks at the operations so far; the first failure stands. */
  judge(): void {
    if (this.failure !== null) return
    const broken = this.scenario.workload.judge?.(this.history.records)
    if (typeof broken === 'string') this.fail('violation', 'history', broken, null)
    else if (broken !== undefined) this.#failHistory(broken)
  }

  /** A history fails at the answer that cannot be. */
  #failHistory({ check = 'history', message, record }: HistoryFault): void {
    const { completedAtStep: step, completedAt: at } = record
    this.fail('violation', check, message, null, undefined, step === null || at === null ? this.#now() : { step, at })
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
      measurements: { ...stockMeasurements(this.history.records, this.#recoveryNanos), ...this.scenario.measurements?.(this.world, this.history.records) },
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
    return this.byName.get(name)
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
    if (host.incarnation > 1) this.#recoveryNanos.push(this.kernel.now - host.bootBeganAt)
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
    // Its caller would take the mistake for an answer.
    const isMistake = isFrozenWrite(error)
    if (isMistake) this.failed(error)
    return isMistake || error instanceof HostExit
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
    if (this.stopWhen?.(this.world)) {
      this.stopWhen = null
      return true
    }
    return false
  }

  describe(event: KernelEvent): { host: string | null; incarnation: number; detail: string } {
    return describeEvent(event, this.kernel.life as Incarnation | null)
  }

  // ---------------------------------------------------------------- for people

  #stateOf(host: SimulatedHost): HostState {
    return {
      name: host.name,
      status: host.status,
      incarnation: host.incarnation,
      version: host.version,
      waitingFor: [...this.#waitsOf(host), ...waitingFor(host, this.kernel)],
      saidToWait: this.#waitsOf(host),
      process: host.isOfSystem ? processText(host.process) : '',
    }
  }

  /** What its system says. */
  #waitsOf({ isOfSystem, process }: SimulatedHost): readonly string[] {
    return isOfSystem && process !== undefined ? (this.scenario.system.waits?.(process as never) ?? []) : []
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
}
