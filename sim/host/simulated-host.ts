import { boot, type EventHost, type EventTarget, type KernelEvent, sleep, timeout, timer } from '../kernel/event.js'
import type { Endpoint } from '../net/endpoint.js'
import { SocketTable } from '../net/socket-table.js'
import { Misuse } from './errors.js'
import { HostExit } from './exit.js'
import type { HostVersion } from './host-version.js'
import { Incarnation } from './incarnation.js'
import { MachineClock } from './machine-clock.js'
import type { MachineWorld } from './machine-world.js'
import { isOutsideSystem } from './outside-role.js'
import { Processor } from './processor.js'
import type { StepCosts } from './processor-model.js'
import type { DurableView, Nanos } from './seam.js'
import type { HostStatus, HostView } from './world.js'

/** How a crash or a power loss is armed on a host: before the n-th effect of a step, or (0) at the end of the next step that is ready for it. */
export interface ArmedCrash {
  readonly beforeEffect: number
  /** From then on it falls at the end of any step. */
  readonly until: Nanos
  readonly isReady?: () => boolean
  readonly fall: (isInside: boolean) => void
}

/**
 * A simulated machine: it outlives the processes on it. Holds what survives a crash (name, disk), whose life runs on it now, and whether it is paused.
 * Also what invariants see of it.
 */
export class SimulatedHost implements EventHost, Endpoint, EventTarget, HostView<unknown> {
  status: HostStatus = 'down'
  incarnation = 0
  life: Incarnation | null = null
  isPaused = false
  isPowered = true
  busyUntil: Nanos = 0
  readonly processor: Processor
  /** No client and no object store: a host of the system under test. */
  readonly isOfSystem: boolean
  /** When its present life, or the last one, began to boot. */
  bootBeganAt: Nanos = 0
  /** null while it is true: virtual time itself. */
  clock: MachineClock | null = null
  /** What the present life runs, or the last one did. */
  #code: HostVersion
  /** What the next life will run. */
  #nextCode: HostVersion
  #process: unknown = undefined
  #deferred: KernelEvent[] = []
  #sockets: SocketTable | null = null
  // An armed crash, flattened for the hot path: 0 when none.
  crashBeforeEffect = 0
  crash: ArmedCrash | null = null
  /** Set at a crash point inside a step, until the step's end applies it. */
  isDying = false
  /** It dies of an armed crash, not by `exit`. */
  crashedInside = false
  #effectStep = 0
  #effects = 0

  constructor(
    readonly world: MachineWorld,
    readonly name: string,
    readonly role: string,
    readonly index: number,
    readonly versions: readonly HostVersion[],
    readonly durableView: (host: SimulatedHost) => DurableView,
    stepCosts: StepCosts | null,
  ) {
    this.#code = versions[0] as HostVersion
    this.#nextCode = this.#code
    this.isOfSystem = !isOutsideSystem(role)
    this.processor = new Processor(this, world.kernel, stepCosts)
  }

  get config(): unknown {
    return this.#code.config
  }

  get version(): string {
    return this.#code.name
  }

  /** The next life runs this version. Throws `Misuse` when there is none of this name. */
  useVersion(name: string): void {
    const version = this.versions.find((one) => one.name === name)
    if (version === undefined) throw new Misuse(`${this.name} has no version '${name}': it has ${this.versions.map((one) => one.name).join(', ')}`)
    this.#nextCode = version
  }

  get process(): unknown {
    return this.status === 'up' || this.status === 'paused' ? this.#process : undefined
  }

  get durable(): DurableView {
    return this.durableView(this)
  }

  get receiver(): Incarnation | null {
    const life = this.life
    return life?.alive ? life : null
  }

  get sockets(): SocketTable {
    this.#sockets ??= new SocketTable(this, this.world.network, this.world.kernel)
    return this.#sockets
  }

  /** Starts a new life after `delay`. */
  start(delay: Nanos): void {
    this.world.kernel.schedule(delay, boot, this, this, null)
  }

  fire(_event: KernelEvent): void {
    if (this.life !== null) return
    this.#code = this.#nextCode
    const life = new Incarnation(this, ++this.incarnation)
    this.life = life
    this.status = 'booting'
    this.bootBeganAt = this.world.kernel.now
    this.isPowered = true
    this.world.kernel.life = life
    let result: unknown
    try {
      result = this.#code.boot(life)
    } catch (error) {
      if (!(error instanceof HostExit)) throw error
      return
    }
    if (typeof result === 'object' && result !== null && typeof (result as PromiseLike<unknown>).then === 'function') {
      // A rejection stays without a handler: it is the process's crash, reported at its step.
      void (result as PromiseLike<unknown>).then((process) => this.#up(life, process))
    } else this.#up(life, result)
  }

  #up(life: Incarnation, process: unknown): void {
    if (!life.alive) return
    this.#process = process
    this.status = this.isPaused ? 'paused' : 'up'
    this.world.booted(this)
  }

  /** Counts an effect of the current step against an armed crash; true: the crash falls before it. */
  crashesAtEffect(): boolean {
    const step = this.world.kernel.steps
    if (this.#effectStep !== step) {
      this.#effectStep = step
      this.#effects = 0
    }
    if (++this.#effects < this.crashBeforeEffect) return false
    this.isDying = true
    this.crashedInside = true
    const life = this.life as Incarnation
    life.alive = false
    this.status = 'down'
    return true
  }

  /** Ends the life: its timers, sockets and promises never fire again. The disk stays as it is. `resets`: peers are told. */
  kill(resets: boolean): void {
    const life = this.life
    this.crashBeforeEffect = 0
    this.crash = null
    this.isDying = false
    this.crashedInside = false
    if (this.#sockets !== null) {
      if (!resets) this.#sockets.powerLost()
      else if (life !== null) this.#sockets.processDied(life)
    }
    if (life === null) return
    life.alive = false
    this.life = null
    this.#process = undefined
    this.status = 'down'
    this.processor.reset()
    if (resets) this.world.network.resetCallers(life)
    this.#release()
  }

  /** The virtual time that passes until `delay` has passed on this machine's clock. */
  trueDelay(delay: Nanos): Nanos {
    const { clock } = this
    return clock === null ? delay : clock.trueDelay(delay, this.world.kernel.now)
  }

  /** Changes the machine's clock; whatever waits for a time on it comes earlier or later in virtual time. */
  changeClock(change: (clock: MachineClock, now: Nanos) => void): void {
    const { queue, now } = this.world.kernel
    this.clock ??= new MachineClock(now)
    const { clock } = this
    const deadlines = new Map<KernelEvent, Nanos>()
    for (const event of queue.waiting()) if (event.host === this && waitsOnClock(event)) deadlines.set(event, clock.monotonic(event.at))
    change(clock, now)
    if (deadlines.size === 0) return
    queue.retime((event) => {
      const deadline = deadlines.get(event)
      return deadline === undefined ? event.at : clock.trueTimeOf(deadline, now)
    })
  }

  pause(): void {
    if (this.isPaused || this.life === null) return
    this.isPaused = true
    if (this.status === 'up') this.status = 'paused'
  }

  resume(): void {
    if (!this.isPaused) return
    if (this.status === 'paused') this.status = 'up'
    this.#release()
  }

  defer(event: KernelEvent): void {
    this.#deferred.push(event)
    this.world.kernel.queue.parked++
  }

  admit(event: KernelEvent): KernelEvent | null {
    return this.processor.admit(event)
  }

  get deferred(): readonly KernelEvent[] {
    return this.#deferred
  }

  /** What came while the machine was paused happens now, in order. */
  #release(): void {
    this.isPaused = false
    const { queue, now } = this.world.kernel
    const deferred = this.#deferred
    this.#deferred = []
    queue.parked -= deferred.length
    for (const event of deferred) {
      if (event.at < now) event.at = now
      queue.push(event)
    }
  }
}

function waitsOnClock({ kind }: KernelEvent): boolean {
  return kind === timer || kind === sleep || kind === timeout
}
