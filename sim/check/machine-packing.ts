import { Packer } from './interner.js'
import type { Envelope, MachineNode } from './machine-node.js'
import { FALLEN, fixedAt, LAST, MEMORY } from './machine-row.js'
import type { Fallen, MachineTransitions } from './machine-transitions.js'
import { HEADER } from './state-space.js'

/** Rows whose numbers are places in the lists beside them. */
interface PackedRows<Memory, S, M, D, I, C> {
  readonly rows: Int32Array
  readonly nodes: readonly MachineNode<S, M, D, I, C>[]
  readonly memories: readonly Memory[]
  readonly envelopes: readonly Envelope<M>[]
  /** Numbers of envelopes. */
  readonly inboxes: readonly (readonly number[])[]
  /** In pairs: a place among the nodes, and one among the inboxes. */
  readonly places: readonly number[]
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
  const inboxes: number[][] = []
  const packedInboxes = new Map<number, number>()
  const packInbox = (number: number): number => {
    const messages: number[] = []
    transitions.inboxes.forEach(number, (envelope) => messages.push(packers.envelopes.number(envelope)))
    return inboxes.push(messages) - 1
  }
  const inbox = (number: number): number => {
    let known = packedInboxes.get(number)
    if (known === undefined) {
      known = packInbox(number)
      packedInboxes.set(number, known)
    }
    return known
  }
  const places: number[] = []
  const packedPlaces = new Map<number, number>()
  const packed = renumbered(rows, nodes, {
    place: (number) => {
      let known = packedPlaces.get(number)
      if (known === undefined) {
        const from = transitions.places
        known = places.push(packers.nodes.number(from.nodes[number] as number), inbox(from.inboxes[number] as number)) / 2 - 1
        packedPlaces.set(number, known)
      }
      return known
    },
    memory: (number) => packers.memories.number(number),
    envelope: (number) => packers.envelopes.number(number),
    inbox,
    fallen: (number) => packers.fallen.number(number),
  })
  return {
    rows: packed,
    nodes: packers.nodes.values,
    memories: packers.memories.values,
    envelopes: packers.envelopes.values,
    inboxes,
    places,
    fallen: packers.fallen.values,
  }
}

export function unpackRows<Memory, S, M, D, I, C, E>(transitions: MachineTransitions<Memory, S, M, D, I, C, E>, nodes: number, packed: unknown): Int32Array {
  const lists = packed as PackedRows<Memory, S, M, D, I, C>
  const envelopes = lists.envelopes.map((envelope) => transitions.envelopes.number(envelope))
  for (const number of envelopes) transitions.order.rank(number)
  const own = {
    nodes: lists.nodes.map((node) => transitions.nodes.number(node)),
    memories: lists.memories.map((memory) => transitions.memories.number(memory)),
    // Each thread sorts messages by numbers of its own; those of one queue stay in their order.
    inboxes: lists.inboxes.map((messages) => transitions.inboxes.of(messages.map((number) => envelopes[number] as number))),
    fallen: lists.fallen.map((fallen) => transitions.fallen.number(fallen)),
  }
  const places: number[] = []
  for (let i = 0; i < lists.places.length; i += 2)
    places.push(transitions.places.of(own.nodes[lists.places[i] as number] as number, own.inboxes[lists.places[i + 1] as number] as number))
  return renumbered(lists.rows, nodes, {
    place: (number) => places[number] as number,
    memory: (number) => own.memories[number] as number,
    envelope: (number) => envelopes[number] as number,
    inbox: (number) => own.inboxes[number] as number,
    fallen: (number) => own.fallen[number] as number,
  })
}

interface Numbering {
  place(number: number): number
  memory(number: number): number
  envelope(number: number): number
  inbox(number: number): number
  fallen(number: number): number
}

function renumbered(rows: Int32Array, nodes: number, to: Numbering): Int32Array {
  const after = rows.slice()
  for (let begin = 0; begin < rows.length; begin += HEADER + (rows[begin] as number)) {
    const at = begin + HEADER
    const fixed = at + fixedAt(nodes)
    for (let i = at; i < at + nodes; i++) after[i] = to.place(rows[i] as number)
    after[at + nodes] = to.inbox(rows[at + nodes] as number)
    after[fixed + MEMORY] = to.memory(rows[fixed + MEMORY] as number)
    const last = rows[fixed + LAST] as number
    if (last > 0) after[fixed + LAST] = to.envelope(last - 1) + 1
    const fallen = rows[fixed + FALLEN] as number
    if (fallen > 0) after[fixed + FALLEN] = to.fallen(fallen - 1) + 1
  }
  return after
}
