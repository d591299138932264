import { type EventTarget, type KernelEvent, task } from '../kernel/event.js'
import { deriveKey, hashString, type Key } from '../kernel/mix.js'
import type { Receiver } from '../net/endpoint.js'
import type { Handler } from '../net/handler.js'
import type { PendingCall } from '../net/pending-call.js'
import { SimulatedClock } from './clock.js'
import { Misuse } from './errors.js'
import { HostExit } from './exit.js'
import { HostRandom } from './host-random.js'
import type { ObjectStore } from './object-store.js'
import { OwnershipError } from './ownership-error.js'
import type { Clock, Disk, FailpointErrors, Host, HostName, Log, Nanos, Net, Properties, Random } from './seam.js'
import type { SimulatedHost } from './simulated-host.js'
import { SimulatedNet } from './simulated-net.js'
import { StopSignal } from './stop-signal.js'

/**
 * One life of a process: the `Host` that it is given. When the process dies, this object goes inert: nothing that it is asked happens any more,
 * and nothing that it promised ever settles.
 */
export class Incarnation implements Host, Receiver, Log, Properties, EventTarget {
  alive = true
  isStopping = false
  inService: PendingCall | null = null
  readonly handlers: (Handler | undefined)[] = []
  #clock: SimulatedClock | undefined
  #random: HostRandom | undefined
  #net: SimulatedNet | undefined
  #disk: Disk | undefined
  #stopping: StopSignal | undefined
  #objects: ObjectStore | undefined

  constructor(
    readonly machine: SimulatedHost,
    readonly incarnation: number,
  ) {}

  get name(): HostName {
    return this.machine.name
  }
  get role(): string {
    return this.machine.role
  }
  get config(): unknown {
    return this.machine.config
  }
  get peers(): Readonly<Record<string, readonly HostName[]>> {
    return this.machine.world.peers
  }
  get clock(): Clock {
    this.#clock ??= new SimulatedClock(this, this.machine.world.kernel)
    return this.#clock
  }
  get random(): Random {
    this.#random ??= new HostRandom(this, this.#randomKey)
    return this.#random
  }
  get #randomKey(): Key {
    return deriveKey(deriveKey(this.machine.world.processKey, this.machine.name), this.incarnation)
  }
  /** The world has another process key: what is drawn from now on comes from that. */
  reseed(): void {
    this.#random?.rekey(this.#randomKey)
  }
  get net(): Net {
    this.#net ??= new SimulatedNet(this, this.machine.world)
    return this.#net
  }
  get disk(): Disk {
    this.#disk ??= this.machine.world.disk(this)
    return this.#disk
  }
  get objects(): ObjectStore {
    this.#objects ??= this.machine.world.objects(this)
    return this.#objects
  }
  get log(): Log {
    return this
  }
  get stopping(): AbortSignal {
    this.owns()
    return this.#stopSignal().signal
  }
  #stopSignal(): StopSignal {
    this.#stopping ??= new StopSignal((error) => this.machine.world.failed(error))
    return this.#stopping
  }
  get check(): Properties {
    return this
  }

  /**
   * Every effect asks: may it happen? False from the crash point of the step on. Also asserts that the host owns the step.
   */
  effect(): boolean {
    if (!this.alive) return false
    const machine = this.machine
    if (machine.world.kernel.life !== this && !this.#isForeign()) return false
    return machine.crashBeforeEffect === 0 || !machine.crashesAtEffect()
  }

  /** Whether it lives and the step is its own, or a test drives it between runs of the loop; throws an `OwnershipError` where the step is another's. */
  owns(): boolean {
    if (!this.alive) return false
    const { kernel } = this.machine.world
    return kernel.life === this || (kernel.life === null && !kernel.isRunning) || this.#isForeign()
  }

  #isForeign(): boolean {
    const { world, name } = this.machine
    const { kernel } = world
    const error = new OwnershipError(name, (kernel.life as Incarnation | null)?.name ?? null, this.#occupation())
    // Between two slices nobody but an answer from the real world can be here: whom it throws at, the run must know.
    if (!kernel.isRunning || kernel.isInSlice) throw error
    world.failed(error)
    return false
  }

  /** What it had not finished, and perhaps waited for something real in. */
  #occupation(): string {
    const answers: string[] = []
    for (let call = this.inService; call !== null && answers.length < 3; call = call.nextInService)
      answers.push(`${call.type.name} from ${call.link.from.name}`)
    if (answers.length > 0) return `while it answered ${answers.join(', ')}`
    return this.machine.status === 'booting' ? 'while it booted' : ''
  }

  /** Calls that wait for their answers. */
  waiting(): Iterable<PendingCall> {
    return this.#net?.waiting() ?? []
  }

  handlerOf(typeId: number, protocol: string, method: string): Handler | undefined {
    return this.#net?.find(typeId, protocol, method)
  }

  spawn(name: string, run: () => Promise<void>): void {
    if (!this.owns()) return
    const { kernel } = this.machine.world
    kernel.schedule(0, task, this, this.machine, this, run, name)
  }

  fire(event: KernelEvent): void {
    const run = event.a as () => unknown
    // A rejection stays without a handler: it ends the run as `crashed` at its step.
    void run()
  }

  /** `stopping` aborts, in a step of this life. */
  askToStop(): void {
    this.isStopping = true
    const { kernel } = this.machine.world
    kernel.schedule(0, task, this, this.machine, this, () => this.#stopSignal().abort(), 'stop')
  }

  work(cost: Nanos): void {
    if (!Number.isInteger(cost) || cost < 0) throw new Misuse(`host.work(cost) takes an integer of nanoseconds from 0 on, not ${cost}`)
    if (!this.owns()) return
    this.machine.processor.work(cost)
  }

  exit(reason: string): never {
    if (this.owns()) {
      this.alive = false
      this.machine.status = 'down'
      this.machine.isDying = true
      this.machine.world.exited(this.machine, reason)
    }
    throw new HostExit(reason)
  }

  mark(moment: string): void {
    if (this.owns()) this.machine.world.moment(this.machine, moment)
  }

  maybe(site: string): boolean {
    return this.owns() && this.machine.world.code.maybe(this, site)
  }

  failpoint(site: string, errors: FailpointErrors = {}): Promise<void> {
    return this.owns() ? this.machine.world.code.failpoint(this, site, errors) : new Promise(() => {})
  }

  // ---- log
  debug(event: string, fields?: object): void {
    this.#line('debug', event, fields)
  }
  info(event: string, fields?: object): void {
    this.#line('info', event, fields)
  }
  warn(event: string, fields?: object): void {
    this.#line('warn', event, fields)
  }
  #line(level: string, event: string, fields: object | undefined): void {
    if (!this.owns()) return
    const { kernel } = this.machine.world
    if (kernel.hashing) kernel.fold(hashString(event))
    if (kernel.sink?.note) kernel.note(this.name, this.incarnation, `log.${level}`, fields === undefined ? event : `${event} ${JSON.stringify(fields)}`)
  }

  // ---- properties
  always(name: string, holds: boolean, detail?: object): void {
    if (this.owns()) this.machine.world.property(this, 'always', name, holds, detail)
  }
  sometimes(name: string, holds = true): void {
    if (this.owns()) this.machine.world.property(this, 'sometimes', name, holds, undefined)
  }
  reachable(name: string): void {
    if (this.owns()) this.machine.world.property(this, 'reachable', name, true, undefined)
  }
  unreachable(name: string, detail?: object): void {
    if (this.owns()) this.machine.world.property(this, 'unreachable', name, false, detail)
  }
}
