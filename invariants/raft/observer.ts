import type { DurableView, HostView, Invariant, Measurements, Nanos, Observation, Step, World } from '../../sim/index.js'
import type { Position } from '../../systems/raft/messages.js'
import type { RaftNode } from '../../systems/raft/raft-node.js'
import { aspects } from './aspects.js'
import { DurableLogs } from './durable-logs.js'
import { GroupView } from './group-view.js'
import type { MemberView } from './member-view.js'

/** How the Raft groups of a system are found. */
export interface RaftPlacement {
  /** The nodes of a process, in an order that never changes. */
  nodes(process: unknown): readonly RaftNode[]
  /** Up to where the state machine of a node is durable on its host's disk, read from the disk; null when what is there is damaged. */
  durableState?(host: HostView<unknown>, node: RaftNode): Position | null
  /** A hash of the state machine's content; equal content, equal hash. */
  digest?(process: unknown, node: RaftNode): number
}

/**
 * What all Raft invariants of one run look at: who changed in the current step, from what to what, and what all members together have done so far.
 * Looks at the host that stepped only, and there at the nodes that changed only.
 */
export class RaftObserver {
  /** Members that are not what they were before this step, in memory or on their disk. */
  touched: readonly MemberView[] = nobody
  /** Of `aspects`, all in which some member is another than before. */
  seen = 0
  /** Members of whose log more is durable than before this step. */
  persisted: readonly MemberView[] = nobody
  readonly placement: RaftPlacement
  readonly logs = new DurableLogs()
  readonly #world: World<Record<string, unknown>>
  readonly #groups = new Map<string, GroupView>()
  /** Of all groups. */
  #members = 0
  readonly #hosts: (HostRecord | undefined)[] = []
  #step = -1

  constructor(placement: RaftPlacement, world: World<Record<string, unknown>>) {
    this.placement = placement
    this.#world = world
  }

  /** Takes in a step; the first check of a step does the work for all. Answers whether there is anything to see. */
  look(step: Step): boolean {
    if (step.number !== this.#step) {
      this.#step = step.number
      this.seen = 0
      if (this.touched.length > 0) this.touched = nobody
      if (this.persisted.length > 0) this.persisted = nobody
      if (step.stepped !== null) this.#lookAt(step.stepped)
      for (let i = 0; i < this.touched.length; i++) {
        const member = this.touched[i] as MemberView
        member.group.timings.look(member, step.at)
      }
    }
    return this.seen !== 0
  }

  /** Runs after every step: closures and what is rare are elsewhere, so that it allocates nothing. */
  #lookAt(host: HostView<unknown>): void {
    const record = this.#hosts[host.index] ?? this.#meet(host)
    const { process } = host
    if (process !== undefined && process !== record.process) this.#begin(host, process, record)
    const { changes } = record.durable
    if (changes !== record.durableChanges) {
      record.durableChanges = changes
      this.#lookAtDisk(host, record)
    }
    if (process === undefined) return
    const { nodes, members } = record
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i] as RaftNode
      const member = members[i] as MemberView
      if (member.changes === node.changes || !member.look(node)) continue
      this.touched = and(this.touched, member)
      this.seen |= member.seen
    }
  }

  #meet(host: HostView<unknown>): HostRecord {
    const record: HostRecord = { process: undefined, nodes: [], members: [], views: [], durable: host.durable, durableChanges: -1 }
    this.#hosts[host.index] = record
    return record
  }

  /** A new process is up. */
  #begin(host: HostView<unknown>, process: unknown, record: HostRecord): void {
    record.process = process
    record.nodes = this.placement.nodes(process)
    record.members = record.nodes.map((node) => this.#groupOf(node).member(node.id))
    for (const [i, member] of record.members.entries()) member.begin(record.nodes[i] as RaftNode, host)
    record.views = this.#viewsOf(host)
    record.durableChanges = -1
  }

  #lookAtDisk(host: HostView<unknown>, record: HostRecord): void {
    if (record.views.length === 0) record.views = this.#viewsOf(host)
    const { views } = record
    for (let i = 0; i < views.length; i++) {
      const view = views[i] as MemberView
      if (!view.persist(host, this.logs)) continue
      this.persisted = and(this.persisted, view)
      this.seen |= aspects.disk
    }
  }

  /** Over all groups: how often another member than the last leader came to lead. */
  get leaderChanges(): number {
    let changes = 0
    for (const group of this.#groups.values()) changes += group.leaderChanges
    return changes
  }

  /** Of all groups, in the order in which they were first seen. */
  get timings(): { readonly elections: readonly Nanos[]; readonly commits: readonly Nanos[] } {
    const groups = [...this.#groups.values()]
    return { elections: groups.flatMap(({ timings }) => timings.elections), commits: groups.flatMap(({ timings }) => timings.commits) }
  }

  #groupOf(node: RaftNode): GroupView {
    let group = this.#groups.get(node.group)
    if (group === undefined) {
      group = new GroupView(node, this.#groups.size, this.#members)
      this.#groups.set(node.group, group)
      this.#members += node.peers.length
      // Disks may hold what their processes acknowledged before they were up.
      for (const name of node.peers) {
        const host = this.#world.host(name)
        if (host !== undefined) group.member(node.peers.indexOf(name)).persist(host, this.logs)
        const record = host && this.#hosts[host.index]
        if (record !== undefined) record.views = []
      }
    }
    return group
  }

  /** Its members, of all groups known so far. */
  #viewsOf(host: HostView<unknown>): MemberView[] {
    const views: MemberView[] = []
    for (const group of this.#groups.values()) {
      const id = group.peers.indexOf(host.name)
      if (id >= 0) views.push(group.member(id))
    }
    return views
  }
}

const nobody: readonly MemberView[] = []

/** Most steps change one member: its list of itself is made once. */
function and(members: readonly MemberView[], another: MemberView): readonly MemberView[] {
  return members.length === 0 ? another.alone : [...members, another]
}

interface HostRecord {
  process: unknown
  nodes: readonly RaftNode[]
  /** Of its nodes, in their order. */
  members: readonly MemberView[]
  /** Of all groups that it has a place in, up or not. */
  views: MemberView[]
  /** A machine keeps its disk, whatever becomes of its processes. */
  readonly durable: DurableView
  durableChanges: number
}

/** One observer a run, shared by the invariants that were made with it. */
export class RaftObservation implements Observation<Record<string, unknown>> {
  readonly #placement: RaftPlacement
  readonly #observers = new WeakMap<object, RaftObserver>()

  constructor(placement: RaftPlacement) {
    this.#placement = placement
  }

  /** `begin` gives a check that runs after each step in which some member changed. */
  invariant(name: string, begin: () => (observer: RaftObserver) => string | undefined): Invariant<Record<string, unknown>> {
    return this.invariantOn(name, aspects.any, begin)
  }

  /** The same, but only after steps in which some member changed in one of `concerns`, which are of `aspects`. */
  invariantOn(name: string, concerns: number, begin: () => (observer: RaftObserver) => string | undefined): Invariant<Record<string, unknown>> {
    return {
      name,
      observation: this,
      concerns,
      begin: () => {
        const check = begin()
        let observer: RaftObserver | undefined
        return (world, step) => {
          observer ??= this.#of(world)
          return observer.look(step) && (observer.seen & concerns) !== 0 ? check(observer) : undefined
        }
      },
    }
  }

  /** For others who look at the disks of the same run. */
  logsOf(world: World<Record<string, unknown>>): DurableLogs {
    return this.#of(world).logs
  }

  /** What was seen of a run, for its report; nothing when its invariants were off. */
  statistics(world: object): Record<string, number> {
    const observer = this.#observers.get(world)
    return observer === undefined ? {} : { 'leader changes': observer.leaderChanges }
  }

  /** What was timed in a run; nothing when its invariants were off. */
  measurements(world: object): Measurements {
    const observer = this.#observers.get(world)
    if (observer === undefined) return {}
    const { elections, commits } = observer.timings
    return { 'commit latency': { unit: 'nanos', values: commits }, 'election time': { unit: 'nanos', values: elections } }
  }

  begin(world: World<Record<string, unknown>>): (step: Step) => number {
    const observer = this.#of(world)
    return (step) => (observer.look(step) ? observer.seen : 0)
  }

  #of(world: World<Record<string, unknown>>): RaftObserver {
    let observer = this.#observers.get(world)
    if (observer === undefined) {
      observer = new RaftObserver(this.#placement, world)
      this.#observers.set(world, observer)
    }
    return observer
  }
}
