import { ms, s } from '../../../sim/host/durations.js'
import { NetError } from '../../../sim/host/errors.js'
import type { HostName, Nanos } from '../../../sim/host/seam.js'
import { Busy, NotLeader, ProposalTimeout, Superseded } from '../../raft/errors.js'
import { type ClaimWatchMachine, type ClaimWatchState, claimWatchMachine } from '../claims/claim-watch.js'
import { hypervisorApi } from '../hypervisor/hypervisor.js'
import { fenceWait } from '../lease/lease-machine.js'
import { storageApi } from '../storage/storage-api.js'
import type { Command, CommandResult } from './commands.js'
import type { ControlPlane } from './control-plane.js'
import { type FenceMachine, type FenceMessage, type FenceState, fenceMachine } from './fencing.js'
import { GarbageCollection } from './garbage-collection.js'
import { vmsOf } from './host-commands.js'
import { place } from './placement.js'
import { becomingOf } from './pool-commands.js'
import { PoolSizing } from './pool-sizing.js'
import { victimsFor } from './preemption.js'
import type { HostRecord, VmRecord } from './records.js'
import { Silence } from './silence.js'

export interface LeaderConfig {
  readonly tick: Nanos
  /** How long a host may be silent before it is lost; and how long, while most are silent at once. */
  readonly hostPatience: Nanos
  readonly longHostPatience: Nanos
  /** Of the machines' watchdogs. */
  readonly watchdogPatience: Nanos
  /** VMs that are given a host, and migrations that are begun, in one tick. */
  readonly placementsPerTick: number
  readonly migrationsAtOnce: number
  readonly migrationPatience: Nanos
  /** Of a claim on a warm VM: within it the guest has become who it is to be, or the VM is booted elsewhere. */
  readonly claimPatience: Nanos
  readonly collectEvery: Nanos
  readonly sizePoolsEvery: Nanos
}

export const leaderDefaults: LeaderConfig = {
  tick: ms(200),
  hostPatience: s(3),
  longHostPatience: s(9),
  watchdogPatience: s(2),
  placementsPerTick: 8,
  migrationsAtOnce: 4,
  migrationPatience: s(12),
  claimPatience: s(4),
  collectEvery: s(5),
  sizePoolsEvery: s(1),
}

/** What the leading replica looks after: silent hosts, fencing, VMs without a host, drains, warm pools, and what is left over. */
export class Leader {
  readonly #control: ControlPlane
  readonly #config: LeaderConfig
  readonly #silence: Silence
  readonly #fenceMachine: FenceMachine
  readonly #fences = new Map<string, FenceState>()
  readonly #fencing = new Set<string>()
  /** When a migration was first seen. */
  readonly #migrations = new Map<number, Nanos>()
  readonly #watch: ClaimWatchMachine
  #claims: ClaimWatchState
  readonly #pools: PoolSizing
  readonly #garbage: GarbageCollection
  #term = -1
  #lastTick: Nanos = 0
  #isBusy = false
  #lastCollection: Nanos = 0
  #lastSizing: Nanos = 0

  constructor(control: ControlPlane, config: LeaderConfig) {
    this.#control = control
    this.#config = config
    this.#fenceMachine = fenceMachine(fenceWait(config.watchdogPatience))
    this.#watch = claimWatchMachine(config.claimPatience)
    this.#claims = this.#watch.boot({ id: 2, peers: [] }, null).state
    this.#silence = new Silence(config.hostPatience, config.longHostPatience)
    this.#pools = new PoolSizing(control)
    this.#garbage = new GarbageCollection(control)
    control.host.clock.every(config.tick, () => this.#tick())
  }

  heard(host: HostName): void {
    this.#silence.heard(host, this.#control.host.clock.monotonic())
  }

  #tick(): void {
    const { node, host } = this.#control
    const now = host.clock.monotonic()
    const stoodStill = now - this.#lastTick > this.#config.tick + stillness
    this.#lastTick = now
    if (!node.isLeader) return
    if (node.term !== this.#term || stoodStill) {
      this.#term = node.term
      this.#silence.listenAnew(now)
      this.#fences.clear()
      this.#migrations.clear()
      this.#claims = this.#watch.boot({ id: 2, peers: [] }, null).state
    }
    if (this.#isBusy) return
    this.#isBusy = true
    host.spawn('leader', async () => {
      await this.#lookAfter(now)
      this.#isBusy = false
    })
  }

  async #lookAfter(now: Nanos): Promise<void> {
    // What is decided below is decided on the state of this leader: it must be the leader still, and know all that was committed before.
    if (!(await this.#isLeading())) return
    const { collectEvery, sizePoolsEvery } = this.#config
    await this.#findLost(now)
    this.#fenceLost()
    await this.#placeHomeless()
    await this.#endMigrations(now)
    await this.#endClaims(now)
    await this.#drain()
    if (now - this.#lastSizing >= sizePoolsEvery) {
      this.#lastSizing = now
      await this.#pools.look((command) => this.decide(command))
    }
    if (now - this.#lastCollection >= collectEvery) {
      this.#lastCollection = now
      await this.#garbage.collect()
    }
  }

  async #isLeading(): Promise<boolean> {
    try {
      await this.#control.node.readIndex()
      return true
    } catch (error) {
      if (error instanceof NotLeader || error instanceof Busy) return false
      throw error
    }
  }

  /** Null: it was not committed, or nobody can tell. The next tick looks again. */
  async decide(command: Command): Promise<CommandResult | null> {
    try {
      return await this.#control.propose(command)
    } catch (error) {
      if (error instanceof NotLeader || error instanceof Busy || error instanceof Superseded || error instanceof ProposalTimeout) return null
      throw error
    }
  }

  // ---------------------------------------------------------------- lost hosts

  async #findLost(now: Nanos): Promise<void> {
    const ready = [...this.#control.state.hosts.values()].filter(({ state }) => state === 'ready')
    const lost = this.#silence.lost(
      ready.map(({ name }) => name),
      now,
    )
    for (const host of lost) {
      const record = ready.find(({ name }) => name === host) as HostRecord
      this.#control.host.log.warn('control.host-lost', { host })
      await this.decide({ kind: 'host-lost', host, session: record.session })
    }
  }

  #fenceLost(): void {
    for (const { name, session, state } of this.#control.state.hosts.values()) {
      const key = `${name}/${session}`
      if (state !== 'lost' || this.#fencing.has(key)) continue
      this.#fencing.add(key)
      this.#control.host.spawn('fence', async () => {
        await this.#fence(name, session, key)
        this.#fencing.delete(key)
      })
    }
  }

  async #fence(machine: HostName, session: number, key: string): Promise<void> {
    const term = this.#term
    const state = this.#fences.get(key) ?? this.#fenceMachine.boot({ id: 2, peers: [] }, null).state
    this.#fences.set(key, state)
    let effects = this.#fenceMachine.step(state, { kind: 'input', input: { kind: 'try' } })
    for (;;) {
      const [effect] = effects
      if (effect?.kind === 'emit') break
      if (effect?.kind !== 'send') return
      const answer = await this.#deliver(effect.message, machine, session)
      if (answer === null) return
      effects = this.#fenceMachine.step(state, { kind: 'message', from: effect.to, message: answer })
    }
    if (term === this.#term) await this.decide({ kind: 'host-fenced', host: machine, session })
  }

  /** Null: no answer. */
  async #deliver(message: FenceMessage, machine: HostName, session: number): Promise<FenceMessage | null> {
    const { host } = this.#control
    try {
      if (message.kind === 'block') {
        const { kind: state } = await host.net.call(storageApi, this.#storage, 'blocklist', { machine, session }, { timeout: callPatience })
        return { kind: 'answer', state, at: host.clock.monotonic() }
      }
      const answer = await host.net.call(hypervisorApi, machine, 'powerOff', { session }, { timeout: callPatience })
      return answer.kind === 'done' ? { kind: 'off', at: host.clock.monotonic() } : null
    } catch (error) {
      if (error instanceof NetError) return null
      throw error
    }
  }

  get #storage(): HostName {
    return this.#control.host.peers.storage?.[0] ?? 'storage-1'
  }

  // ---------------------------------------------------------------- VMs without a host

  /** By priority, so many at a time: a storm of starts would harm those that run. */
  async #placeHomeless(): Promise<void> {
    const { state } = this.#control
    const homeless = [...state.homeless].map((id) => state.vms.get(id) as VmRecord)
    homeless.sort((a, b) => b.definition.priority - a.definition.priority || a.serial - b.serial)
    let placements = 0
    for (const { id } of homeless) {
      if (placements >= this.#config.placementsPerTick) return
      const vm = state.vms.get(id)
      if (vm === undefined || vm.host !== null || vm.desired !== 'running') continue
      const host = place(state, { tenant: vm.tenant, definition: vm.definition, avoid: vm.failedOn })
      if (host === null) {
        await this.#makeRoom(vm)
        continue
      }
      placements++
      await this.#control.host.failpoint('control.place')
      await this.decide({ kind: 'place', vm: id, generation: vm.generation, host })
    }
  }

  async #makeRoom(vm: VmRecord): Promise<void> {
    const found = victimsFor(this.#control.state, vm)
    if (found === null) return
    this.#control.host.check.reachable('lower priorities make room for higher ones')
    for (const { id, generation } of found.victims) await this.decide({ kind: 'evict', vm: id, generation, why: 'preempted' })
  }

  // ---------------------------------------------------------------- migrations

  async #endMigrations(now: Nanos): Promise<void> {
    const current = new Set<number>()
    for (const { id, migration } of [...this.#control.state.vms.values()]) {
      if (migration === null) continue
      current.add(migration.id)
      const since = this.#migrations.get(migration.id) ?? now
      this.#migrations.set(migration.id, since)
      if (now - since < this.#config.migrationPatience) continue
      await this.decide({ kind: 'abort-migration', vm: id, migration: migration.id, why: 'it takes too long' })
    }
    for (const id of [...this.#migrations.keys()]) if (!current.has(id)) this.#migrations.delete(id)
  }

  /** A warm VM that its host does not hand over in time is given up there, and booted where it can be. */
  async #endClaims(now: Nanos): Promise<void> {
    const becoming = becomingOf(this.#control.state.vms.values())
    for (const effect of this.#watch.step(this.#claims, { kind: 'input', input: { kind: 'look', now, becoming } })) {
      if (effect.kind !== 'emit') continue
      const { vm, generation } = effect.event
      this.#control.host.check.reachable('a claim on a warm VM lapses')
      await this.decide({ kind: 'evict', vm, generation, why: 'fails' })
    }
  }

  /** Moves VMs away from hosts that are to be empty, a few at a time; what cannot move alive is booted elsewhere. */
  async #drain(): Promise<void> {
    const { state } = this.#control
    for (const host of [...state.hosts.values()]) {
      if ((host.mode !== 'draining' && host.mode !== 'maintenance') || host.state !== 'ready') continue
      for (const vm of vmsOf(state, host.name)) {
        if (this.#migrations.size >= this.#config.migrationsAtOnce) return
        if (vm.host !== host.name || vm.migration !== null || vm.evicted !== null || vm.desired !== 'running') continue
        if (vm.pool !== null) {
          await this.decide({ kind: 'evict', vm: vm.id, generation: vm.generation, why: 'unwanted' })
          continue
        }
        const target = this.#control.targetFor(vm)
        if (target === null || vm.observed !== 'running') continue
        const begun = await this.decide({ kind: 'start-migration', vm: vm.id, generation: vm.generation, target })
        if (begun?.kind === 'ok') this.#migrations.set(state.vms.get(vm.id)?.migration?.id ?? 0, this.#control.host.clock.monotonic())
      }
    }
  }
}

/** A tick that is so much too late says that the process stood still. */
const stillness = ms(500)
const callPatience = ms(800)
