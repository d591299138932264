import type { HostDisk } from '../disk/host-disk.js'
import type { HostName, Nanos, Random } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { World } from '../host/world.js'
import { type EventTarget, fault, type KernelEvent } from '../kernel/event.js'
import type { Kernel } from '../kernel/kernel.js'
import { deriveKey } from '../kernel/mix.js'
import type { Link } from '../net/link.js'
import type { Network } from '../net/network.js'
import type { SimulatedStore } from '../objects/simulated-store.js'
import type { RunHeader } from '../run/report.js'
import type { AnyScenario, Budget } from '../run/scenario.js'
import { BudgetKeeper } from './budget.js'
import { SimulatedCodeSites } from './code-sites.js'
import { DamageBudget } from './damage-budget.js'
import { FaultCounts } from './fault-counts.js'
import type { FaultWorld } from './fault-world.js'
import type { FaultKind, Injection } from './injection.js'
import type { NoiseScope } from './noise-episode.js'
import { Supervisor } from './supervisor.js'
import { weakDisks } from './weak-disks.js'

/** What the faults of a run need of it. */
export interface FaultyRun {
  readonly kernel: Kernel
  readonly network: Network
  readonly hosts: readonly SimulatedHost[]
  readonly systemHosts: readonly SimulatedHost[]
  readonly options: Readonly<Record<string, number>>
  readonly setup: { readonly header: RunHeader; readonly healAt: Nanos }
  readonly scenario: AnyScenario
  readonly world: World<Record<string, unknown>>
  host(name: HostName): SimulatedHost | undefined
  diskOf(host: SimulatedHost): HostDisk
  readonly store: SimulatedStore | null
}

/** What the faults of one run have done to it and will undo: noise, cuts, hosts that are down, and what was counted. */
export class SimulatedFaultWorld implements FaultWorld, EventTarget {
  readonly kernel: Kernel
  readonly network: Network
  readonly hosts: readonly SimulatedHost[]
  readonly systemHosts: readonly SimulatedHost[]
  readonly healAt: Nanos
  readonly budget: BudgetKeeper
  readonly damage: DamageBudget
  readonly mayBlackout: boolean
  readonly survives: Budget
  readonly counts = new FaultCounts()
  readonly supervisor: Supervisor
  readonly code: SimulatedCodeSites
  /** What was injected, in the order of its happening; listed injections from the start. */
  readonly injections: Injection[] = []
  readonly occurrences: Injection[] = []
  readonly statistics = new Map<string, number>()
  /** Injections that did harm. */
  readonly acting = new Map<Injection, Nanos>()
  isHealed = false
  /** Whom the strategy aims at. */
  aim: (random: Random) => SimulatedHost | null = (random) => this.anyHost(random)
  readonly #run: FaultyRun
  readonly #noises: NoiseScope[] = []
  readonly #watches = new Map<Link, HeldWatch[]>()
  /** Faults that last, by how to end them. */
  readonly #untilHealed = new Map<() => void, string>()

  constructor(run: FaultyRun, isSeeded: boolean, autoRestart: boolean) {
    this.#run = run
    this.kernel = run.kernel
    this.network = run.network
    this.hosts = run.hosts
    this.systemHosts = run.systemHosts
    this.healAt = run.setup.healAt
    const { survives } = run.scenario.system
    this.survives = survives
    this.budget = new BudgetKeeper(survives.down ?? 0)
    const weak = survives.damagedHosts === undefined ? null : weakDisks(this, survives.damagedHosts)
    this.damage = new DamageBudget(survives, run.scenario.system.replicaUnit, weak)
    this.mayBlackout = survives.blackout === true
    const key = deriveKey(run.kernel.key, 'faults')
    this.supervisor = new Supervisor(this, key, autoRestart)
    this.code = new SimulatedCodeSites(this, key, isSeeded ? run.setup.header.armed : [])
  }

  get view(): World<Record<string, unknown>> {
    return this.#run.world
  }

  option(name: string): number {
    return this.#run.options[name] ?? 0
  }

  isArmed(kind: FaultKind): boolean {
    return this.counts.isArmed(kind)
  }

  host(name: HostName): SimulatedHost | undefined {
    return this.#run.host(name)
  }

  diskOf(host: SimulatedHost): HostDisk {
    return this.#run.diskOf(host)
  }

  get store(): SimulatedStore | null {
    return this.#run.store
  }

  victim(random: Random): SimulatedHost | null {
    return this.aim(random)
  }

  anyHost(random: Random): SimulatedHost | null {
    return this.systemHosts.length === 0 ? null : random.pick(this.systemHosts)
  }

  /** Hosts that the system names as targets of a nemesis. */
  get targets(): Readonly<Record<string, (world: World<Record<string, unknown>>) => HostName | undefined>> {
    return this.#run.scenario.system.targets ?? {}
  }

  /** Draws as if only these hosts could be harmed. */
  aimingAt<T>(hosts: readonly SimulatedHost[], draw: () => T): T {
    const { aim } = this
    this.aim = (random) => (hosts.length === 0 ? null : random.pick(hosts))
    try {
      return draw()
    } finally {
      this.aim = aim
    }
  }

  // ---------------------------------------------------------------- doing and undoing

  after(delay: Nanos, label: string, run: () => void): void {
    this.kernel.schedule(delay < 0 ? 0 : delay, fault, this, null, null, run, label)
  }

  fire(event: KernelEvent): void {
    ;(event.a as () => void)()
  }

  untilHealed(end: () => void, forNanos: Nanos | null, label: string): void {
    const once = () => {
      if (this.#untilHealed.delete(once)) end()
    }
    this.#untilHealed.set(once, label)
    if (forNanos !== null) this.after(forNanos, label, once)
  }

  /** Ends every lasting fault whose label is meant. */
  end(isMeant: (label: string) => boolean): void {
    for (const [end, label] of [...this.#untilHealed]) if (isMeant(label)) end()
  }

  holdDown(host: SimulatedHost): void {
    this.supervisor.holdDown(host)
  }

  stop(host: SimulatedHost, graceNanos: Nanos, gone: () => void): void {
    this.supervisor.stop(host, graceNanos, gone)
  }

  restartAfter(host: SimulatedHost, delay: Nanos | null): void {
    this.supervisor.restartAfter(host, delay)
  }

  addNoise(scope: NoiseScope): () => void {
    this.#noises.push(scope)
    this.network.eachLink((link) => this.#quieten(link))
    return () => {
      this.#noises.splice(this.#noises.indexOf(scope), 1)
      this.network.eachLink((link) => this.#quieten(link))
    }
  }

  watchHeld(links: readonly Link[], by: 'cut' | 'clog', injection: Injection): () => void {
    const watch = { by, injection }
    for (const link of links) {
      const watches = this.#watches.get(link)
      if (watches === undefined) this.#watches.set(link, [watch])
      else watches.push(watch)
    }
    return () => {
      for (const link of links) {
        const watches = this.#watches.get(link)
        watches?.splice(watches.indexOf(watch), 1)
      }
    }
  }

  linksBetween(pairs: readonly (readonly [SimulatedHost, SimulatedHost])[]): Link[] {
    return pairs.map(([from, to]) => this.network.link(from, to))
  }

  /** A link was used for the first time: noise may lie on it already. */
  linkCreated(link: Link): void {
    if (this.#noises.length > 0) this.#quieten(link)
  }

  /** A packet was lost or held by a cut or a clog of its link. */
  packetHeld(link: Link, by: 'cut' | 'clog'): void {
    for (const watch of this.#watches.get(link) ?? []) {
      if (watch.by !== by) continue
      this.exposed(watch.injection.kind)
      this.acted(watch.injection)
    }
  }

  #quieten(link: Link): void {
    this.network.setNoise(
      link,
      this.#noises.filter((scope) => scope.covers(link)).map((scope) => scope.noise),
    )
  }

  // ---------------------------------------------------------------- counting

  /** Seeded faults are over. */
  get isOver(): boolean {
    return this.isHealed || this.kernel.now >= this.healAt
  }

  injected(injection: Injection): void {
    this.injections.push(injection)
  }

  acted(injection: Injection, times = 1): void {
    const counter = this.counts.of(injection.kind)
    if (!this.acting.has(injection)) {
      this.acting.set(injection, this.kernel.now)
      counter.injections++
    }
    counter.struck += times
  }

  heldBack(kind: FaultKind): void {
    this.counts.of(kind).heldBack++
  }

  exposed(kind: FaultKind, times = 1): void {
    this.counts.of(kind).exposed += times
  }

  opportunity(kind: FaultKind, times = 1): void {
    this.counts.of(kind).opportunities += times
  }

  harmed(kind: FaultKind): void {
    this.counts.of(kind).injections++
  }

  occurrence(injection: Injection): void {
    if (this.occurrences.length < mostOccurrences) this.occurrences.push(injection)
  }

  count(statistic: string): void {
    this.statistics.set(statistic, (this.statistics.get(statistic) ?? 0) + 1)
  }
}

interface HeldWatch {
  readonly by: 'cut' | 'clog'
  readonly injection: Injection
}

/** A run's report keeps no more single packets and operations than this. */
const mostOccurrences = 100_000
