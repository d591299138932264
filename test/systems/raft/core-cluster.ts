import { type RaftMachineNode, raftHarness } from '../../../invariants/raft/core-harness.js'
import { type CoreMemory, coreInvariants, type RaftCoreInvariants } from '../../../invariants/raft/core-invariants.js'
import { bootNode, completeSave, crashNode, type Envelope, MachineStepRecord, stepNode } from '../../../sim/check/machine-node.js'
import type { Configuration, MembershipChange } from '../../../systems/raft/configuration.js'
import type { Durable, RaftChange, RaftEvent, RaftInput, RaftMessage, TimerTag } from '../../../systems/raft/messages.js'
import type { RaftOptions } from '../../../systems/raft/options.js'
import type { RaftState } from '../../../systems/raft/state.js'

/** Raft cores in the hand: tests say what happens, one thing at a time; the invariants look at every step. */
export class CoreCluster {
  readonly nodes: RaftMachineNode[] = []
  /** On their way, oldest first. */
  network: Envelope<RaftMessage>[] = []
  /** By node, in order. */
  readonly emitted: RaftEvent[][] = []
  readonly #harness
  readonly #record
  readonly #memory: CoreMemory
  readonly #invariants: RaftCoreInvariants
  #nextId = 1

  /** `judged: false`: for messages that no real leader sends. */
  constructor(
    size: number,
    options: Partial<RaftOptions> = {},
    disks: readonly (Durable | null)[] = [],
    readonly judged = true,
    first: Configuration | null = null,
  ) {
    this.#harness = raftHarness({ raft: options, ...(first === null ? {} : { first }) })
    this.#invariants = coreInvariants(first)
    this.#record = new MachineStepRecord<RaftState, RaftMessage, Durable, RaftInput, RaftChange, RaftEvent>(Array.from({ length: size }, (_, id) => id))
    this.#record.lookAt(this.nodes)
    this.#memory = this.#invariants.begin(size)
    for (let id = 0; id < size; id++) {
      const durable = disks[id] ?? null
      this.nodes.push({ id, up: false, incarnation: 0, state: null as unknown as RaftState, durable, saves: [], held: [], timers: [], inputs: [] })
      this.emitted.push([])
    }
    for (let id = 0; id < size; id++) this.boot(id)
  }

  state(id: number): RaftState {
    return this.node(id).state
  }

  node(id: number): RaftMachineNode {
    return this.nodes[id] as RaftMachineNode
  }

  boot(id: number): void {
    bootNode(this.#harness, this.node(id), this.#record)
    this.#settle()
  }

  crash(id: number, written = 0): void {
    crashNode(this.#harness, this.node(id), written)
  }

  timer(id: number, tag: TimerTag): void {
    const node = this.node(id)
    if (!node.timers.includes(tag)) throw new Error(`node ${id} has set ${node.timers.join(', ') || 'no timer'}, not ${tag}`)
    node.timers.splice(node.timers.indexOf(tag), 1)
    stepNode(this.#harness, node, { kind: 'timer', tag }, this.#record)
    this.#settle()
  }

  /** Lets the election timeout of a member pass. */
  timeOut(id: number): void {
    if (this.node(id).timers.includes('lease')) this.timer(id, 'lease')
    this.timer(id, 'election')
  }

  input(id: number, input: RaftInput): void {
    stepNode(this.#harness, this.node(id), { kind: 'input', input }, this.#record)
    this.#settle()
  }

  /** Answers the proposal's id. */
  propose(id: number, bytes = 1): number {
    const request = this.#nextId++
    this.input(id, { kind: 'propose', id: request, data: new Uint8Array(bytes).fill(request) })
    return request
  }

  /** Delivers what is on its way now and matches, and nothing that follows from it. */
  deliver(matches: (envelope: Envelope<RaftMessage>) => boolean = () => true): void {
    for (const { from, to, message } of this.take(matches)) this.receive(to, from, message)
  }

  change(id: number, change: MembershipChange): number {
    const request = this.#nextId++
    this.input(id, { kind: 'change-membership', id: request, change })
    return request
  }

  read(id: number): number {
    const request = this.#nextId++
    this.input(id, { kind: 'read', id: request })
    return request
  }

  receive(to: number, from: number, message: RaftMessage): void {
    stepNode(this.#harness, this.node(to), { kind: 'message', from, message }, this.#record)
    this.#settle()
  }

  /** Completes the oldest save in flight, if there is one. */
  save(id: number): void {
    if (this.node(id).saves.length === 0) return
    completeSave(this.#harness, this.node(id), this.#record)
    this.#settle()
  }

  saveAll(id: number): void {
    while (this.node(id).saves.length > 0) this.save(id)
  }

  /** Delivers all messages, completes all saves and answers all requests until nothing is left; to and from `except` all is lost. */
  settle({ except = [], saves = true }: { except?: readonly number[]; saves?: boolean } = {}): void {
    for (let rounds = 0; rounds < 10_000; rounds++) {
      let idle = true
      for (const node of this.nodes) {
        if (!node.up || except.includes(node.id)) continue
        if (saves && node.saves.length > 0) {
          this.saveAll(node.id)
          idle = false
        }
        const input = node.inputs.shift()
        if (input !== undefined) {
          this.input(node.id, input)
          idle = false
        }
      }
      const batch = this.network
      this.network = []
      for (const { from, to, message } of batch) {
        if (except.includes(from) || except.includes(to) || !this.node(to).up) continue
        this.receive(to, from, message)
        idle = false
      }
      if (idle) return
    }
    throw new Error('the cluster does not come to rest')
  }

  /** Takes the messages on their way that match. */
  take(matches: (envelope: Envelope<RaftMessage>) => boolean): Envelope<RaftMessage>[] {
    const taken = this.network.filter(matches)
    this.network = this.network.filter((envelope) => !taken.includes(envelope))
    return taken
  }

  /** Makes `id` the leader by a whole election. */
  elect(id: number, options: { except?: readonly number[] } = {}): void {
    for (const node of this.nodes) if (node.up && node.timers.includes('lease') && !options.except?.includes(node.id)) this.timer(node.id, 'lease')
    this.timer(id, 'election')
    this.settle(options)
    if (this.state(id).role !== 'leader') throw new Error(`node ${id} did not win: it is ${this.state(id).role}`)
  }

  beat(id: number, options: { except?: readonly number[] } = {}): void {
    this.timer(id, 'heartbeat')
    this.settle(options)
  }

  /** Events of a kind that a node emitted. */
  events<K extends RaftEvent['kind']>(id: number, kind: K): (RaftEvent & { kind: K })[] {
    return (this.emitted[id] ?? []).filter((event): event is RaftEvent & { kind: K } => event.kind === kind)
  }

  /** `index:term` of every entry after the base. */
  log(id: number): string {
    return this.state(id)
      .log.entries.map(({ index, term }) => `${index}:${term}`)
      .join(' ')
  }

  #settle(): void {
    const { node, sent, emitted } = this.#record
    this.network.push(...sent)
    this.emitted[node.id]?.push(...emitted)
    if (this.judged) this.#judge()
  }

  #judge(): void {
    for (const { name, check } of this.#invariants.checks) {
      const detail = check(this.#memory, this.#record)
      if (detail !== undefined) throw new Error(`${name}: ${detail}`)
    }
  }
}
