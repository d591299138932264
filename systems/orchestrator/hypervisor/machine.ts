import { ms } from '../../../sim/host/durations.js'
import { DiskError, NetError } from '../../../sim/host/errors.js'
import type { Host, HostName, Nanos } from '../../../sim/host/seam.js'
import { leaveWhenAsked } from '../../raft/leave-when-asked.js'
import { becomingMachine } from '../claims/becoming.js'
import { resourcesOf } from '../definition.js'
import { LeaseKeeper } from '../lease/lease-keeper.js'
import type { LeaseEvent } from '../lease/lease-machine.js'
import { Migrations } from '../migration/migrations.js'
import { Bridge } from '../network/bridge.js'
import { Recent } from '../recent.js'
import { type StorageApi, storageApi } from '../storage/storage-api.js'
import { DrivenGuests } from './driven-guests.js'
import { Guest, type GuestEvent } from './guest.js'
import { GuestDisks } from './guest-disks.js'
import type { GuestDriver } from './guest-driver.js'
import { GuestLife } from './guest-life.js'
import { GuestMemory } from './guest-memory.js'
import { accepted, declined, type GuestSpec, type HypervisorAnswer, type HypervisorView, hypervisorApi } from './hypervisor.js'
import { type MachineConfig, machineDefaults } from './machine-config.js'
import { Snapshots } from './snapshots.js'
import { type Unit, Units } from './units.js'

/**
 * A simulated hypervisor host: what really runs. Its guests boot, crash, hang, write their disks in the storage and answer on their network. It runs guests only
 * while its watchdog is fed, keeps a unit of each on its disk, restarts those that crash, and does what its agent asks, never for an earlier session or
 * generation than it knows.
 */
export class Machine {
  /** Rises with everything that changes. */
  changes = 0
  /** Rises with everything that is done here: who looks at a machine that stands still sees it stand. */
  looks = 0
  readonly guests = new Map<string, Guest>()
  readonly events = new Recent<GuestEvent>(4_096)
  readonly config: MachineConfig
  readonly bridge: Bridge
  readonly migrations: Migrations
  readonly life: GuestLife
  readonly lease: LeaseKeeper
  readonly disks: GuestDisks
  readonly driven: DrivenGuests
  readonly snapshots = new Snapshots()
  readonly units: Units
  readonly host: Host
  readonly #storage: HostName
  /** Generations below are never started in this session. */
  readonly #refusedBelow = new Map<string, number>()
  #instances = 0

  /** `driver`: runs guests in place of the simulation. */
  static async boot(host: Host, driver: GuestDriver | null = null): Promise<Machine> {
    host.mark('recovering')
    try {
      return new Machine(host, await Units.open(host.disk), driver)
    } catch (error) {
      if (error instanceof DiskError) host.exit(`the machine cannot read its units: ${error.message}`)
      throw error
    }
  }

  private constructor(host: Host, units: Units, driver: GuestDriver | null) {
    this.host = host
    this.units = units
    this.config = { ...machineDefaults, ...(host.config as Partial<MachineConfig> | null) }
    this.#storage = host.peers.storage?.[0] ?? 'storage-1'
    this.bridge = new Bridge(host, () => this.enter())
    this.driven = new DrivenGuests(host, driver)
    this.disks = new GuestDisks(this)
    this.lease = new LeaseKeeper(
      {
        host,
        askStorage: (method, session) => this.storage(method, session, this.config.keepAlive),
        happened: (event) => this.#leaseHappened(event),
      },
      this.config.patience,
    )
    this.migrations = new Migrations(this)
    this.life = new GuestLife(this)
    this.#serve()
    host.clock.every(this.config.keepAlive, () => {
      this.enter()
      host.spawn('keep-alive', () => this.lease.keepAlive())
    })
    host.clock.every(tick, () => {
      this.enter()
      this.life.tick()
    })
    if (this.config.guestWrites > 0) host.clock.every(this.config.guestWrites, () => this.life.beat())
    host.spawn('keep-alive', () => this.lease.keepAlive())
    leaveWhenAsked(host, () => this.#leave())
  }

  /** Stops all guests and says so: whoever wants them elsewhere need not wait. */
  async #leave(): Promise<void> {
    const { session } = this
    this.lease.end('the machine is shut down')
    if (session !== null) await this.storage('closeSession', { machine: this.host.name, session })
  }

  // ---------------------------------------------------------------- the session

  /** null: the storage has opened none yet. */
  get session(): number | null {
    return this.lease.session
  }

  get isFed(): boolean {
    return this.lease.isFed
  }

  /** At every entrance: the machine may have stood still. */
  enter(): void {
    this.looks++
    this.lease.look()
  }

  #leaseHappened(event: LeaseEvent): void {
    this.changes++
    switch (event.kind) {
      case 'opened':
        this.host.spawn('autostart', () => this.#autostart())
        break
      case 'fed':
        for (const { doing, vm } of this.guests.values()) if (doing === 'running') this.driven.hold(vm, !event.isFed)
        break
      case 'over':
        // Whatever runs, ends; the machine begins anew with a later session.
        for (const guest of [...this.guests.values()]) this.kill(guest, 'killed', event.why)
        this.disks.forget()
        this.#refusedBelow.clear()
        if (event.isBlocked) this.host.check.reachable('a machine is fenced, and begins anew')
        this.host.log.warn('machine.session-over', { why: event.why })
    }
  }

  /** What was to start with the machine. Who owns it now only the control plane knows: units of an earlier session are not started, but taken away. */
  async #autostart(): Promise<void> {
    for (const unit of this.units.all()) {
      if (this.guests.has(unit.spec.vm)) continue
      if (unit.session === this.session) this.begin(unit.spec)
      else await this.persist(() => this.units.remove(unit.spec.vm))
    }
  }

  // ---------------------------------------------------------------- what the agent asks

  #serve(): void {
    const guarded =
      <Req extends { readonly session: number }>(act: (request: Req) => HypervisorAnswer | Promise<HypervisorAnswer>) =>
      (request: Req) => {
        this.enter()
        return request.session === this.session ? act(request) : declined(`session ${request.session} is over`)
      }
    this.host.net.serve(hypervisorApi, {
      look: ({ life, since }) => {
        this.enter()
        return life === this.host.incarnation && since === this.changes ? null : this.view()
      },
      start: guarded(({ spec }) => this.#start(spec)),
      stop: guarded(({ vm, generation }) => this.#stop(vm, generation)),
      identify: guarded(({ spec }) => this.#identify(spec)),
      prepare: guarded((request) => this.migrations.prepare(request)),
      send: guarded((request) => this.migrations.send(request)),
      finish: guarded((request) => this.migrations.finish(request)),
      cancel: guarded((request) => this.migrations.cancel(request)),
      activate: guarded((request) => this.migrations.activate(request)),
      discard: guarded((request) => this.migrations.discard(request)),
      powerOff: guarded(() => {
        this.lease.end('the power was switched off')
        return accepted
      }),
    })
  }

  view(): HypervisorView {
    const { changes, session, config, isFed } = this
    return { life: this.host.incarnation, changes, session, capacity: config.capacity, guests: [...this.guests.values()].map((guest) => guest.view(isFed)) }
  }

  #start(spec: GuestSpec): HypervisorAnswer {
    if (!this.isFed) return declined('the storage does not answer')
    if (this.hasGivenUp(spec)) return declined(`generation ${spec.generation} was given up here`)
    const guest = this.guests.get(spec.vm)
    if (guest !== undefined) {
      if (guest.spec.generation > spec.generation) return declined('a later generation is here')
      const isSame = guest.spec.generation === spec.generation && guest.spec.boots >= spec.boots
      if (isSame && guest.doing !== 'incoming') return accepted
      this.kill(guest, 'stopped', 'is booted anew')
    }
    if (!this.fits(spec)) return declined('there is no room for it')
    this.begin(spec)
    return accepted
  }

  /** It may not be started in this session. */
  hasGivenUp({ vm, generation }: GuestSpec): boolean {
    return generation < (this.#refusedBelow.get(vm) ?? 0)
  }

  /** Asked once more here: the control plane's books may be behind. */
  fits({ definition }: GuestSpec): boolean {
    const { capacity } = this.config
    const free = { ...capacity }
    for (const { spec } of this.guests.values()) {
      const { vcpus, memoryMib, diskMib } = resourcesOf(spec.definition)
      free.vcpus -= vcpus
      free.memoryMib -= memoryMib
      free.diskMib -= diskMib
    }
    const { vcpus, memoryMib, diskMib } = resourcesOf(definition)
    return vcpus <= free.vcpus && memoryMib <= free.memoryMib && diskMib <= free.diskMib
  }

  begin(spec: GuestSpec): void {
    const guest = new Guest(spec)
    this.guests.set(spec.vm, guest)
    this.bringUp(guest)
  }

  /** Starts an instance of the guest: its unit, its disk, its boot. */
  bringUp(guest: Guest): void {
    this.disks.closeLater(guest.vm)
    guest.doing = 'starting'
    guest.instance = this.nextInstance()
    guest.memory = new GuestMemory()
    guest.identity = guest.spec.identity
    guest.outgoing = null
    guest.incoming = null
    this.note('starting', guest)
    this.host.spawn('guest', () => this.#boot(guest, guest.instance))
  }

  nextInstance(): number {
    return ++this.#instances
  }

  async #boot(guest: Guest, instance: number): Promise<void> {
    const isCurrent = () => this.isCurrent(guest, instance) && guest.doing === 'starting'
    await this.persist(() => this.units.put(this.unitOf(guest)))
    if (!isCurrent()) return
    if (!(await this.disks.take(guest, isCurrent))) {
      if (isCurrent()) this.crash(guest, 'its disk is not to be had')
      return
    }
    guest.doing = 'booting'
    this.changes++
    if (this.driven.driver !== null) {
      await this.#bootDriven(guest, instance)
      return
    }
    const isRestored = this.snapshots.has(guest.spec)
    const [shortest, longest] = isRestored ? this.config.restoreTime : this.config.bootTime
    const bootTime = shortest + this.host.random.int(longest - shortest + 1)
    guest.timers.push(
      this.host.clock.timer(bootTime, () => {
        this.enter()
        if (!this.isCurrent(guest, instance) || guest.doing !== 'booting') return
        guest.timers.length = 0
        if (isRestored) this.snapshots.restore(guest)
        this.run(guest, 'running')
        this.snapshots.make(guest)
      }),
    )
  }

  async #bootDriven(guest: Guest, instance: number): Promise<void> {
    const isCurrent = () => this.isCurrent(guest, instance) && (guest.doing === 'booting' || guest.doing === 'running')
    const failure = await this.driven.start(guest, (why) => {
      if (isCurrent()) this.crash(guest, why)
    })
    this.enter()
    if (!isCurrent() || guest.doing === 'running') return
    if (failure === null) this.run(guest, 'running')
    else this.crash(guest, failure)
  }

  unitOf({ spec }: Guest): Unit {
    return { spec, session: this.session ?? 0 }
  }

  /** It executes from here on. */
  run(guest: Guest, what: 'running' | 'arrived'): void {
    guest.doing = 'running'
    guest.runningSince = this.host.clock.monotonic()
    this.note(what, guest)
    this.connect(guest)
  }

  /** Its network comes up, once it is somebody's. */
  connect(guest: Guest): void {
    const { address, definition, vm } = guest.spec
    if (address === null) return
    this.bridge.plug({ vm, address, security: definition.security, answer: (request) => this.life.answer(guest, request) })
    this.note('networked', guest)
    this.bridge.announce(address)
  }

  async #stop(vm: string, generation: number): Promise<HypervisorAnswer> {
    this.#refusedBelow.set(vm, Math.max(generation + 1, this.#refusedBelow.get(vm) ?? 0))
    const guest = this.guests.get(vm)
    if (guest !== undefined && guest.spec.generation > generation) return declined('a later generation is here')
    if (guest !== undefined) this.kill(guest, 'stopped', 'its agent asked for it')
    else this.events.add({ what: 'stopped', vm, generation, instance: 0, generationId: '', migration: null, digest: 0, why: 'it was not here' })
    if (!(await this.disks.release(vm))) return declined('the storage does not answer')
    await this.persist(() => this.units.remove(vm))
    return this.guests.has(vm) ? declined('it was started again') : accepted
  }

  async #identify(spec: GuestSpec): Promise<HypervisorAnswer> {
    const guest = this.guests.get(spec.vm)
    if (guest === undefined) return declined('it does not run here')
    const { generation, identity } = spec
    const message = { kind: 'identify' as const, generation, generationId: identity.generationId }
    const [effect] = becomingMachine.step(guest.becoming, { kind: 'message', from: 0, message })
    if (effect?.kind !== 'emit' || effect.event.kind === 'refused')
      return declined(effect?.kind === 'emit' && effect.event.kind === 'refused' ? effect.event.why : '')
    if (effect.event.kind === 'is-already') return accepted
    // A clone is as its template was until it is told by its generation id: before it is on the network.
    guest.spec = spec
    guest.identity = spec.identity
    this.note('identified', guest)
    this.host.check.reachable('a warm guest becomes somebody')
    this.connect(guest)
    await this.persist(() => this.units.put(this.unitOf(guest)))
    return accepted
  }

  // ---------------------------------------------------------------- guests

  isCurrent(guest: Guest, instance: number): boolean {
    return this.guests.get(guest.vm) === guest && guest.instance === instance
  }

  /** Whether it executes at this moment. */
  isExecuting(guest: Guest): boolean {
    return guest.doing === 'running' && !guest.isPaused && this.isFed && this.guests.get(guest.vm) === guest
  }

  /** From outside, as the world would: it changes what is so, and the machine sees it later. */
  strike(vm: string, harm: 'crash' | 'hang'): boolean {
    const guest = this.guests.get(vm)
    if (guest === undefined || guest.doing !== 'running' || guest.isPaused) return false
    guest.doing = harm === 'crash' ? 'crashed' : 'hung'
    guest.hungSince = null
    if (harm === 'crash') this.note('crashed', guest, 'of its own accord')
    return true
  }

  crash(guest: Guest, why: string): void {
    guest.doing = 'crashed'
    this.note('crashed', guest, why)
  }

  /** Nothing of it is left, but for its lock. */
  kill(guest: Guest, what: GuestEvent['what'], why: string): void {
    guest.doing = 'gone'
    guest.cancelTimers()
    this.guests.delete(guest.vm)
    if (guest.spec.address !== null) this.bridge.unplug(guest.spec.address)
    this.driven.stop(guest.vm)
    this.note(what, guest, why)
  }

  // ---------------------------------------------------------------- the world

  /** Null: no answer, so that nobody can tell whether it was done. */
  async storage<K extends keyof StorageApi>(method: K, request: StorageApi[K]['req'], timeout: Nanos = storagePatience): Promise<StorageApi[K]['res'] | null> {
    try {
      return await this.host.net.call(storageApi, this.#storage, method, request, { timeout })
    } catch (error) {
      if (error instanceof NetError) return null
      throw error
    } finally {
      this.enter()
    }
  }

  async persist(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (error instanceof DiskError) this.host.exit(`the machine cannot keep its units: ${error.message}`)
      throw error
    }
    this.enter()
  }

  note(what: GuestEvent['what'], { spec, identity, instance, memory, outgoing, incoming }: Guest, why = ''): void {
    this.changes++
    const { vm, generation } = spec
    const migration = outgoing?.migration ?? incoming?.migration ?? null
    this.events.add({ what, vm, generation, instance, generationId: identity.generationId, migration, digest: memory.digest, why })
  }
}

const tick = ms(250)
const storagePatience = ms(700)
