import { ms } from '../../../sim/host/durations.js'
import { NetError } from '../../../sim/host/errors.js'
import type { HostName, Nanos } from '../../../sim/host/seam.js'
import { protocol } from '../../../sim/run/scenario.js'
import type { Guest, Outgoing } from '../hypervisor/guest.js'
import { memoryRegions } from '../hypervisor/guest-memory.js'
import { accepted, declined, type HypervisorAnswer, type HypervisorApi } from '../hypervisor/hypervisor.js'
import type { Machine } from '../hypervisor/machine.js'
import { type SourceEvent, sourceStep, targetStep } from './sides.js'

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
    if (guest.outgoing !== null && guest.outgoing.phase !== 'back') return declined('it is on its way already')
    // The target may have everything of an earlier attempt: it would go on with memory of long ago.
    if (guest.outgoing?.migration === migration) return declined('it failed')
    const outgoing: Outgoing = { migration, target, targetSession, phase: 'copying' }
    guest.outgoing = outgoing
    machine.changes++
    const isCurrent = () => guest.outgoing === outgoing && guest.doing === 'running' && machine.guests.get(vm) === guest
    const writing = machine.host.clock.every(writePeriod, () => {
      machine.enter()
      if (machine.isExecuting(guest)) this.#scribble(guest)
    })
    const patience = machine.host.clock.timer(machine.config.migrationPatience, () => {
      machine.enter()
      if (isCurrent()) this.#step(guest, 'patience-over')
    })
    try {
      const isCopied = await this.#copy(guest, isCurrent)
      if (!isCurrent()) return declined('it is not here any more')
      this.#step(guest, isCopied ? 'received' : 'failed')
    } finally {
      writing.cancel()
      patience.cancel()
    }
    return outgoing.phase === 'standing' ? accepted : declined('the target did not get it')
  }

  /** What the guest does meanwhile. */
  #scribble(guest: Guest): void {
    const { random } = this.#machine.host
    const regions = (this.#machine.config.dirtyRegionsPerSecond * writePeriod) / 1_000_000_000
    const whole = Math.floor(regions)
    const more = random.float() < regions - whole ? 1 : 0
    for (let i = 0; i < whole + more; i++) guest.memory.write(random.int(memoryRegions))
  }

  async #copy(guest: Guest, isCurrent: () => boolean): Promise<boolean> {
    const machine = this.#machine
    const { downtimeLimit } = machine.config
    const isCopying = () => isCurrent() && guest.outgoing?.phase === 'copying'
    guest.memory.markAll()
    for (let round = 0; isCopying(); round++) {
      if (round > 0 && this.#duration(guest, guest.memory.dirtyRegions) <= downtimeLimit) break
      if (round >= mostRounds || !(await this.#sendRegions(guest, null))) return false
    }
    if (!isCopying()) return false
    this.#step(guest, 'converged')
    // What is on its way to the disk belongs to the time before.
    for (let waits = 0; guest.openRequests > 0; waits++) {
      if (waits >= mostWaits) return false
      await machine.host.clock.sleep(waitPause)
      machine.enter()
    }
    if (!isCurrent() || guest.outgoing?.phase !== 'stopping') return false
    if (!(await this.#sendRegions(guest, guest.memory.digest)) || !isCurrent()) return false
    // A write that was never answered may still be on its way: from here on the storage refuses it.
    guest.hasDisk = false
    return (await machine.releaseDisk(guest.vm)) && isCurrent()
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

  #step(guest: Guest, event: SourceEvent): void {
    const { outgoing } = guest
    if (outgoing === null) return
    const { phase, effects } = sourceStep(outgoing.phase, event)
    if (phase !== outgoing.phase) this.#machine.changes++
    outgoing.phase = phase
    for (const effect of effects) {
      if (effect === 'pause') this.#machine.note('paused', guest)
      else if (effect === 'resume') this.#resume(guest)
      else if (effect === 'destroy') this.#machine.kill(guest, 'handed-over', '')
    }
  }

  /** It goes on here, once its disk is its own again. */
  #resume(guest: Guest): void {
    const machine = this.#machine
    const { instance } = guest
    const isCurrent = () => machine.isCurrent(guest, instance) && guest.doing === 'running'
    machine.host.spawn('guest', async () => {
      if (!guest.hasDisk) guest.hasDisk = await machine.takeDisk(guest, isCurrent)
      if (!isCurrent()) return
      if (guest.hasDisk) machine.note('resumed', guest, 'the migration is over')
      else machine.crash(guest, 'its disk is not to be had')
    })
  }

  /** What the control plane decided: the guest is the target's. */
  async finish({ vm, generation, session, migration }: HypervisorApi['finish']['req']): Promise<HypervisorAnswer> {
    const machine = this.#machine
    const guest = machine.guests.get(vm)
    if (guest?.outgoing?.migration !== migration || guest.outgoing.phase !== 'standing') return declined('it does not stand here')
    const { target, targetSession } = guest.outgoing
    this.#step(guest, 'finish')
    machine.host.spawn('units', () => machine.persist(() => machine.units.remove(vm)))
    await this.#call(target, 'activate', { vm, migration, session: targetSession, generation: generation + 1 })
    return session === machine.session ? accepted : declined('the session is over')
  }

  cancel({ vm, migration }: HypervisorApi['cancel']['req']): HypervisorAnswer {
    const guest = this.#machine.guests.get(vm)
    if (guest?.outgoing?.migration !== migration) return declined('it is on no such way')
    this.#step(guest, 'cancel')
    return accepted
  }

  // ---------------------------------------------------------------- the target

  #receive(pages: Pages): Answer {
    const guest = this.#machine.guests.get(pages.vm)
    if (pages.session !== this.#machine.session || guest?.incoming?.migration !== pages.migration || guest.incoming.phase !== 'incoming')
      return { kind: 'refused' }
    guest.memory.receive(pages.regions)
    if (pages.digest === null) return { kind: 'received' }
    if (guest.memory.digest !== pages.digest) return { kind: 'refused' }
    guest.incoming.phase = targetStep(guest.incoming.phase, 'last-round').phase
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
    const { phase, effects } = targetStep(guest.incoming.phase, 'activate')
    guest.incoming.phase = phase
    if (effects.includes('run')) machine.host.spawn('guest', () => this.#wake(guest, guest.instance))
    return phase === 'active'
  }

  async #wake(guest: Guest, instance: number): Promise<void> {
    const machine = this.#machine
    const isCurrent = () => machine.isCurrent(guest, instance) && guest.doing === 'incoming'
    if (await machine.takeDisk(guest, isCurrent)) {
      machine.run(guest, 'arrived')
      machine.host.check.reachable('a guest goes on where it migrated to')
    } else if (isCurrent()) machine.crash(guest, 'its disk is not to be had')
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

const writePeriod = ms(10)
const mostRounds = 30
const waitPause = ms(5)
const mostWaits = 20
const callPatience = ms(1_000)
