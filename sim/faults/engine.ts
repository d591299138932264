import type { HostDisk } from '../disk/host-disk.js'
import { ms } from '../host/durations.js'
import { Misuse } from '../host/errors.js'
import type { HostName, Nanos, Random } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import { type EventTarget, fault, type KernelEvent } from '../kernel/event.js'
import type { Kernel } from '../kernel/kernel.js'
import { deriveKey, hashString, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { Link } from '../net/link.js'
import type { Network } from '../net/network.js'
import type { NoiseKind } from '../net/noise.js'
import type { Strategy } from '../run/scenario.js'
import type { FaultAction } from './action.js'
import { listDiskOccurrence } from './actions/disk-noise.js'
import { faultActions } from './actions/index.js'
import { isNoiseEpisode } from './actions/packet-noise.js'
import { BudgetKeeper } from './budget.js'
import type { FaultWorld } from './fault-world.js'
import { type FaultCount, type FaultKind, faultKinds, type Injection } from './injection.js'
import { ListedNoise, type NoiseScope } from './noise-episode.js'

/** What the engine needs of its run. */
export interface EngineHost {
  readonly kernel: Kernel
  readonly network: Network
  readonly hosts: readonly SimulatedHost[]
  readonly systemHosts: readonly SimulatedHost[]
  readonly options: Readonly<Record<string, number>>
  readonly setup: { readonly header: { readonly armed: readonly FaultKind[]; readonly strategy: Strategy }; readonly healAt: Nanos }
  readonly scenario: {
    readonly system: {
      readonly survives: { readonly down?: number; readonly blackout?: boolean }
      // biome-ignore lint/suspicious/noExplicitAny: roles are opaque to the engine.
      readonly targets?: Record<string, (world: any) => HostName | undefined>
    }
  }
  readonly world: unknown
  host(name: HostName): SimulatedHost | undefined
  diskOf(host: SimulatedHost): HostDisk
}

/**
 * Brings the faults of a run: those that the seed draws, kept within the budget, or exactly a given list.
 *
 * Timed kinds come at drawn intervals, each draw from a stream of its own (kind, ordinal), so that switching one kind off shifts no other.
 * What was injected is kept complete, so that the list alone makes the same harm again.
 */
export class FaultEngine implements FaultWorld, EventTarget {
  readonly budget: BudgetKeeper
  readonly mayBlackout: boolean
  readonly #run: EngineHost
  readonly #key: Key
  readonly #plan: 'seeded' | readonly Injection[]
  readonly #autoRestart: boolean
  readonly #counts = new Map<FaultKind, Counter>()
  readonly #injections: Injection[] = []
  /** Injections that found their site: an episode by starting, a single occurrence by striking. */
  readonly #foundSite = new Set<Injection>()
  readonly #occurrences: Injection[] = []
  readonly #statistics = new Map<string, number>()
  readonly #noises: NoiseScope[] = []
  /** Faults that last, by how to end them. */
  readonly #untilHealed = new Map<() => void, string>()
  readonly #down = new Set<SimulatedHost>()
  /** Exits in a row without a boot between. */
  readonly #exits = new Map<SimulatedHost, number>()
  readonly #ordinals = new Map<string, number>()
  #isHealed = false

  constructor(run: EngineHost, plan: 'seeded' | readonly Injection[], autoRestart: boolean) {
    this.#run = run
    this.#plan = plan
    this.#autoRestart = autoRestart
    this.#key = deriveKey(run.kernel.key, 'faults')
    const { survives } = run.scenario.system
    this.budget = new BudgetKeeper(survives.down ?? 0)
    this.mayBlackout = survives.blackout === true
    for (const kind of run.setup.header.armed) this.#counter(kind).armed = true
  }

  get kernel(): Kernel {
    return this.#run.kernel
  }
  get healAt(): Nanos {
    return this.#run.setup.healAt
  }
  get network(): Network {
    return this.#run.network
  }
  get hosts(): readonly SimulatedHost[] {
    return this.#run.hosts
  }
  get systemHosts(): readonly SimulatedHost[] {
    return this.#run.systemHosts
  }

  // ---------------------------------------------------------------- the plan

  start(): void {
    if (this.#plan === 'seeded') {
      for (const kind of this.#run.setup.header.armed) if (actions.has(kind) && this.option(`${kind}.everyMillis`) > 0) this.#scheduleNext(kind, 1)
      return
    }
    const occurrences = new Map<NoiseKind, ListedNoise>()
    for (const injection of this.#plan) {
      this.#injections.push(injection)
      if (isPacketKind(injection.kind) && !isNoiseEpisode(injection)) {
        let listed = occurrences.get(injection.kind)
        if (listed === undefined) {
          listed = new ListedNoise(injection.kind, this)
          occurrences.set(injection.kind, listed)
          this.addNoise({ noise: listed, covers: () => true })
        }
        listed.add(injection)
      } else if (isDiskKind(injection.kind) && !isNoiseEpisode(injection)) listDiskOccurrence(this, injection)
      else this.after(injection.at - this.kernel.now, `${injection.kind} ${injection.site}`, () => this.#apply(injection))
    }
  }

  /** One occurrence, now; throws when it finds no site. */
  injectNow(injection: Injection): void {
    this.#injections.push(injection)
    if (!this.#apply(injection)) {
      this.#injections.pop()
      throw new Misuse(`${injection.kind} at ${injection.site} finds nothing to harm now`)
    }
  }

  /** Faults end: networks mend, paused machines go on, hosts that are down start. */
  heal(): void {
    this.#isHealed = true
    for (const end of [...this.#untilHealed.keys()]) end()
    for (const host of this.systemHosts) {
      host.crash = null
      host.crashBeforeEffect = 0
      this.diskOf(host).healSectors()
      if (host.life === null) host.start(ms(1))
    }
  }

  /** Every partition and every noise on packets ends; a clog ends when it was drawn to, since what waits in it keeps its order. */
  healNetwork(): void {
    for (const [end, label] of [...this.#untilHealed]) if (label.startsWith('net.')) end()
  }

  /** The machine goes on; what it was held for ends. */
  resume(host: SimulatedHost): void {
    for (const [end, label] of [...this.#untilHealed]) if (label === `process.pause ends ${host.name}`) end()
    host.resume()
  }

  #scheduleNext(kind: FaultKind, ordinal: number): void {
    const every = this.option(`${kind}.everyMillis`)
    const random = Stream.of(deriveKey(this.#key, `${kind} times`), ordinal)
    // From a fifth of the mean to nearly twice it.
    const gap = Math.round((every * 1_000_000 * (200 + random.int(1_601))) / 1_000)
    this.after(gap, kind, () => this.#draw(kind, ordinal))
  }

  #draw(kind: FaultKind, ordinal: number): void {
    if (this.#isHealed || this.kernel.now >= this.#run.setup.healAt) return
    this.#scheduleNext(kind, ordinal + 1)
    const action = actions.get(kind) as FaultAction
    const counter = this.#counter(kind)
    if (!isNoise(kind)) counter.opportunities++
    const drawn = action.draw(this, Stream.of(deriveKey(this.#key, kind), ordinal))
    if (drawn === null) return
    const isWithinBudget =
      drawn.isBlackout === true || drawn.takes.every((host) => this.budget.isHeld(host.name)) || this.budget.allows(drawn.takes.map((host) => host.name))
    if (!isWithinBudget) {
      counter.heldBack++
      return
    }
    const injection: Injection = { kind, site: drawn.site, ordinal: this.#nextOrdinal(kind, drawn.site), at: this.kernel.now, args: drawn.args }
    this.#injections.push(injection)
    if (!this.#apply(injection)) this.#injections.pop()
  }

  #apply(injection: Injection): boolean {
    const action = actions.get(injection.kind)
    if (action === undefined) return false
    this.kernel.fold(hashString(`${injection.kind} ${injection.site}`))
    if (this.kernel.sink !== undefined) this.kernel.note(null, 0, injection.kind, `${injection.site} ${JSON.stringify(injection.args)}`)
    const found = action.apply(this, injection)
    if (found) this.#foundSite.add(injection)
    return found
  }

  #nextOrdinal(kind: FaultKind, site: string): number {
    const name = `${kind} ${site}`
    const ordinal = (this.#ordinals.get(name) ?? 0) + 1
    this.#ordinals.set(name, ordinal)
    return ordinal
  }

  // ---------------------------------------------------------------- FaultWorld

  option(name: string): number {
    return this.#run.options[name] ?? 0
  }

  isArmed(kind: FaultKind): boolean {
    return this.#counts.get(kind)?.armed === true
  }

  host(name: HostName): SimulatedHost | undefined {
    return this.#run.host(name)
  }

  diskOf(host: SimulatedHost): HostDisk {
    return this.#run.diskOf(host)
  }

  victim(random: Random): SimulatedHost | null {
    const { targets } = this.#run.scenario.system
    if (this.#run.setup.header.strategy === 'targeted' && targets !== undefined && random.int(4) > 0) {
      const name = random.pick(Object.keys(targets))
      const aimed = targets[name]?.(this.#run.world)
      const host = aimed === undefined ? undefined : this.host(aimed)
      if (host !== undefined) return host
    }
    return this.systemHosts.length === 0 ? null : random.pick(this.systemHosts)
  }

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

  holdDown(host: SimulatedHost): void {
    if (this.#down.has(host) || host.role === 'client') return
    this.#down.add(host)
    this.budget.hold(host.name)
  }

  restartAfter(host: SimulatedHost, delay: Nanos | null): void {
    if (delay === null) return
    this.after(this.#isHealed ? ms(1) : delay, `restart ${host.name}`, () => {
      if (host.life === null) host.start(0)
    })
  }

  acted(injection: Injection, times = 1): void {
    this.#foundSite.add(injection)
    this.#counter(injection.kind).injections += times
  }

  harmed(kind: FaultKind): void {
    this.#counter(kind).injections++
  }

  opportunity(kind: FaultKind, times = 1): void {
    this.#counter(kind).opportunities += times
  }

  occurrence(injection: Injection): void {
    if (this.#occurrences.length < 100_000) this.#occurrences.push(injection)
  }

  addNoise(scope: NoiseScope): () => void {
    this.#noises.push(scope)
    this.network.eachLink((link) => this.#quieten(link))
    return () => {
      this.#noises.splice(this.#noises.indexOf(scope), 1)
      this.network.eachLink((link) => this.#quieten(link))
    }
  }

  linksBetween(pairs: readonly (readonly [SimulatedHost, SimulatedHost])[]): Link[] {
    return pairs.map(([from, to]) => this.network.link(from, to))
  }

  count(statistic: string): void {
    this.#statistics.set(statistic, (this.#statistics.get(statistic) ?? 0) + 1)
  }

  #quieten(link: Link): void {
    this.network.setNoise(
      link,
      this.#noises.filter((scope) => scope.covers(link)).map((scope) => scope.noise),
    )
  }

  // ---------------------------------------------------------------- what happens in the run

  /** A link was used for the first time: noise may lie on it already. */
  linkCreated(link: Link): void {
    if (this.#noises.length > 0) this.#quieten(link)
  }

  packetBlocked(_link: Link): void {
    this.opportunity('net.partition')
  }

  /** The process left by `host.exit`: it counts as down until it is up again. */
  hostExited(host: SimulatedHost): void {
    this.holdDown(host)
    this.count('exits')
  }

  hostBooted(host: SimulatedHost): void {
    this.#exits.delete(host)
    if (this.#down.delete(host)) this.budget.release(host.name)
  }

  /** A nemesis that waits for moments may act here. */
  moment(host: SimulatedHost, name: string): void {
    if (this.#run.setup.header.strategy !== 'targeted' || this.#isHealed || this.#plan !== 'seeded' || !this.isArmed('process.crash')) return
    const ordinal = this.#nextOrdinal('process.crash', `${host.name} ${name}`)
    const random = Stream.of(deriveKey(deriveKey(this.#key, 'moments'), `${host.name} ${name}`), ordinal)
    if (random.int(400) !== 0 || host.crash !== null || !this.budget.allows([host.name])) return
    const args = { beforeEffect: 1 + random.int(3), restartAfterNanos: (1 + random.int(this.option('process.crash.restartMillis'))) * 1_000_000 }
    // A moment later, in a step of the world's own: as a listed injection would.
    this.after(1, `process.crash ${host.name} ${name}`, () => {
      const injection: Injection = { kind: 'process.crash', site: host.name, ordinal: this.#nextOrdinal('process.crash', host.name), at: this.kernel.now, args }
      this.#counter('process.crash').opportunities++
      this.#injections.push(injection)
      if (!this.#apply(injection)) this.#injections.pop()
    })
  }

  /** The step in which a process crashed between two effects, or left, has ended. */
  diedInside(host: SimulatedHost): void {
    const { crash } = host
    if (crash !== null && host.crashedInside) {
      crash.fall(crash.beforeEffect > 1)
      return
    }
    host.kill(true)
    if (!this.#autoRestart) return
    const exits = (this.#exits.get(host) ?? 0) + 1
    this.#exits.set(host, exits)
    const random = Stream.of(deriveKey(deriveKey(this.#key, 'exits'), host.name), host.incarnation)
    // As a supervisor would: at once, then ever later while it does not come up.
    this.restartAfter(host, ms((100 + random.int(400)) * 2 ** Math.min(exits - 1, 4)))
  }

  /** A step of a host with an armed crash has ended: the crash may fall here. */
  stepEndedUnderArms(host: SimulatedHost): void {
    const { crash } = host
    if (crash === null) return
    const isReady = crash.beforeEffect === 0 && (crash.isReady === undefined || crash.isReady())
    if (isReady || this.kernel.now > crash.until) crash.fall(false)
  }

  report(): {
    injections: readonly Injection[]
    occurrences: readonly Injection[]
    faults: readonly FaultCount[]
    stale: readonly Injection[]
    faultStatistics: Readonly<Record<string, number>>
  } {
    const faults: FaultCount[] = []
    for (const kind of this.#counts.size === 0 ? [] : faultKinds) {
      const counter = this.#counts.get(kind)
      if (counter !== undefined) faults.push({ kind, ...counter })
    }
    const stale = this.#plan === 'seeded' ? [] : this.#plan.filter((injection) => !this.#foundSite.has(injection))
    return {
      injections: this.#injections,
      occurrences: this.#occurrences,
      faults,
      stale,
      faultStatistics: Object.fromEntries([...this.#statistics].sort(([a], [b]) => (a < b ? -1 : 1))),
    }
  }

  #counter(kind: FaultKind): Counter {
    let counter = this.#counts.get(kind)
    if (counter === undefined) {
      counter = { armed: false, opportunities: 0, injections: 0, heldBack: 0 }
      this.#counts.set(kind, counter)
    }
    return counter
  }
}

const actions: ReadonlyMap<FaultKind, FaultAction> = new Map(faultActions.map((action) => [action.kind, action]))

interface Counter {
  armed: boolean
  opportunities: number
  injections: number
  heldBack: number
}

function isPacketKind(kind: FaultKind): kind is NoiseKind {
  return kind === 'net.drop' || kind === 'net.duplicate' || kind === 'net.reorder' || kind === 'net.delay'
}

function isDiskKind(kind: FaultKind): boolean {
  return kind === 'disk.sync-error' || kind === 'disk.read-error' || kind === 'disk.write-error' || kind === 'disk.full' || kind === 'disk.slow'
}

/** Kinds whose opportunities are single packets or operations inside an episode. */
function isNoise(kind: FaultKind): boolean {
  return isPacketKind(kind) || isDiskKind(kind)
}
