import { Misuse } from '../host/errors.js'
import { lengthened } from './interner.js'
import { crashCost, inputCost, MOST_SPENT } from './machine-row.js'
import { choiceArgument, happenings, type MachineTransitions } from './machine-transitions.js'

/** Words of what may happen to a node by itself: which of `happenings`, its argument, the transition, and what it costs. */
export const HAPPENING = 4

/** What may happen to a node without a message, in a fixed order: for each node in a state computed once, and then read off. */
export class OwnHappenings<Memory, S, M, D, I, C, E> {
  /** Lists, one after the other: how many, and then their words. */
  words = new Int32Array(1_024)
  #end = 0
  /** By what is left to be given and whether crashes are, and by node: where its list begins, plus one. */
  readonly #known: Int32Array[] = []

  constructor(readonly transitions: MachineTransitions<Memory, S, M, D, I, C, E>) {}

  /** Where the list begins in `words`. `spent` is the word of a row. */
  of(node: number, spent: number): number {
    const { harness, options } = this.transitions
    const given = harness.offers === undefined ? 0 : (spent >> 24) & 255
    const mayCrash = ((spent >> 16) & 255) < (options.crashes ?? 0) ? 1 : 0
    const known = this.#known[given * 2 + mayCrash]
    const list = known === undefined || node >= known.length ? 0 : (known[node] as number)
    return list > 0 ? list - 1 : this.#compute(node, given, mayCrash)
  }

  #compute(number: number, given: number, mayCrash: number): number {
    const { nodes, inputs, harness, options } = this.transitions
    const node = nodes.value(number)
    const found: number[] = []
    const add = (happening: number, argument: number, cost: number): void => {
      const transition = this.transitions.of(number, happening, argument)
      if (transition >= 0) found.push(happening, argument, transition, cost)
    }
    if (node.saves.length > 0) add(happenings.saved, 0, 0)
    if (node.inputs.length > 0) add(happenings.answer, 0, 0)
    for (const tag of node.timers) add(happenings.timer, this.transitions.tag(tag), 0)
    for (const [place, { options }] of (node.choices ?? []).entries())
      for (let value = 0; value < options; value++) add(happenings.chosen, choiceArgument(place, value), 0)
    const offers = harness.offers?.(node.state, given) ?? []
    if (offers.length > 0 && given >= MOST_SPENT)
      throw new Misuse(`${MOST_SPENT} inputs are the most that a state counts: bound what is offered by its ordinal`)
    for (const input of offers) add(happenings.input, inputs.number(input), inputCost)
    if (mayCrash === 1 && (options.crashesEach === undefined || node.incarnation <= options.crashesEach))
      for (let written = 0; written <= node.saves.length; written++) add(happenings.crash, written, crashCost)
    return this.#keep(number, given, mayCrash, found)
  }

  #keep(number: number, given: number, mayCrash: number, found: readonly number[]): number {
    const at = this.#end
    this.#end += 1 + found.length
    if (this.#end > this.words.length) this.words = lengthened(this.words, Math.max(this.#end, this.words.length * 2))
    this.words[at] = found.length / HAPPENING
    this.words.set(found, at + 1)
    let known = this.#known[given * 2 + mayCrash]
    if (known === undefined || number >= known.length) {
      known = lengthened(known ?? new Int32Array(0), Math.max(64, 2 * number))
      this.#known[given * 2 + mayCrash] = known
    }
    known[number] = at + 1
    return at
  }
}
