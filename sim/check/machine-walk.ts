import { deriveKey, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { MachineEvent } from './machine.js'
import {
  bootNode,
  completeSave,
  crashNode,
  type Envelope,
  type MachineHarness,
  type MachineInvariants,
  type MachineNode,
  MachineStepRecord,
  stepAspects,
  stepNode,
} from './machine-node.js'

/**
 * A random walk over Machines alone, without clock, network model or processes: messages are delivered in any order, lost and doubled, timers
 * fire whenever they are set, saves take as long as they like, nodes crash inside steps, alone and all at once, and are cut off. Each walk
 * draws its own mix of these. It finds what needs a precise schedule, at a speed that a whole simulation cannot reach.
 */
export interface WalkOptions {
  readonly nodes: number
  /** Steps in one walk. */
  readonly steps: number
  /** Walks at most. */
  readonly walks: number
  /** The first walk; walk number `n` is the same whatever the walks before it. */
  readonly first?: number
}

export interface WalkResult {
  readonly walks: number
  readonly steps: number
  readonly failure: WalkFailure | null
}

export interface WalkFailure {
  /** Which walk: `first` with `walks: 1` does it again. */
  readonly walk: number
  /** Steps until the invariant fell. */
  readonly step: number
  readonly invariant: string
  readonly detail: string
  /** All that happened, one line a step. */
  readonly actions: readonly string[]
}

/** Walks until an invariant falls. Each walk draws one of the harnesses (options of the core). A core that throws falls by the invariant `NeverThrows`. */
export function walk<Memory, S, M, D, I, C, E>(
  harnesses: readonly MachineHarness<S, M, D, I, C, E>[],
  invariants: MachineInvariants<Memory, S, M, D, I, C, E>,
  key: Key,
  options: WalkOptions,
): WalkResult {
  const first = options.first ?? 0
  let steps = 0
  for (let number = first; number < first + options.walks; number++) {
    const one = new Walk(harnesses, invariants, deriveKey(key, number), options.nodes, null)
    const fallen = one.run(options.steps)
    steps += one.steps
    if (fallen === null) continue
    const actions: string[] = []
    new Walk(harnesses, invariants, deriveKey(key, number), options.nodes, actions).run(options.steps)
    return { walks: number - first + 1, steps, failure: { walk: number, step: one.steps, ...fallen, actions } }
  }
  return { walks: options.walks, steps, failure: null }
}

type Fallen = Pick<WalkFailure, 'invariant' | 'detail'>

/** Messages in flight at most: more are lost. */
const NETWORK_LIMIT = 64

interface Mix {
  /** Cumulative, out of `total`. */
  readonly save: number
  readonly timer: number
  readonly input: number
  readonly crash: number
  readonly cut: number
  readonly total: number
  readonly dropPerMille: number
  readonly duplicatePerMille: number
  /** Newest first more often than not: a fast network. */
  readonly orderly: boolean
}

function drawMix(random: Stream): Mix {
  const deliver = 400
  const save = deliver + random.pick([40, 200, 400])
  const timer = save + random.pick([10, 40, 120])
  const input = timer + random.pick([20, 100, 200])
  const crash = input + random.pick([0, 2, 8, 20])
  const cut = crash + random.pick([0, 3, 10])
  return {
    save: deliver,
    timer: save,
    input: timer,
    crash: input,
    cut: crash,
    total: cut,
    dropPerMille: random.pick([0, 10, 100, 300]),
    duplicatePerMille: random.pick([0, 10, 100]),
    orderly: random.chance({ in: 1, of: 2 }),
  }
}

class Walk<Memory, S, M, D, I, C, E> {
  readonly #random: Stream
  readonly #mix: Mix
  readonly #nodes: MachineNode<S, M, D, I, C>[] = []
  readonly #record: MachineStepRecord<S, M, D, I, C, E>
  readonly #memory: Memory
  /** Of the checks, in their order. */
  readonly #concerns: readonly number[]
  readonly #network: Envelope<M>[] = []
  readonly #cut: boolean[] = []
  #inputs = 0
  readonly harness: MachineHarness<S, M, D, I, C, E>
  steps = 0

  constructor(
    harnesses: readonly MachineHarness<S, M, D, I, C, E>[],
    readonly invariants: MachineInvariants<Memory, S, M, D, I, C, E>,
    key: Key,
    nodes: number,
    readonly actions: string[] | null,
  ) {
    this.#random = new Stream(key)
    this.#mix = drawMix(this.#random)
    this.harness = this.#random.pick(harnesses)
    const ids = Array.from({ length: nodes }, (_, id) => id)
    this.#record = new MachineStepRecord(ids)
    this.#record.lookAt(this.#nodes)
    this.#memory = invariants.begin(nodes)
    this.#concerns = invariants.checks.map(({ concerns }) => concerns ?? stepAspects.any)
    for (const id of ids) {
      this.#nodes.push({ id, up: false, incarnation: 0, state: undefined as S, durable: null, saves: [], held: [], timers: [], inputs: [] })
      this.#cut.push(false)
    }
  }

  run(steps: number): Fallen | null {
    try {
      for (const node of this.#nodes) {
        bootNode(this.harness, node, this.#record)
        const fallen = this.#settle('boot')
        if (fallen !== null) return fallen
      }
      for (let turns = 0; this.steps < steps && turns < 4 * steps; turns++) {
        const fallen = this.#act()
        if (fallen !== null) return fallen
      }
      return null
    } catch (error) {
      return { invariant: 'NeverThrows', detail: String(error) }
    }
  }

  #act(): Fallen | null {
    const mix = this.#mix
    const roll = this.#random.int(mix.total)
    if (roll < mix.save) return this.#deliver()
    if (roll < mix.timer) return this.#save()
    if (roll < mix.input) return this.#timer()
    if (roll < mix.crash) return this.#input()
    if (roll < mix.cut) return this.#crash()
    this.#cutOrJoin()
    return null
  }

  #deliver(): Fallen | null {
    const network = this.#network
    if (network.length === 0) return this.#save()
    const random = this.#random
    const at = this.#mix.orderly && random.int(8) !== 0 ? 0 : random.int(network.length)
    const envelope = network[at] as Envelope<M>
    const dice = random.int(1_000)
    if (dice >= this.#mix.duplicatePerMille) {
      if (at === 0 && this.#mix.orderly) network.shift()
      else {
        network[at] = network[network.length - 1] as Envelope<M>
        network.pop()
      }
    }
    const node = this.#nodes[envelope.to] as MachineNode<S, M, D, I, C>
    const lost = !node.up || (this.#cut[envelope.from] ?? false) || (this.#cut[envelope.to] ?? false) || dice >= 1_000 - this.#mix.dropPerMille
    if (lost) return null
    return this.#step(node, { kind: 'message', from: envelope.from, message: envelope.message })
  }

  #save(): Fallen | null {
    const node = this.#random.pick(this.#nodes)
    if (!node.up) {
      bootNode(this.harness, node, this.#record)
      return this.#settle('boot')
    }
    if (node.saves.length === 0) return null
    completeSave(this.harness, node, this.#record)
    return this.#settle('saved')
  }

  #timer(): Fallen | null {
    const node = this.#random.pick(this.#nodes)
    if (!node.up) return null
    const event = this.#takeTimer(node)
    return event === null ? null : this.#step(node, event)
  }

  /** What a node's process owes its core, or else something new: for the first node, from a drawn one on, that has either. */
  #input(): Fallen | null {
    const nodes = this.#nodes
    const start = this.#random.int(nodes.length)
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[(start + i) % nodes.length] as MachineNode<S, M, D, I, C>
      if (!node.up) continue
      const waiting = node.inputs.shift()
      if (waiting !== undefined) return this.#step(node, { kind: 'input', input: waiting })
      const input = this.harness.draw?.(node.state, this.#inputs, this.#random) ?? null
      if (input === null) continue
      this.#inputs++
      return this.#step(node, { kind: 'input', input })
    }
    return null
  }

  /** One or all; inside the next step, with some of the saves in flight on the disk, or between two steps. */
  #crash(): Fallen | null {
    const random = this.#random
    if (random.int(4) > 0) return this.#crashOne(random.pick(this.#nodes))
    for (const node of this.#nodes) {
      const fallen = this.#crashOne(node)
      if (fallen !== null) return fallen
    }
    return null
  }

  #crashOne(node: MachineNode<S, M, D, I, C>): Fallen | null {
    if (!node.up) return null
    const random = this.#random
    if (random.int(2) === 0) {
      const event = this.#takeEvent(node)
      if (event !== null) {
        stepNode(this.harness, node, event, this.#record, random.int(4))
        const fallen = this.#settle(event.kind)
        if (fallen !== null) return fallen
      }
    }
    const written = random.int(node.saves.length + 1)
    this.actions?.push(`node ${node.id} crashes, ${written} of ${node.saves.length} saves written`)
    crashNode(this.harness, node, written)
    if (this.harness.damage !== undefined) node.durable = this.harness.damage(node, this.#nodes, random)
    return null
  }

  /** Something that may happen to the node now: a timer, or the first message to it. */
  #takeEvent(node: MachineNode<S, M, D, I, C>): MachineEvent<M, I> | null {
    if (this.#random.int(2) === 0) return this.#takeTimer(node)
    const at = this.#network.findIndex((envelope) => envelope.to === node.id)
    if (at < 0) return null
    const [envelope] = this.#network.splice(at, 1) as [Envelope<M>]
    return { kind: 'message', from: envelope.from, message: envelope.message }
  }

  #takeTimer(node: MachineNode<S, M, D, I, C>): MachineEvent<M, I> | null {
    if (node.timers.length === 0) return null
    const [tag] = node.timers.splice(this.#random.int(node.timers.length), 1) as [string]
    return { kind: 'timer', tag }
  }

  #cutOrJoin(): void {
    const id = this.#random.int(this.#nodes.length)
    this.#cut[id] = !this.#cut[id]
    this.actions?.push(`node ${id} is ${this.#cut[id] ? 'cut off' : 'joined'}`)
  }

  #step(node: MachineNode<S, M, D, I, C>, event: MachineEvent<M, I>): Fallen | null {
    stepNode(this.harness, node, event, this.#record)
    return this.#settle(event.kind)
  }

  /** What was sent is on its way; the invariants look at the step. */
  #settle(kind: string): Fallen | null {
    const record = this.#record
    this.steps++
    if (this.actions !== null) this.actions.push(describe(record, kind))
    const { sent } = record
    for (let i = 0; i < sent.length; i++) {
      const envelope = sent[i] as Envelope<M>
      if (this.#network.length < NETWORK_LIMIT) this.#network.push(envelope)
      else this.#network[this.#random.int(NETWORK_LIMIT)] = envelope
    }
    const { checks } = this.invariants
    const { aspects } = record
    for (let i = 0; i < checks.length; i++) {
      if ((aspects & (this.#concerns[i] as number)) === 0) continue
      const detail = (checks[i] as (typeof checks)[number]).check(this.#memory, record)
      if (detail !== undefined) return { invariant: (checks[i] as (typeof checks)[number]).name, detail }
    }
    return null
  }
}

function describe<S, M, D, I, C, E>({ node, event, sent }: MachineStepRecord<S, M, D, I, C, E>, kind: string): string {
  const what = event === null ? kind : JSON.stringify(event)
  return `node ${node.id}: ${what} -> ${JSON.stringify(sent.map(({ to, message }) => ({ to, message })))}`
}
