import { ms } from '../host/durations.js'
import { Misuse } from '../host/errors.js'
import type { Incarnation } from '../host/incarnation.js'
import type { Nanos } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { Kernel } from '../kernel/kernel.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { BudgetKeeper } from './budget.js'

/** What the supervisor needs of its run's faults. */
export interface SupervisorWorld {
  readonly kernel: Kernel
  readonly budget: BudgetKeeper
  readonly isHealed: boolean
  after(delay: Nanos, label: string, run: () => void): void
  count(statistic: string): void
}

/** Knows which hosts are down, lets armed crashes fall, and starts what died again: as a supervisor on the machine would. */
export class Supervisor {
  readonly #world: SupervisorWorld
  readonly #key: Key
  readonly #autoRestart: boolean
  readonly #down = new Set<SimulatedHost>()
  /** Exits in a row without a boot between. */
  readonly #exits = new Map<SimulatedHost, number>()
  /** Lives that were asked to stop, and what comes when they have. */
  readonly #stops = new Map<SimulatedHost, { readonly life: Incarnation; readonly gone: () => void }>()

  constructor(world: SupervisorWorld, key: Key, autoRestart: boolean) {
    this.#world = world
    this.#key = deriveKey(key, 'exits')
    this.#autoRestart = autoRestart
  }

  /** The host counts as down until it is up again. */
  holdDown(host: SimulatedHost): void {
    if (this.#down.has(host) || !host.isOfSystem) return
    this.#down.add(host)
    this.#world.budget.hold(host.name)
  }

  /** The host goes up again after a time; null: not by itself. */
  restartAfter(host: SimulatedHost, delay: Nanos | null): void {
    if (delay === null) return
    this.#world.after(this.#world.isHealed ? ms(1) : delay, `restart ${host.name}`, () => {
      if (host.life === null) host.start(0)
    })
  }

  /** Asks the process to stop, and kills it when it still runs after `graceNanos`; calls `gone` when this life has ended by either. */
  stop(host: SimulatedHost, graceNanos: Nanos, gone: () => void): void {
    const { life } = host
    if (life === null) throw new Misuse(`${host.name} is down: there is no process to stop`)
    this.holdDown(host)
    this.#stops.set(host, { life, gone })
    life.askToStop()
    this.#world.after(graceNanos, `time to stop is over ${host.name}`, () => {
      if (host.life !== life) return
      host.kill(true)
      this.#world.count('killedStopping')
      this.#isStopped(host, life)
    })
  }

  #isStopped(host: SimulatedHost, life: Incarnation | null): boolean {
    const stop = this.#stops.get(host)
    if (stop === undefined || stop.life !== life) return false
    this.#stops.delete(host)
    stop.gone()
    return true
  }

  /** The process left by `host.exit`: it counts as down until it is up again. */
  hostExited(host: SimulatedHost): void {
    this.holdDown(host)
    this.#world.count('exits')
  }

  hostBooted(host: SimulatedHost): void {
    this.#exits.delete(host)
    // A crash that was armed while it started will still fall.
    if (host.crash !== null) return
    if (this.#down.delete(host)) this.#world.budget.release(host.name)
  }

  /** The step in which a process crashed between two effects, or left, has ended. */
  diedInside(host: SimulatedHost): void {
    const { crash } = host
    if (crash !== null && host.crashedInside) {
      crash.fall(crash.beforeEffect > 1)
      return
    }
    const { life } = host
    host.kill(true)
    if (this.#isStopped(host, life) || !this.#autoRestart) return
    const exits = (this.#exits.get(host) ?? 0) + 1
    this.#exits.set(host, exits)
    const random = Stream.of(deriveKey(this.#key, host.name), host.incarnation)
    // At once, then ever later while it does not come up.
    this.restartAfter(host, ms((100 + random.int(400)) * 2 ** Math.min(exits - 1, 4)))
  }

  /** A step of a host with an armed crash has ended: the crash may fall here. */
  stepEndedUnderArms(host: SimulatedHost): void {
    const { crash } = host
    if (crash === null) return
    const isReady = crash.beforeEffect === 0 && (crash.isReady === undefined || crash.isReady())
    if (isReady || this.#world.kernel.now > crash.until) crash.fall(false)
  }
}
