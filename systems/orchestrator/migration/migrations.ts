import { ms } from '../../../sim/host/durations.js'
import { NetError } from '../../../sim/host/errors.js'
import type { HostName, Nanos } from '../../../sim/host/seam.js'
import { protocol } from '../../../sim/run/scenario.js'
import { Guest, isUnderWay, type Outgoing } from '../hypervisor/guest.js'
import { memoryRegions } from '../hypervisor/guest-memory.js'
import { accepted, declined, type HypervisorAnswer, type HypervisorApi } from '../hypervisor/hypervisor.js'
import type { Machine } from '../hypervisor/machine.js'
import { beginSource, beginTarget, handOverNodes, type SideEvent, type SideInput, type SideMessage, sidesMachine, type TargetSide } from './sides.js'

type Answer = { readonly kind: 'received' } | { readonly kind: 'refused' }

interface Pages {
  readonly vm: string
  readonly migration: number
  readonly session: number
  readonly regions: readonly (readonly [region: number, version: number])[]
  /** Of all of the memory, with the last round. */
  readonly digest: number | null
}

/** From machine to machine. */
type MigrationApi = {
  pages: { req: Pages; res: Answer }
  activate: { req: { readonly vm: string; readonly migration: number; readonly session: number; readonly generation: number }; res: Answer }
}
const migrationApi = protocol<MigrationApi>('vm-migration')

/** Both sides of the migrations of a machine: rounds of memory, the last of them while the guest stands still, and what comes of it. */
export class Migrations {
  readonly #machine: Machine

  constructor(machine: Machine) {
    this.#machine = machine
    machine.host.net.serve(migrationApi, {
      pages: (request) => {
        machine.enter()
        return this.#receive(request)
      },
      activate: ({ vm, migration, session }): Answer => {
        machine.enter()
        return session === machine.session && this.#activate(vm, migration) ? { kind: 'received' } : { kind: 'refused' }
      },
    })
  }

  // ---------------------------------------------------------------- the source

  /** Answers when the guest stands still and the target has everything, or runs on here. */
  async send(request: HypervisorApi['send']['req']): Promise<HypervisorAnswer> {
    const { vm, generation, migration, target, targetSession } = request
    const machine = this.#machine
    const guest = machine.guests.get(vm)
    if (guest === undefined || guest.spec.generation !== generation || !machine.isExecuting(guest)) return declined('it does not run here')
    if (guest.outgoing !== null && isUnderWay(guest.outgoing)) return declined('it is on its way already')
    // The target may have everything of an earlier attempt: it would go on with memory of long ago.
    if (guest.outgoing?.migration === migration) return declined('it failed')
    const outgoing: Outgoing = { migration, target, targetSession, side: beginSource() }
    guest.outgoing = outgoing
    machine.changes++
    const isCurrent = () => guest.outgoing === outgoing && guest.doing === 'running' && machine.guests.get(vm) === guest
    const writing = machine.host.clock.every(writePeriod, () => {
      machine.enter()
      if (machine.isExecuting(guest)) this.#scribble(guest)
    })
    const patience = machine.host.clock.timer(machine.config.migrationPatience, () => {
      machine.enter()
      if (isCurrent()) this.#step(guest, input('patience-over'))
    })
    try {
      const isDone = await this.#copy(guest, isCurrent)
      if (!isCurrent()) return declined('it is not here any more')
      if (!isDone) this.#step(guest, input('failed'))
    } finally {
      writing.cancel()
      patience.cancel()
    }
    return outgoing.side.phase === 'standing' ? accepted : declined('the target did not get it')
  }

  /** What the guest does meanwhile. */
  #scribble(guest: Guest): void {
    const { random } = this.#machine.host
    const regions = (this.#machine.config.dirtyRegionsPerSecond * writePeriod) / 1_000_000_000
    const whole = Math.floor(regions)
    const more = random.float() < regions - whole ? 1 : 0
    for (let i = 0; i < whole + more; i++) guest.memory.write(random.int(memoryRegions))
  }

  /** Answers whether the guest stands still, the target has everything, and the disk is given back. */
  async #copy(guest: Guest, isCurrent: () => boolean): Promise<boolean> {
    const machine = this.#machine
    const { downtimeLimit } = machine.config
    const phaseIs = (phase: Outgoing['side']['phase']) => isCurrent() && guest.outgoing?.side.phase === phase
    guest.memory.markAll()
    for (let round = 0; phaseIs('copying'); round++) {
      if (round > 0 && this.#duration(guest, guest.memory.dirtyRegions) <= downtimeLimit) break
      if (round >= mostRounds || !(await this.#sendRegions(guest, null))) return false
    }
    if (!phaseIs('copying')) return false
    this.#step(guest, input('converged'))
    // What is on its way to the disk belongs to the time before.
    for (let waits = 0; guest.openRequests > 0; waits++) {
      if (waits >= mostWaits) return false
      await machine.host.clock.sleep(waitPause)
      machine.enter()
    }
    if (!phaseIs('stopping') || !(await this.#sendRegions(guest, guest.memory.digest)) || !phaseIs('stopping')) return false
    this.#step(guest, message('received'))
    const isReleased = await machine.disks.release(guest.vm)
    if (!phaseIs('releasing')) return false
    this.#step(guest, input(isReleased ? 'disk-released' : 'disk-unanswered'))
    return isReleased
  }

  /** One round. */
  async #sendRegions(guest: Guest, digest: number | null): Promise<boolean> {
    const machine = this.#machine
    const { outgoing, vm } = guest
    if (outgoing === null) return false
    const regions = guest.memory.takeDirty()
    await machine.host.clock.sleep(this.#duration(guest, regions.length))
    const pages = { vm, migration: outgoing.migration, session: outgoing.targetSession, regions, digest }
    const answer = await this.#call(outgoing.target, 'pages', pages)
    return answer?.kind === 'received'
  }

  #duration(guest: Guest, regions: number): Nanos {
    const mib = (guest.spec.definition.memoryMib * regions) / memoryRegions
    return Math.round((mib * 1_000_000_000) / this.#machine.config.migrationMibPerSecond)
  }

  /** Of the source. What it wants sent and released is done where it is waited for. */
  #step(guest: Guest, event: SideEvent): void {
    const { outgoing } = guest
    if (outgoing === null) return
    const { phase } = outgoing.side
    const effects = sidesMachine.step(outgoing.side, event)
    if (phase !== outgoing.side.phase) this.#machine.changes++
    for (const effect of effects) {
      if (effect.kind !== 'emit') continue
      const { kind } = effect.event
      if (kind === 'pause') this.#machine.note('paused', guest)
      else if (kind === 'take-disk') this.#takeBack(guest)
      else if (kind === 'resume') this.#machine.note('resumed', guest, 'the migration is over')
      else if (kind === 'crash') this.#machine.crash(guest, 'its disk is not to be had')
      else if (kind === 'destroy') this.#machine.kill(guest, 'handed-over', '')
    }
  }

  #takeBack(guest: Guest): void {
    const machine = this.#machine
    // What was given back is never taken again by the same instance: its release may still be on its way.
    guest.instance = machine.nextInstance()
    const { instance, outgoing } = guest
    const isCurrent = () => machine.isCurrent(guest, instance) && guest.doing === 'running' && guest.outgoing === outgoing
    machine.host.spawn('guest', async () => {
      const isTaken = await machine.disks.take(guest, isCurrent)
      if (isCurrent()) this.#step(guest, input(isTaken ? 'disk-taken' : 'disk-refused'))
    })
  }

  /** What the control plane decided: the guest is the target's. */
  async finish({ vm, generation, session, migration }: HypervisorApi['finish']['req']): Promise<HypervisorAnswer> {
    const machine = this.#machine
    const guest = machine.guests.get(vm)
    if (guest?.outgoing?.migration !== migration || guest.outgoing.side.phase !== 'standing') return declined('it does not stand here')
    const { target, targetSession } = guest.outgoing
    this.#step(guest, message('finish'))
    machine.host.spawn('units', () => machine.persist(() => machine.units.remove(vm)))
    await this.#call(target, 'activate', { vm, migration, session: targetSession, generation: generation + 1 })
    return session === machine.session ? accepted : declined('the session is over')
  }

  cancel({ vm, migration }: HypervisorApi['cancel']['req']): HypervisorAnswer {
    const guest = this.#machine.guests.get(vm)
    if (guest?.outgoing?.migration !== migration) return declined('it is on no such way')
    this.#step(guest, message('cancel'))
    return accepted
  }

  // ---------------------------------------------------------------- the target

  /** Makes room for a guest that is to come. */
  async prepare({ spec, migration }: HypervisorApi['prepare']['req']): Promise<HypervisorAnswer> {
    const machine = this.#machine
    const present = machine.guests.get(spec.vm)
    if (present?.incoming?.migration === migration && present.doing === 'incoming') return accepted
    if (!machine.isFed) return declined('the storage does not answer')
    if (machine.driven.driver !== null) return declined('this machine takes no running guests')
    if (machine.hasGivenUp(spec)) return declined(`generation ${spec.generation} was given up here`)
    if (present !== undefined) {
      if (present.doing !== 'incoming') return declined('it is here already')
      machine.kill(present, 'discarded', 'another migration')
    }
    if (!machine.fits(spec)) return declined('there is no room for it')
    const guest = new Guest(spec)
    guest.doing = 'incoming'
    guest.instance = machine.nextInstance()
    guest.incoming = { migration, side: beginTarget() }
    machine.guests.set(spec.vm, guest)
    machine.note('incoming', guest)
    await machine.persist(() => machine.units.put(machine.unitOf(guest)))
    return accepted
  }

  async discard({ vm, migration }: HypervisorApi['discard']['req']): Promise<HypervisorAnswer> {
    const machine = this.#machine
    const guest = machine.guests.get(vm)
    if (guest?.doing !== 'incoming' || guest.incoming?.migration !== migration) return declined('it is not on its way here')
    const { side } = guest.incoming
    sidesMachine.step(side, message('discard'))
    if (side.phase !== 'discarded') return declined('it is on its way no more')
    machine.kill(guest, 'discarded', 'the migration is over')
    await machine.persist(() => machine.units.remove(vm))
    return accepted
  }

  #receive(pages: Pages): Answer {
    const guest = this.#machine.guests.get(pages.vm)
    if (pages.session !== this.#machine.session || guest?.incoming?.migration !== pages.migration || guest.incoming.side.phase !== 'incoming')
      return { kind: 'refused' }
    guest.memory.receive(pages.regions)
    if (pages.digest === null) return { kind: 'received' }
    if (guest.memory.digest !== pages.digest) return { kind: 'refused' }
    sidesMachine.step(guest.incoming.side, message('last-round'))
    this.#machine.changes++
    return { kind: 'received' }
  }

  activate({ vm, migration }: HypervisorApi['activate']['req']): HypervisorAnswer {
    return this.#activate(vm, migration) ? accepted : declined('it is not complete')
  }

  #activate(vm: string, migration: number): boolean {
    const machine = this.#machine
    const guest = machine.guests.get(vm)
    if (guest?.incoming?.migration !== migration) return false
    const { side } = guest.incoming
    const effects = sidesMachine.step(side, message('activate'))
    if (effects.some((effect) => effect.kind === 'emit' && effect.event.kind === 'take-disk'))
      machine.host.spawn('guest', () => this.#wake(guest, guest.instance, side))
    return side.phase === 'waking' || side.phase === 'active'
  }

  async #wake(guest: Guest, instance: number, side: TargetSide): Promise<void> {
    const machine = this.#machine
    const isCurrent = () => machine.isCurrent(guest, instance) && guest.doing === 'incoming'
    const isTaken = await machine.disks.take(guest, isCurrent)
    if (!isCurrent()) return
    for (const effect of sidesMachine.step(side, input(isTaken ? 'disk-taken' : 'disk-refused'))) {
      if (effect.kind !== 'emit') continue
      if (effect.event.kind === 'run') {
        machine.run(guest, 'arrived')
        machine.host.check.reachable('a guest goes on where it migrated to')
      } else if (effect.event.kind === 'crash') machine.crash(guest, 'its disk is not to be had')
    }
  }

  /** Null: no answer. */
  async #call<K extends keyof MigrationApi>(to: HostName, method: K, request: MigrationApi[K]['req']): Promise<Answer | null> {
    try {
      return await this.#machine.host.net.call(migrationApi, to, method, request, { timeout: callPatience })
    } catch (error) {
      if (error instanceof NetError) return null
      throw error
    } finally {
      this.#machine.enter()
    }
  }
}

const input = (kind: SideInput['kind']): SideEvent => ({ kind: 'input', input: { kind } })
const message = (kind: SideMessage['kind']): SideEvent => ({ kind: 'message', from: senders[kind], message: { kind } })
/** A process of either side hears both others by its agent, too: who it was does not matter to it. */
const senders: Readonly<Record<SideMessage['kind'], number>> = {
  'last-round': handOverNodes.source,
  received: handOverNodes.target,
  'hand-over': handOverNodes.source,
  finish: handOverNodes.control,
  cancel: handOverNodes.control,
  activate: handOverNodes.control,
  discard: handOverNodes.control,
}

const writePeriod = ms(10)
const mostRounds = 30
const waitPause = ms(5)
const mostWaits = 20
const callPatience = ms(1_000)
