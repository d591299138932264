import { ms } from '../../../sim/host/durations.js'
import { NetError } from '../../../sim/host/errors.js'
import type { Host, HostName, Nanos } from '../../../sim/host/seam.js'
import { OrchestratorClient } from '../client.js'
import type { Assignment, Report } from '../control/control-api.js'
import type { Resources } from '../definition.js'
import { declined, type GuestView, type HypervisorAnswer, type HypervisorApi, type HypervisorView, hypervisorApi } from '../hypervisor/hypervisor.js'
import { type Deed, deedsFor } from './deeds.js'
import { reportOf } from './report.js'

export interface AgentConfig {
  /** Between two looks at the machine and at what it has to do. */
  readonly syncPeriod: Nanos
  readonly features: readonly string[]
  readonly taints: readonly string[]
  readonly zone: string
  readonly cost: number
  /** Of this code: told to the control plane. */
  readonly version: number
}
export const agentDefaults: AgentConfig = { syncPeriod: ms(250), features: [], taints: [], zone: 'a', cost: 0, version: 1 }

/**
 * The agent of one machine, beside its hypervisor: tells the control plane what runs there, and makes what runs there what the control plane wants. It keeps
 * nothing: after a restart it adopts what is assigned and stops the rest.
 */
export class Agent {
  readonly machine: HostName
  /** What it last knew to be assigned, and of which session. */
  assignments: readonly Assignment[] = []
  readonly #host: Host
  readonly #config: AgentConfig
  readonly #control: OrchestratorClient
  #view: HypervisorView | null = null
  #assignedIn: number | null = null
  #revision = -1
  #reportedChanges = -1
  #isSyncing = false
  /** VMs of which something is under way: a deed at a time. */
  readonly #busy = new Set<string>()
  readonly #released = new Map<string, number>()

  static boot(host: Host): Agent {
    return new Agent(host)
  }

  private constructor(host: Host) {
    this.#host = host
    this.#config = { ...agentDefaults, ...(host.config as Partial<AgentConfig> | null) }
    this.machine = machineOf(host.name)
    this.#control = new OrchestratorClient(host)
    host.clock.every(this.#config.syncPeriod, () => {
      if (this.#isSyncing) return
      this.#isSyncing = true
      host.spawn('sync', () => this.#sync())
    })
  }

  async #sync(): Promise<void> {
    const looked = await this.#ask('look', { life: this.#view?.life ?? 0, since: this.#view?.changes ?? -1 })
    if (looked !== 'unreachable') {
      if (looked !== null) this.#view = looked
      if (this.#view !== null && this.#view.session !== null) await this.#syncWith(this.#view, this.#view.session)
    }
    this.#isSyncing = false
  }

  async #syncWith(view: HypervisorView, session: number): Promise<void> {
    if (this.#assignedIn !== session) {
      this.#released.clear()
      this.#revision = -1
      this.#reportedChanges = -1
    }
    const hasNews = view.changes !== this.#reportedChanges || this.#released.size > 0
    const released = [...this.#released].map(([vm, generation]) => ({ vm, generation }))
    const report: Report | null = hasNews ? reportOf(view, this.assignments, released) : null
    const { version } = this.#config
    // What was seen is older when it is told: what has become of a guest since is not in it.
    await this.#host.failpoint('agent.report')
    const answer = await this.#control.ask('sync', { host: this.machine, session, version, revision: this.#revision, report }, syncPatience)
    if (answer.kind !== 'ok') return
    const synced = answer.result
    if (synced.kind === 'join') await this.#join(view, session)
    if (synced.kind !== 'synced') return
    this.#reportedChanges = view.changes
    for (const { vm, generation } of released) if (this.#released.get(vm) === generation) this.#released.delete(vm)
    this.#assignedIn = session
    this.#revision = synced.revision
    if (synced.assignments !== null) this.assignments = synced.assignments
    for (const deed of deedsFor(view, this.assignments)) this.#begin(deed, session)
  }

  async #join({ capacity }: { readonly capacity: Resources }, session: number): Promise<void> {
    const { features, taints, zone, cost, version } = this.#config
    const joined = { kind: 'join' as const, host: this.machine, session, version, capacity, features, taints, zone, cost }
    await this.#control.ask('tell', joined, syncPatience)
  }

  // ---------------------------------------------------------------- deeds

  #begin(deed: Deed, session: number): void {
    // A migration takes long, and what ends it must not wait for it.
    const key = deed.kind === 'cancel' ? `${deed.vm} cancel` : deed.vm
    if (this.#busy.has(key)) return
    this.#busy.add(key)
    this.#host.spawn(deed.kind, async () => {
      await this.#perform(deed, session)
      this.#busy.delete(key)
    })
  }

  async #perform(deed: Deed, session: number): Promise<void> {
    switch (deed.kind) {
      case 'start':
        await this.#order('start', { session, spec: deed.spec })
        break
      case 'stop': {
        const { vm, generation } = deed
        const stopped = await this.#order('stop', { vm, generation, session })
        if (stopped.kind === 'done') this.#released.set(vm, generation)
        break
      }
      case 'identify':
        await this.#order('identify', { session, spec: deed.spec })
        break
      case 'prepare':
        await this.#order('prepare', { session, spec: deed.spec, migration: deed.migration })
        break
      case 'cancel':
      case 'activate':
      case 'discard':
        await this.#order(deed.kind, { vm: deed.vm, generation: deed.generation, session, migration: deed.migration })
        break
      case 'migrate': {
        const { vm, generation, migration, target, targetSession } = deed
        const sent = await this.#order('send', { vm, generation, session, migration, target, targetSession }, sendPatience)
        if (sent.kind === 'done') await this.#handOver(deed, session)
        else if (sent.why !== unanswered) await this.#control.ask('tell', { kind: 'abort-migration', vm, migration, why: sent.why }, syncPatience)
        break
      }
      case 'hand-over':
        await this.#handOver(deed, session)
    }
  }

  /** The guest stands still and the target has everything: whose it is, the control plane says. Whatever else is answered, the next assignments tell. */
  async #handOver({ vm, generation, migration }: { vm: string; generation: number; migration: number }, session: number): Promise<void> {
    await this.#host.failpoint('agent.hand-over')
    const command = { kind: 'hand-over' as const, vm, migration, generation, host: this.machine, session }
    const answer = await this.#control.ask('tell', command, syncPatience)
    if (answer.kind === 'ok' && answer.result.kind === 'ok') await this.#order('finish', { vm, generation, session, migration })
  }

  async #order<K extends Exclude<keyof HypervisorApi, 'look'>>(method: K, request: HypervisorApi[K]['req'], timeout?: Nanos): Promise<HypervisorAnswer> {
    const answer = (await this.#ask(method, request, timeout)) as HypervisorAnswer | 'unreachable'
    if (answer === 'unreachable') return declined(unanswered)
    if (answer.kind === 'refused') this.#host.log.debug('agent.refused', { method, why: answer.why })
    return answer
  }

  async #ask<K extends keyof HypervisorApi>(
    method: K,
    request: HypervisorApi[K]['req'],
    timeout = orderPatience,
  ): Promise<HypervisorApi[K]['res'] | 'unreachable'> {
    try {
      return await this.#host.net.call(hypervisorApi, this.machine, method, request, { timeout })
    } catch (error) {
      if (error instanceof NetError) return 'unreachable'
      throw error
    }
  }
}

export type { GuestView }

/** Agent and machine of one number belong together. */
export const machineOf = (agent: HostName): HostName => agent.replace(/^[a-z-]+(?=-\d+$)/, 'machine')

const unanswered = 'the machine does not answer'
const orderPatience = ms(2_000)
const syncPatience = ms(1_500)
const sendPatience = ms(12_000)
