import type { MachineAction } from './machine-model.js'
import { DROP, DUPLICATE, STEP_ARGUMENT, STEP_HAPPENING, STEP_ID } from './machine-row.js'
import { choiceOf, happenings, type MachineTransitions } from './machine-transitions.js'

/** What is done in a step of the row at `at`, as data. */
export function actionOf<Memory, S, M, D, I, C, E>(
  { envelopes, tags, inputs, nodes, places }: MachineTransitions<Memory, S, M, D, I, C, E>,
  words: Int32Array,
  at: number,
  steps: Int32Array,
  step: number,
): MachineAction<M, I> {
  const id = steps[step + STEP_ID] as number
  const argument = steps[step + STEP_ARGUMENT] as number
  switch (steps[step + STEP_HAPPENING]) {
    case happenings.message:
      return { kind: 'deliver', ...envelopes.value(argument) }
    case DUPLICATE:
      return { kind: 'duplicate', ...envelopes.value(argument) }
    case DROP:
      return { kind: 'drop', ...envelopes.value(argument) }
    case happenings.timer:
      return { kind: 'timer', node: id, tag: tags[argument] as string }
    case happenings.saved:
      return { kind: 'saved', node: id }
    case happenings.answer:
      return { kind: 'answer', node: id }
    case happenings.input:
      return { kind: 'input', node: id, input: inputs.value(argument) }
    case happenings.crash:
      return { kind: 'crash', node: id, written: argument }
    default: {
      const { place, value } = choiceOf(argument)
      const choices = nodes.value(places.nodes[words[at + id] as number] as number).choices ?? []
      return { kind: 'chosen', node: id, key: choices[place]?.key ?? '', value }
    }
  }
}

/** One line for a counterexample. */
export function describeAction<M, I>(done: MachineAction<M, I>, describeMessage: ((message: M) => string) | undefined): string {
  switch (done.kind) {
    case 'deliver':
    case 'duplicate':
    case 'drop':
      return `${done.kind} ${done.from} -> ${done.to} ${describeMessage?.(done.message) ?? JSON.stringify(done.message)}`
    case 'timer':
      return `timer ${done.tag} of ${done.node}`
    case 'saved':
      return `save of ${done.node} is durable`
    case 'crash':
      return `crash of ${done.node}, ${done.written} saves in flight written, and restart`
    case 'answer':
      return `process of ${done.node} answers its core`
    case 'input':
      return `input to ${done.node} ${JSON.stringify(done.input)}`
    case 'chosen':
      return `choice of ${done.node}: ${done.key} is ${done.value}`
  }
}
