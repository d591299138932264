import { envelopesOf } from './inboxes.js'
import type { MachineModelOptions, MachineProperty, MachineView } from './machine-model.js'
import { DUPLICATES, FALLEN, fixedAt, LAST, MEMORY, SPENT } from './machine-row.js'
import { type Fallen, type MachineTransitions, NEVER_THROWS } from './machine-transitions.js'
import type { SpaceProperty } from './state-space.js'

/** Shows the rows of a `MachineSpace` as plain data, and judges properties over them. */
export class MachineViews<Memory, S, M, D, I, C, E> {
  readonly #transitions: MachineTransitions<Memory, S, M, D, I, C, E>
  readonly #nodes: number

  constructor(transitions: MachineTransitions<Memory, S, M, D, I, C, E>) {
    this.#transitions = transitions
    this.#nodes = transitions.options.nodes
  }

  of(words: Int32Array, at: number): MachineView<Memory, S, M, D, I, C> {
    const { nodes, memories, envelopes, inboxes, places } = this.#transitions
    const fixed = at + fixedAt(this.#nodes)
    const spent = words[fixed + SPENT] as number
    const last = words[fixed + LAST] as number
    return {
      nodes: Array.from(words.subarray(at, at + this.#nodes), (place) => nodes.value(places.nodes[place] as number)),
      messages: envelopesOf(inboxes, this.#inboxes(words, at)).map(({ envelope }) => envelope),
      lastDelivered: last === 0 ? null : envelopes.value(last - 1),
      memory: memories.value(words[fixed + MEMORY] as number),
      spent: { duplicates: (spent >> DUPLICATES) & 255, drops: (spent >> 8) & 255, crashes: (spent >> 16) & 255, inputs: (spent >> 24) & 255 },
      fallen: this.#fallen(words, at),
    }
  }

  #inboxes(words: Int32Array, at: number): number[] {
    const { inboxes } = this.#transitions.places
    const found: number[] = []
    for (let id = 0; id < this.#nodes; id++) found.push(inboxes[words[at + id] as number] as number)
    found.push(words[at + this.#nodes] as number)
    return found
  }

  #fallen(words: Int32Array, at: number): Fallen | null {
    const number = words[at + fixedAt(this.#nodes) + FALLEN] as number
    return number === 0 ? null : this.#transitions.fallen.value(number - 1)
  }

  properties({ properties = [] }: MachineModelOptions<Memory, S, M, D, I, C>): SpaceProperty[] {
    return [
      ...this.#transitions.invariants.checks.map(({ name }) => this.#checked(name)),
      ...properties.map((property) => this.#stated(property)),
      { ...this.#checked(NEVER_THROWS), isUnasked: true },
    ]
  }

  /** A check of the invariants: it does not hold of a state that it ended. */
  #checked(name: string): SpaceProperty {
    return {
      name,
      kind: 'always',
      isFatal: true,
      holds: (words, at) => words[at + fixedAt(this.#nodes) + FALLEN] === 0 || this.#fallen(words, at)?.invariant !== name,
      explain: (words, at) => this.#fallen(words, at)?.detail ?? '',
    }
  }

  #stated(property: MachineProperty<Memory, S, M, D, I, C>): SpaceProperty {
    const { name, kind, cycles } = property
    const stated = { name, kind, ...(cycles === undefined ? {} : { cycles }) }
    const plainly = `${name} does not hold`
    switch (property.of) {
      case 'memory': {
        const holds = remembered((number) => property.holds(this.#transitions.memories.value(number)))
        const memoryAt = (words: Int32Array, at: number) => words[at + fixedAt(this.#nodes) + MEMORY] as number
        return {
          ...stated,
          holds: (words, at) => holds(memoryAt(words, at)),
          explain: (words, at) => property.explain?.(this.#transitions.memories.value(memoryAt(words, at))) ?? plainly,
        }
      }
      case 'messages': {
        const fits = remembered((inbox) => this.#first(inbox).some((number) => property.fits(this.#transitions.envelopes.value(number))))
        return {
          ...stated,
          holds: (words, at) => {
            const { inboxes } = this.#transitions.places
            for (let i = at; i < at + this.#nodes; i++) if (fits(inboxes[words[i] as number] as number)) return true
            return fits(words[at + this.#nodes] as number)
          },
          explain: () => plainly,
        }
      }
      case 'system':
        return {
          ...stated,
          holds: (words, at) => property.holds(this.of(words, at)),
          explain: (words, at) => property.explain?.(this.of(words, at)) ?? plainly,
        }
    }
  }

  /** The messages of an inbox that lie behind no other. */
  #first(inbox: number): number[] {
    const { inboxes } = this.#transitions
    const first: number[] = []
    for (let i = inboxes.beginOf(inbox); i < inboxes.endOf(inbox); i++) if (!inboxes.isBehind(inbox, i)) first.push(inboxes.words[i] as number)
    return first
  }
}

/** Judges each number once. */
function remembered(judge: (number: number) => boolean): (number: number) => boolean {
  let verdicts = new Int8Array(64)
  return (number) => {
    if (number >= verdicts.length) {
      const longer = new Int8Array(Math.max(number + 1, verdicts.length * 2))
      longer.set(verdicts)
      verdicts = longer
    }
    if (verdicts[number] === 0) verdicts[number] = judge(number) ? 1 : -1
    return verdicts[number] === 1
  }
}
