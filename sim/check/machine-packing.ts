import { Packer } from './interner.js'
import type { Envelope, MachineNode } from './machine-node.js'
import { FALLEN, FIXED, LAST, MEMORY } from './machine-row.js'
import type { Fallen, MachineTransitions } from './machine-transitions.js'
import { HEADER } from './state-space.js'

/** Rows whose numbers are places in the lists beside them. */
interface PackedRows<Memory, S, M, D, I, C> {
  readonly rows: Int32Array
  readonly nodes: readonly MachineNode<S, M, D, I, C>[]
  readonly memories: readonly Memory[]
  readonly envelopes: readonly Envelope<M>[]
  readonly fallen: readonly Fallen[]
}

export function packRows<Memory, S, M, D, I, C, E>(
  transitions: MachineTransitions<Memory, S, M, D, I, C, E>,
  nodes: number,
  rows: Int32Array,
): PackedRows<Memory, S, M, D, I, C> {
  const packers = {
    nodes: new Packer(transitions.nodes),
    memories: new Packer(transitions.memories),
    envelopes: new Packer(transitions.envelopes),
    fallen: new Packer(transitions.fallen),
  }
  const packed = renumbered(rows, nodes, {
    node: (number) => packers.nodes.number(number),
    memory: (number) => packers.memories.number(number),
    envelope: (number) => packers.envelopes.number(number),
    fallen: (number) => packers.fallen.number(number),
  })
  return {
    rows: packed,
    nodes: packers.nodes.values,
    memories: packers.memories.values,
    envelopes: packers.envelopes.values,
    fallen: packers.fallen.values,
  }
}

export function unpackRows<Memory, S, M, D, I, C, E>(transitions: MachineTransitions<Memory, S, M, D, I, C, E>, nodes: number, packed: unknown): Int32Array {
  const lists = packed as PackedRows<Memory, S, M, D, I, C>
  const own = {
    nodes: lists.nodes.map((node) => transitions.nodes.number(node)),
    memories: lists.memories.map((memory) => transitions.memories.number(memory)),
    envelopes: lists.envelopes.map((envelope) => transitions.envelopes.number(envelope)),
    fallen: lists.fallen.map((fallen) => transitions.fallen.number(fallen)),
  }
  for (const number of own.envelopes) transitions.order.rank(number)
  const rows = renumbered(lists.rows, nodes, {
    node: (number) => own.nodes[number] as number,
    memory: (number) => own.memories[number] as number,
    envelope: (number) => own.envelopes[number] as number,
    fallen: (number) => own.fallen[number] as number,
  })
  // Each thread sorts messages by numbers of its own; those of one queue stay in their order.
  forEachRow(rows, (at, length) => {
    const messages = rows.subarray(at + nodes + FIXED, at + length)
    const sorted = Array.from(messages).sort((a, b) => (transitions.order.ranks[a] as number) - (transitions.order.ranks[b] as number))
    messages.set(sorted)
  })
  return rows
}

interface Numbering {
  node(number: number): number
  memory(number: number): number
  envelope(number: number): number
  fallen(number: number): number
}

function renumbered(rows: Int32Array, nodes: number, to: Numbering): Int32Array {
  const after = rows.slice()
  forEachRow(rows, (at, length) => {
    const fixed = at + nodes
    for (let i = at; i < fixed; i++) after[i] = to.node(rows[i] as number)
    after[fixed + MEMORY] = to.memory(rows[fixed + MEMORY] as number)
    const last = rows[fixed + LAST] as number
    if (last > 0) after[fixed + LAST] = to.envelope(last - 1) + 1
    const fallen = rows[fixed + FALLEN] as number
    if (fallen > 0) after[fixed + FALLEN] = to.fallen(fallen - 1) + 1
    for (let i = fixed + FIXED; i < at + length; i++) after[i] = to.envelope(rows[i] as number)
  })
  return after
}

function forEachRow(rows: Int32Array, visit: (at: number, length: number) => void): void {
  for (let begin = 0; begin < rows.length; ) {
    const length = rows[begin] as number
    visit(begin + HEADER, length)
    begin += HEADER + length
  }
}
