import { ms } from '../../../sim/host/durations.js'
import { DiskError, NetError } from '../../../sim/host/errors.js'
import type { Host, HostName, Nanos } from '../../../sim/host/seam.js'
import { leaveWhenAsked } from '../../raft/leave-when-asked.js'
import { resourcesOf } from '../definition.js'
import { Migrations } from '../migration/migrations.js'
import { Bridge } from '../network/bridge.js'
import { Recent } from '../recent.js'
import { type Session, type StorageApi, type StorageClient, storageApi } from '../storage/storage-api.js'
import { Guest, type GuestEvent } from './guest.js'
import type { GuestDriver } from './guest-driver.js'
import { GuestLife } from './guest-life.js'
import { GuestMemory } from './guest-memory.js'
import { accepted, declined, type GuestSpec, type HypervisorAnswer, type HypervisorApi, type HypervisorView, hypervisorApi } from './hypervisor.js'
import { type MachineConfig, machineDefaults } from './machine-config.js'
import { type Unit, Units } from './units.js'
import { Watchdog } from './watchdog.js'

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
  /** null: the storage has opened none yet. */
  session: number | null = null
  readonly watchdog: Watchdog
  readonly guests = new Map<string, Guest>()
  readonly events = new Recent<GuestEvent>(4_096)
  readonly config: MachineConfig
  readonly bridge: Bridge
  readonly migrations: Migrations
  readonly life: GuestLife
  readonly units: Units
  readonly host: Host
  readonly #storage: HostName
  /** Clients that may hold a lock, by VM. */
  readonly #locks = new Map<string, StorageClient>()
  /** Generations below are never started in this session. */
  readonly #refusedBelow = new Map<string, number>()
  /** By VM: what its driver is doing. */
  readonly #driven = new Map<string, Promise<void>>()
  #sessionsHere = 0
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

  private constructor(
    host: Host,
    units: Units,
    readonly driver: GuestDriver | null,
  ) {
    this.host = host
    this.units = units
    this.config = { ...machineDefaults, ...(host.config as Partial<MachineConfig> | null) }
    this.watchdog = new Watchdog(this.config.patience)
    this.#storage = host.peers.storage?.[0] ?? 'storage-1'
    this.bridge = new Bridge(host, () => this.enter())
    this.migrations = new Migrations(this)
    this.life = new GuestLife(this)
    this.#serve()
    host.clock.every(this.config.keepAlive, () => {
      this.enter()
      host.spawn('keep-alive', () => this.#keepAlive())
    })
    host.clock.every(tick, () => {
      this.enter()
      this.life.tick()
    })
    if (this.config.guestWrites > 0) host.clock.every(this.config.guestWrites, () => this.life.beat())
    host.spawn('keep-alive', () => this.#keepAlive())
    leaveWhenAsked(host, () => this.#leave())
  }

  /** Stops all guests and says so: whoever wants them elsewhere need not wait. */
  async #leave(): Promise<void> {
    const { session } = this
    this.#endSession('the machine is shut down')
    if (session !== null) await this.storage('closeSession', { machine: this.host.name, session })
  }

  // ---------------------------------------------------------------- the session

  /** At every entrance: the machine may have stood still. */
  enter(): void {
    this.looks++
    const before = this.watchdog.isFed
    if (this.watchdog.look(this.host.clock.monotonic()) !== before) this.#fedChanged()
  }

  #fedChanged(): void {
    this.changes++
    const { driver, isFed } = this
    if (driver === null) return
    for (const { doing, vm } of this.guests.values()) if (doing === 'running') this.#drive(vm, () => driver.hold(vm, !isFed))
  }

  /** What the driver does with one VM, one thing after the other. What it cannot do is logged: the lease and the lock are what others rely on. */
  #drive(vm: string, act: () => Promise<void>): void {
    const before = this.#driven.get(vm) ?? Promise.resolve()
    const next = before.then(act).catch((error: unknown) => this.host.log.warn('machine.driver', { vm, why: String(error) }))
    this.#driven.set(vm, next)
  }

  get isFed(): boolean {
    return this.watchdog.isFed
  }

  async #keepAlive(): Promise<void> {
    const askedAt = this.host.clock.monotonic()
    const isNew = this.session === null
    // Numbers of one life never meet those of another.
    const asked: Session = { machine: this.host.name, session: this.session ?? this.host.incarnation * 1_000 + this.#sessionsHere + 1 }
    const method = isNew ? 'openSession' : 'keepAlive'
    const answer = await this.storage(method, asked, this.config.keepAlive)
    if (answer === null || (isNew ? this.session !== null : this.session !== asked.session)) return
    if (answer.kind === 'open') {
      if (isNew) {
        this.session = asked.session
        this.#sessionsHere++
        this.changes++
        this.host.spawn('autostart', () => this.#autostart())
      }
      const before = this.isFed
      this.watchdog.feed(askedAt, this.host.clock.monotonic())
      if (this.isFed !== before) this.#fedChanged()
    } else if (isNew) this.#sessionsHere++
    else {
      this.#endSession('the storage has blocked the session')
      this.host.check.reachable('a machine is fenced, and begins anew')
    }
  }

  /** Whatever runs, ends; the machine begins anew with a later session. */
  #endSession(why: string): void {
    if (this.session === null) return
    this.session = null
    this.watchdog.end()
    for (const guest of [...this.guests.values()]) this.kill(guest, 'killed', why)
    this.#locks.clear()
    this.#refusedBelow.clear()
    this.changes++
    this.host.log.warn('machine.session-over', { why })
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
      prepare: guarded(({ spec, migration }) => this.#prepare(spec, migration)),
      send: guarded((request) => this.migrations.send(request)),
      finish: guarded((request) => this.migrations.finish(request)),
      cancel: guarded((request) => this.migrations.cancel(request)),
      activate: guarded((request) => this.migrations.activate(request)),
      discard: guarded((request) => this.#discard(request)),
      powerOff: guarded(() => {
        this.#endSession('the power was switched off')
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
    if (spec.generation < (this.#refusedBelow.get(spec.vm) ?? 0)) return declined(`generation ${spec.generation} was given up here`)
    const guest = this.guests.get(spec.vm)
    if (guest !== undefined) {
      if (guest.spec.generation > spec.generation) return declined('a later generation is here')
      const isSame = guest.spec.generation === spec.generation && guest.spec.boots >= spec.boots
      if (isSame && guest.doing !== 'incoming') return accepted
      this.kill(guest, 'stopped', 'is booted anew')
    }
    if (!this.#fits(spec)) return declined('there is no room for it')
    this.begin(spec)
    return accepted
  }

  /** Asked once more here: the control plane's books may be behind. */
  #fits({ definition }: GuestSpec): boolean {
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
    const before = this.#locks.get(guest.vm)
    if (before !== undefined) this.host.spawn('close', () => this.#close(guest.vm, before))
    guest.doing = 'starting'
    guest.instance = ++this.#instances
    guest.memory = new GuestMemory()
    guest.outgoing = null
    guest.incoming = null
    guest.hasDisk = true
    this.note('starting', guest)
    this.host.spawn('guest', () => this.#boot(guest, guest.instance))
  }

  /** The process of an instance that is over needs a while to end, and gives its disk back as it does: the next one may be there before. */
  async #close(vm: string, client: StorageClient): Promise<void> {
    const [shortest, longest] = this.config.exitTime
    await this.host.clock.sleep(shortest + this.host.random.int(longest - shortest + 1))
    this.enter()
    await this.storage('release', { image: vm, client })
  }

  async #boot(guest: Guest, instance: number): Promise<void> {
    const isCurrent = () => this.isCurrent(guest, instance) && guest.doing === 'starting'
    await this.persist(() => this.units.put(this.unitOf(guest)))
    if (!isCurrent()) return
    if (!(await this.takeDisk(guest, isCurrent))) {
      if (isCurrent()) this.crash(guest, 'its disk is not to be had')
      return
    }
    guest.doing = 'booting'
    this.changes++
    if (this.driver !== null) {
      await this.#bootDriven(guest, instance, this.driver)
      return
    }
    const [shortest, longest] = this.config.bootTime
    const bootTime = shortest + this.host.random.int(longest - shortest + 1)
    guest.timers.push(
      this.host.clock.timer(bootTime, () => {
        this.enter()
        if (!this.isCurrent(guest, instance) || guest.doing !== 'booting') return
        guest.timers.length = 0
        this.run(guest, 'running')
      }),
    )
  }

  async #bootDriven(guest: Guest, instance: number, driver: GuestDriver): Promise<void> {
    const { vm, spec } = guest
    const isCurrent = () => this.isCurrent(guest, instance) && (guest.doing === 'booting' || guest.doing === 'running')
    let failure: string | null = null
    this.#drive(vm, () =>
      driver
        .start(spec, (why) => {
          if (isCurrent()) this.crash(guest, why)
        })
        .catch((error: unknown) => {
          failure = String(error)
        }),
    )
    await this.#driven.get(vm)
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

  /**
   * Takes the exclusive lock of the guest's disk. Whoever holds it is dead, or the control plane would not have placed the VM here: its lock is broken, which
   * blocks that client, and no other. Answers whether the disk is the guest's.
   */
  async takeDisk(guest: Guest, isWanted: () => boolean): Promise<boolean> {
    const { vm, generation } = guest.spec
    const client: StorageClient = { machine: this.host.name, session: this.session ?? 0, instance: guest.instance }
    this.#locks.set(vm, client)
    while (isWanted()) {
      const opened = await this.storage('open', { image: vm, client, generation })
      if (!isWanted()) break
      if (opened === null) await this.host.clock.sleep(retryPause)
      else if (opened.kind === 'ok') return true
      else if (opened.kind === 'locked') {
        await this.host.failpoint('machine.break-lock')
        await this.storage('breakLock', { image: vm, held: opened.by, by: { client, generation } })
      } else return false
      this.enter()
    }
    return false
  }

  async #stop(vm: string, generation: number): Promise<HypervisorAnswer> {
    this.#refusedBelow.set(vm, Math.max(generation + 1, this.#refusedBelow.get(vm) ?? 0))
    const guest = this.guests.get(vm)
    if (guest !== undefined && guest.spec.generation > generation) return declined('a later generation is here')
    if (guest !== undefined) this.kill(guest, 'stopped', 'its agent asked for it')
    else this.events.add({ what: 'stopped', vm, generation, instance: 0, generationId: '', migration: null, digest: 0, why: 'it was not here' })
    if (!(await this.releaseDisk(vm))) return declined('the storage does not answer')
    await this.persist(() => this.units.remove(vm))
    return this.guests.has(vm) ? declined('it was started again') : accepted
  }

  /** What is on its way to the disk must not arrive when the VM is somebody else's: answers whether that is certain. */
  async releaseDisk(vm: string): Promise<boolean> {
    await this.#driven.get(vm)
    const client = this.#locks.get(vm)
    if (client === undefined) return true
    if ((await this.storage('release', { image: vm, client })) === null) return false
    if (this.#locks.get(vm) === client) this.#locks.delete(vm)
    return true
  }

  async #identify(spec: GuestSpec): Promise<HypervisorAnswer> {
    const guest = this.guests.get(spec.vm)
    if (guest === undefined || guest.spec.generation !== spec.generation || guest.doing !== 'running') return declined('it does not run here')
    if (guest.spec.identity.generationId === spec.identity.generationId) return accepted
    if (guest.spec.address !== null) return declined('it is somebody already')
    guest.spec = spec
    this.note('identified', guest)
    this.host.check.reachable('a warm guest becomes somebody')
    this.connect(guest)
    await this.persist(() => this.units.put(this.unitOf(guest)))
    return accepted
  }

  async #prepare(spec: GuestSpec, migration: number): Promise<HypervisorAnswer> {
    const present = this.guests.get(spec.vm)
    if (present?.incoming?.migration === migration && present.doing === 'incoming') return accepted
    if (!this.isFed) return declined('the storage does not answer')
    if (this.driver !== null) return declined('this machine takes no running guests')
    if (spec.generation < (this.#refusedBelow.get(spec.vm) ?? 0)) return declined(`generation ${spec.generation} was given up here`)
    if (present !== undefined) {
      if (present.doing !== 'incoming') return declined('it is here already')
      this.kill(present, 'discarded', 'another migration')
    }
    if (!this.#fits(spec)) return declined('there is no room for it')
    const guest = new Guest(spec)
    guest.doing = 'incoming'
    guest.instance = ++this.#instances
    guest.incoming = { migration, phase: 'incoming' }
    this.guests.set(spec.vm, guest)
    this.note('incoming', guest)
    await this.persist(() => this.units.put(this.unitOf(guest)))
    return accepted
  }

  async #discard({ vm, migration }: HypervisorApi['discard']['req']): Promise<HypervisorAnswer> {
    const guest = this.guests.get(vm)
    if (guest?.doing !== 'incoming' || guest.incoming?.migration !== migration || guest.incoming.phase === 'active')
      return declined('it is not on its way here')
    this.kill(guest, 'discarded', 'the migration is over')
    await this.persist(() => this.units.remove(vm))
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
    const { driver, vm } = { driver: this.driver, vm: guest.vm }
    if (driver !== null) this.#drive(vm, () => driver.stop(vm))
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

  note(what: GuestEvent['what'], { spec, instance, memory, outgoing, incoming }: Guest, why = ''): void {
    this.changes++
    const { vm, generation, identity } = spec
    const migration = outgoing?.migration ?? incoming?.migration ?? null
    this.events.add({ what, vm, generation, instance, generationId: identity.generationId, migration, digest: memory.digest, why })
  }
}

const tick = ms(250)
const retryPause = ms(200)
const storagePatience = ms(700)
