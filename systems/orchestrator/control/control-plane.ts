import type { Host, HostName } from '../../../sim/host/seam.js'
import { Busy, NotLeader, ProposalTimeout, Superseded } from '../../raft/errors.js'
import { leaveWhenAsked } from '../../raft/leave-when-asked.js'
import { RaftNode } from '../../raft/raft-node.js'
import type { RaftNodeOptions } from '../../raft/raft-node-options.js'
import { SnapshotFile } from '../../raft/snapshot-file.js'
import { type OrderMachine, orderMachine } from '../claims/order-machine.js'
import { assignmentsOf } from './assignments.js'
import { ClusterState } from './cluster-state.js'
import type { Command, CommandResult } from './commands.js'
import { type ControlAnswer, type ControlApi, controlApi, type Order, type Report, type Synced } from './control-api.js'
import { identityFrom } from './identity.js'
import { Leader, type LeaderConfig, leaderDefaults } from './leader.js'
import { place } from './placement.js'
import type { VmRecord } from './records.js'

export interface ControlConfig {
  readonly raft: Partial<RaftNodeOptions>
  readonly leader: Partial<LeaderConfig>
}

/** One replica of the control plane: its Raft node, the requests of clients and agents, and, while it leads, what a leader has to look after. */
export class ControlPlane {
  readonly leader: Leader

  static async boot(host: Host): Promise<ControlPlane> {
    host.mark('recovering')
    const { raft = {}, leader = {} } = (host.config as Partial<ControlConfig> | null) ?? {}
    const state = new ClusterState()
    const node = await RaftNode.start<CommandResult>(host, {
      group: 'vm-control',
      peers: host.peers[host.role] ?? [],
      directory: 'control',
      stateMachine: new SnapshotFile(host.disk, stateDirectory, state),
      options: raft,
    })
    const control = new ControlPlane(host, node, state, { ...leaderDefaults, ...leader })
    control.#serve()
    leaveWhenAsked(host, () => node.stop())
    return control
  }

  private constructor(
    readonly host: Host,
    readonly node: RaftNode<CommandResult>,
    readonly state: ClusterState,
    config: LeaderConfig,
  ) {
    this.leader = new Leader(this, config)
  }

  #serve(): void {
    const { state } = this
    this.host.net.serve(controlApi, {
      order: ({ key, order }) => this.#order(key, order),
      vm: ({ name }) => this.#read(() => state.vmNamed(name) ?? null),
      vms: () => this.#read(() => [...state.vms.values()]),
      hosts: () => this.#read(() => [...state.hosts.values()]),
      tenants: () => this.#read(() => [...state.tenants.values()]),
      pools: () => this.#read(() => [...state.pools.values()]),
      events: ({ after }) => this.#read(() => state.events.latest().filter(({ revision }) => revision > after)),
      sync: (request) => this.#sync(request),
      tell: (command) =>
        this.#answer(async () => {
          // Else a host that comes back after a long silence would be lost again before it can say more.
          if (command.kind === 'join') this.leader.heard(command.host)
          return this.propose(command)
        }),
    })
  }

  /** Settles with what the command came to, once it is committed and applied here. */
  propose(command: Command, key: string | null = null): Promise<CommandResult> {
    return this.node.propose(bytes.encode(JSON.stringify({ key, command })))
  }

  async #order(key: string, order: Order): Promise<ControlAnswer<CommandResult>> {
    return this.#answer(() => this.#claim(order, key))
  }

  /** Drives the order's Machine: chooses where it says, and proposes what was chosen. */
  async #claim(order: Order, key: string): Promise<CommandResult> {
    const { state } = claims.boot({ id: 1, peers: [] }, null)
    let effects = claims.step(state, { kind: 'input', input: { kind: 'begin' } })
    for (;;) {
      let event: Parameters<OrderMachine['step']>[1] | null = null
      for (const effect of effects) {
        if (effect.kind === 'send' && effect.message.kind === 'propose') {
          const result = await this.propose(effect.message.command, key)
          event = { kind: 'message', from: effect.to, message: { kind: 'result', result } }
        } else if (effect.kind === 'emit' && effect.event.kind === 'choose') {
          const command = this.#complete(order)
          await this.host.failpoint('control.claim')
          event = { kind: 'input', input: { kind: 'chosen', command } }
        } else if (effect.kind === 'emit' && effect.event.kind === 'answer') {
          this.host.mark('acknowledged')
          return effect.event.result
        } else this.host.check.sometimes('a placement claim comes too late')
      }
      effects = claims.step(state, event as Parameters<OrderMachine['step']>[1])
    }
  }

  /** What the leader adds to an order: a place, and an identity. */
  #complete(order: Order): Command {
    if (order.kind === 'create') {
      const { tenant, definition } = order
      return { ...order, claim: place(this.state, { tenant, definition }), identity: identityFrom(this.host.random) }
    }
    if (order.kind !== 'migrate') return order
    const vm = this.state.vmNamed(order.name)
    const best = vm === undefined || order.target !== null ? null : this.targetFor(vm)
    return { ...order, target: order.target ?? best ?? '' }
  }

  /** Where a VM could move to. */
  targetFor({ tenant, definition, host }: VmRecord): HostName | null {
    return place(this.state, { tenant, definition, ...(host === null ? {} : { not: host }) })
  }

  /** What is read was not changed by anything that was answered before. */
  #read<Result>(look: () => Result): Promise<ControlAnswer<Result>> {
    return this.#answer(async () => {
      await this.node.readIndex()
      return look()
    })
  }

  /** From an agent: its host is alive; what is new there; what it has to do. */
  #sync({ host, session, version, revision, report }: ControlApi['sync']['req']): Promise<ControlAnswer<Synced>> {
    return this.#answer(async (): Promise<Synced> => {
      const known = this.state.hosts.get(host)
      if (known !== undefined && (known.session > session || (known.session === session && known.state !== 'ready'))) return { kind: 'over' }
      if (known === undefined || known.session < session || known.version !== version) {
        await this.node.readIndex()
        return { kind: 'join' }
      }
      this.leader.heard(host)
      if (report !== null && this.#isNews(host, report)) {
        const result = await this.propose({ kind: 'report', host, session, ...report })
        if (result.kind === 'refused') return { kind: 'over' }
      } else await this.node.readIndex()
      const now = this.state.hosts.get(host)
      if (now === undefined || now.session !== session) return { kind: 'over' }
      const current = this.state.usage(host).revision
      return { kind: 'synced', revision: current, assignments: current === revision ? null : assignmentsOf(this.state, host) }
    })
  }

  /** Most reports say what is known: they need no entry in the log. */
  #isNews(host: HostName, { guests, released, prepared }: Report): boolean {
    const { vms } = this.state
    if (released.some(({ vm }) => vms.get(vm)?.host === host || vms.get(vm)?.arrival?.source === host)) return true
    if (prepared.some(({ vm, migration }) => vms.get(vm)?.migration?.id === migration && vms.get(vm)?.migration?.phase === 'preparing')) return true
    return guests.some(({ vm, generation, phase, isGivenUp, generationId }) => {
      const record = vms.get(vm)
      if (record === undefined || record.host !== host || record.generation !== generation) return false
      if (record.isBecoming && generationId === record.identity.generationId) return true
      return record.observed !== phase || (isGivenUp === true && record.evicted === null)
    })
  }

  async #answer<Result>(act: () => Promise<Result>): Promise<ControlAnswer<Result>> {
    if (!this.node.isLeader) return { kind: 'not-leader', leader: this.node.leader }
    try {
      return { kind: 'ok', result: await act() }
    } catch (error) {
      if (error instanceof NotLeader) return { kind: 'not-leader', leader: error.leader }
      if (error instanceof Busy) return { kind: 'busy' }
      if (error instanceof Superseded || error instanceof ProposalTimeout) return { kind: 'unknown' }
      throw error
    }
  }
}

/** Where members keep their snapshot, for those who read it on the disk. */
export const stateDirectory = 'control/state'

/** How often a place is chosen for an order, when others are faster. */
const claims = orderMachine(4)
const bytes = new TextEncoder()
