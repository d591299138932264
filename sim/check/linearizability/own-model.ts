import { show } from '../show.js'
import { valueKey } from '../value-key.js'
import { type Answer, type Rejected, rejected, type SequentialModel, type State } from './sequential-model.js'

/** A model whose states are plain data: numbers, texts, arrays, objects, of which nothing is changed in place. */
export interface OwnModel<Op, Result, S> {
  readonly name: string
  readonly initial: S
  /** The state after `op`, or `rejected` when no such operation could have been answered so in this state. An unknown answer fits whatever the operation does. */
  readonly apply: (state: S, op: Op, answer: Answer<Result>, client: number) => S | Rejected
  /** Operations on different partitions never touch each other. One partition when not given. */
  readonly partition?: (op: Op) => string | number
  /** Whether an answer leaves open if the operation took effect: it then counts as unknown. */
  readonly uncertain?: (op: Op, result: Result) => boolean
  /** Whether the operation changes nothing: unanswered ones are then left out. */
  readonly reads?: (op: Op) => boolean
  /** In the past tense, for messages: `pushed 7`; the operation and its answer as data when not given. */
  readonly tell?: (op: Op, answer: Answer<Result>) => string
  /** As a noun, for messages: `push of 7`. */
  readonly noun?: (op: Op) => string
}

/**
 * A sequential model in a few lines.
 *
 * @example
 * const stack = ownModel<{ f: 'push'; value: number } | { f: 'pop' }, unknown, readonly number[]>({
 *   name: 'stack',
 *   initial: [],
 *   apply(state, op, answer) {
 *     if (op.f === 'push') return [...state, op.value]
 *     if (answer.kind === 'ok' && answer.result !== (state.at(-1) ?? null)) return rejected
 *     return state.slice(0, -1)
 *   },
 * })
 */
export function ownModel<Op, Result, S>(definition: OwnModel<Op, Result, S>): SequentialModel<Op, Result> {
  const { name, partition, uncertain, reads, tell, noun } = definition
  const model = (): SequentialModel<Op, Result> => {
    const states = new States<S>()
    return {
      name,
      initial: states.number(definition.initial),
      apply(state, op, answer, client) {
        const before = states.state(state)
        const after = definition.apply(before, op, answer, client)
        return after === rejected ? rejected : after === before ? state : states.number(after)
      },
      ...(partition && { partition }),
      ...(uncertain && { uncertain }),
      ...(reads && { reads }),
      tell: tell ?? tellPlainly,
      noun: noun ?? ((op) => show(op)),
      fresh: model,
    }
  }
  return model()
}

function tellPlainly(op: unknown, answer: Answer<unknown>): string {
  return answer.kind === 'ok' ? `was answered ${show(answer.result)} to ${show(op)}` : `asked for ${show(op)}`
}

/** Each distinct state is kept once, and is a number from then on. */
class States<S> {
  readonly #numbers = new Map<ReturnType<typeof valueKey>, number>()
  readonly #states: S[] = []

  number(state: S): number {
    const key = valueKey(state)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, this.#states.length)
    return this.#states.push(state) - 1
  }

  state(number: State): S {
    return this.#states[number as number] as S
  }
}
