import type { MachineModelOptions, MachineProperty, MachineView } from './machine-model.js'
import { DUPLICATES, FALLEN, FIXED, LAST, MEMORY, SPENT } from './machine-row.js'
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

  of(words: Int32Array, at: number, length: number): MachineView<Memory, S, M, D, I, C> {
    const { nodes, memories, envelopes } = this.#transitions
    const fixed = at + this.#nodes
    const spent = words[fixed + SPENT] as number
    const last = words[fixed + LAST] as number
    return {
      nodes: Array.from(words.subarray(at, fixed), (number) => nodes.value(number)),
      messages: Array.from(words.subarray(fixed + FIXED, at + length), (number) => envelopes.value(number)),
      lastDelivered: last === 0 ? null : envelopes.value(last - 1),
      memory: memories.value(words[fixed + MEMORY] as number),
      spent: { duplicates: (spent >> DUPLICATES) & 255, drops: (spent >> 8) & 255, crashes: (spent >> 16) & 255, inputs: (spent >> 24) & 255 },
      fallen: this.#fallen(words, at),
    }
  }

  #fallen(words: Int32Array, at: number): Fallen | null {
    const number = words[at + this.#nodes + FALLEN] as number
    return number === 0 ? null : this.#transitions.fallen.value(number - 1)
  }

  properties({ properties = [] }: MachineModelOptions<Memory, S, M, D, I, C>): SpaceProperty[] {
    return [
      ...this.#transitions.invariants.checks.map(({ name }) => this.#checked(name)),
      ...properties.map((property) => this.#stated(property)),
      this.#checked(NEVER_THROWS),
    ]
  }

  /** A check of the invariants: it does not hold of a state that it ended. */
  #checked(name: string): SpaceProperty {
    return {
      name,
      kind: 'always',
      isFatal: true,
      holds: (words, at) => words[at + this.#nodes + FALLEN] === 0 || this.#fallen(words, at)?.invariant !== name,
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
        const memoryAt = (words: Int32Array, at: number) => words[at + this.#nodes + MEMORY] as number
        return {
          ...stated,
          holds: (words, at) => holds(memoryAt(words, at)),
          explain: (words, at) => property.explain?.(this.#transitions.memories.value(memoryAt(words, at))) ?? plainly,
        }
      }
      case 'messages': {
        const fits = remembered((number) => property.fits(this.#transitions.envelopes.value(number)))
        return {
          ...stated,
          holds: (words, at, length) => {
            for (let i = at + this.#nodes + FIXED; i < at + length; i++) if (fits(words[i] as number) && this.#isFirst(words, at, i)) return true
            return false
          },
          explain: () => plainly,
        }
      }
      case 'system':
        return {
          ...stated,
          holds: (words, at, length) => property.holds(this.of(words, at, length)),
          explain: (words, at, length) => property.explain?.(this.of(words, at, length)) ?? plainly,
        }
    }
  }

  /** On an ordered network, whether nothing lies before it. */
  #isFirst(words: Int32Array, at: number, i: number): boolean {
    const { options, order } = this.#transitions
    return options.network !== 'ordered' || i === at + this.#nodes + FIXED || order.ranks[words[i - 1] as number] !== order.ranks[words[i] as number]
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
