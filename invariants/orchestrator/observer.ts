import type { HostView, Nanos, Step, World } from '../../sim/index.js'
import { type Invariant, invariant, type Observation } from '../../sim/run/scenario.js'
import type { Agent } from '../../systems/orchestrator/agent/agent.js'
import type { Touch } from '../../systems/orchestrator/control/cluster-state.js'
import { ControlPlane } from '../../systems/orchestrator/control/control-plane.js'
import type { VmRecord } from '../../systems/orchestrator/control/records.js'
import type { GuestEvent } from '../../systems/orchestrator/hypervisor/guest.js'
import { Machine } from '../../systems/orchestrator/hypervisor/machine.js'
import type { Gateway } from '../../systems/orchestrator/network/gateway.js'
import { Storage } from '../../systems/orchestrator/storage/storage.js'
import type { AcceptedWrite, BrokenLock } from '../../systems/orchestrator/storage/storage-state.js'

/** The system that these invariants look at. */
export type VmRoles = { control: ControlPlane; agent: Agent; machine: Machine; storage: Storage; gateway: Gateway }

/** What there is to see in a step, as bits. */
export const seen = { machine: 1, control: 2, storage: 4 } as const

/** A change of a VM's record. */
export interface SeenTouch extends Touch {
  /** Before this change, though several of one VM may come in one step; null: there was none. */
  readonly before: VmRecord | null
}

/** A guest that executed when it was last heard of. */
export interface Execution {
  readonly host: HostView<unknown>
  readonly machine: Machine
  readonly vm: string
}

/**
 * What all orchestrator invariants of one run look at: what really happened on machines and in the storage in this step, and what the control plane committed.
 * It looks at the host that stepped only, and there at what is new.
 */
export class VmObserver {
  /** Of `seen`. */
  aspects = 0
  /** The machine that stepped. */
  machine: Machine | null = null
  host: HostView<unknown> | null = null
  /** What happened to its guests. */
  events: readonly GuestEvent[] = none
  /** VMs that it executes, where something has changed; else nothing. */
  executing: readonly string[] = none
  /** What was committed and never seen before. */
  touches: readonly SeenTouch[] = none
  /** The replica that stepped. */
  control: ControlPlane | null = null
  write: AcceptedWrite | null = null
  broken: BrokenLock | null = null
  /** Sessions that are new on the blocklist: `machine-1/3`. */
  blocked: readonly string[] = none
  /** Clients that are new on it: `machine-1/3/2`. */
  blockedClients: readonly string[] = none
  storage: Storage | null = null
  /** As the control plane committed it last, whichever replica applied it first. */
  readonly records = new Map<string, VmRecord>()
  /** By VM: who executes it, or did when it was last heard of. */
  readonly executions = new Map<string, Execution[]>()
  readonly downtimes: Nanos[] = []
  at: Nanos = 0
  readonly #pausedAt = new Map<number, Nanos>()
  readonly #machines: (SeenMachine | undefined)[] = []
  readonly #controls: (SeenControl | undefined)[] = []
  #revision = 0
  #storageChanges = -1
  #blocklist = 0
  #blockedClients = 0
  #step = -1

  /** Takes in a step; the first check of a step does the work for all. */
  look(step: Step): number {
    if (step.number === this.#step) return this.aspects
    this.#step = step.number
    this.#settle()
    this.aspects = 0
    const process = step.stepped?.process
    if (process === undefined || step.stepped === null) return 0
    this.at = step.at
    if (process instanceof Machine) this.#lookAtMachine(process, step.stepped)
    else if (process instanceof ControlPlane) this.#lookAtControl(process, step.stepped)
    else if (process instanceof Storage) this.#lookAtStorage(process)
    return this.aspects
  }

  /** Whether the guest executes: a machine that stands still executes nothing. */
  executes({ host, machine, vm }: Execution): boolean {
    const guest = machine.guests.get(vm)
    return host.process === machine && host.status === 'up' && guest !== undefined && machine.isExecuting(guest)
  }

  /** The machine has not looked at its watchdog for longer than it does when it is well: what it seems to run it may be about to find that it must not. */
  isDazed({ host, machine }: Execution): boolean {
    const known = this.#machines[host.index]
    return host.status === 'paused' || known === undefined || known.machine !== machine || this.at - known.lookedAt > machine.config.keepAlive
  }

  #lookAtMachine(machine: Machine, host: HostView<unknown>): void {
    let known = this.#machines[host.index]
    if (known?.machine !== machine) {
      known = { machine, changes: -1, looks: -1, events: 0, lookedAt: this.at }
      this.#machines[host.index] = known
    }
    if (known.looks === machine.looks) return
    known.looks = machine.looks
    known.lookedAt = this.at
    this.machine = machine
    this.host = host
    this.aspects = seen.machine
    this.events = none
    this.executing = none
    // What was found to be so already is noted, and changes nothing.
    if (known.changes === machine.changes && known.events === machine.events.end) return
    known.changes = machine.changes
    this.#collect(machine, known)
    this.executing = this.#executingOn(machine, host)
  }

  #collect(machine: Machine, known: SeenMachine): void {
    const { end } = machine.events
    if (known.events === end) return
    const events: GuestEvent[] = []
    for (let number = known.events; number < end; number++) {
      const event = machine.events.at(number)
      if (event !== undefined) events.push(event)
    }
    known.events = end
    this.events = events
    for (const { what, migration } of events) {
      if (migration === null) continue
      if (what === 'paused') this.#pausedAt.set(migration, this.at)
      const since = this.#pausedAt.get(migration)
      if (what === 'arrived' && since !== undefined) this.downtimes.push(this.at - since)
    }
  }

  /** What the machine executes now; it is also where those look who meet the VM elsewhere. */
  #executingOn(machine: Machine, host: HostView<unknown>): string[] {
    const executing: string[] = []
    for (const [vm, guest] of machine.guests) {
      if (!machine.isExecuting(guest)) continue
      executing.push(vm)
      const known = this.executions.get(vm)
      if (known === undefined) this.executions.set(vm, [{ host, machine, vm }])
      else if (!known.some((execution) => execution.machine === machine)) {
        this.executions.set(vm, [...known.filter((execution) => execution.host.process === execution.machine), { host, machine, vm }])
      }
    }
    return executing
  }

  #lookAtControl(control: ControlPlane, host: HostView<unknown>): void {
    let known = this.#controls[host.index]
    if (known?.control !== control) {
      known = { control, revision: -1, touches: 0 }
      this.#controls[host.index] = known
    }
    const { state } = control
    if (known.revision === state.revision) return
    known.revision = state.revision
    this.control = control
    this.aspects = seen.control
    const touches: SeenTouch[] = []
    const latest = new Map<string, VmRecord | null>()
    for (let number = known.touches; number < state.touches.end; number++) {
      const touch = state.touches.at(number)
      if (touch === undefined || touch.revision <= this.#revision) continue
      const { vm, record } = touch
      const before = latest.get(vm)
      touches.push({ ...touch, before: before === undefined ? (this.records.get(vm) ?? null) : before })
      latest.set(vm, record)
    }
    known.touches = state.touches.end
    this.#revision = Math.max(this.#revision, state.revision)
    this.touches = touches
  }

  /** The checks of the step before saw both what was and what is. */
  #settle(): void {
    if (this.touches.length === 0) return
    for (const { vm, record } of this.touches) {
      if (record === null) this.records.delete(vm)
      else this.records.set(vm, record)
    }
    this.touches = none
  }

  #lookAtStorage(storage: Storage): void {
    const { state } = storage
    if (storage === this.storage && state.changes === this.#storageChanges) return
    const isNewLife = storage !== this.storage
    this.write = isNewLife || state.lastWrite === this.#lastWrite ? null : state.lastWrite
    this.broken = isNewLife || state.lastBroken === this.#lastBroken ? null : state.lastBroken
    this.blocked = isNewLife ? none : state.blocklist.slice(this.#blocklist)
    const hasNew = !isNewLife && state.blockedClients.size > this.#blockedClients
    this.blockedClients = hasNew ? [...state.blockedClients].slice(this.#blockedClients) : none
    this.#blockedClients = state.blockedClients.size
    this.#lastWrite = state.lastWrite
    this.#lastBroken = state.lastBroken
    this.#blocklist = state.blocklist.length
    this.storage = storage
    this.#storageChanges = state.changes
    this.aspects = seen.storage
  }
  #lastWrite: AcceptedWrite | null = null
  #lastBroken: BrokenLock | null = null
}

const none: readonly never[] = []

interface SeenMachine {
  readonly machine: Machine
  changes: number
  looks: number
  events: number
  lookedAt: Nanos
}

interface SeenControl {
  readonly control: ControlPlane
  revision: number
  touches: number
}

/** One observer a run, shared by the invariants that were made with it. */
export class VmObservation implements Observation<VmRoles> {
  readonly #observers = new WeakMap<object, VmObserver>()

  /** `begin` gives a check that runs after each step that shows one of `concerns`, of `seen`. */
  invariant(name: string, concerns: number, begin: () => (observer: VmObserver, world: World<VmRoles>, step: Step) => string | undefined): Invariant<VmRoles> {
    const made = invariant<VmRoles>(name, () => {
      const check = begin()
      let observer: VmObserver | undefined
      return (world, step) => {
        observer ??= this.of(world)
        return (observer.look(step) & concerns) !== 0 ? check(observer, world, step) : undefined
      }
    })
    return { ...made, observation: this, concerns }
  }

  begin(world: World<VmRoles>): (step: Step) => number {
    const observer = this.of(world)
    return (step) => observer.look(step)
  }

  /** Null: the invariants of this run were off. */
  seenOf(world: object): VmObserver | null {
    return this.#observers.get(world) ?? null
  }

  of(world: object): VmObserver {
    let observer = this.#observers.get(world)
    if (observer === undefined) {
      observer = new VmObserver()
      this.#observers.set(world, observer)
    }
    return observer
  }
}
