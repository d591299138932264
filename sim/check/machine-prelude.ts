import { Misuse } from '../host/errors.js'
import { canonicalText } from './canonical-text.js'
import { EMPTY } from './inboxes.js'
import type { MachineAction, MachineModelOptions, PreludeStep } from './machine-model.js'
import { FALLEN, fixedAt } from './machine-row.js'
import type { MachineSpace } from './machine-space.js'
import { happenings, OUT_OF_BOUNDS } from './machine-transitions.js'
import { AllSuccessors, HEADER } from './state-space.js'

/** Boots the nodes of a row without a header, and makes the steps of the prelude: the row, with its header, that the exploration begins with. */
export function runPrelude<Memory, S, M, D, I, C, E>(
  space: MachineSpace<Memory, S, M, D, I, C, E>,
  unborn: Int32Array,
  { nodes, prelude = [] }: MachineModelOptions<Memory, S, M, D, I, C>,
): Int32Array {
  const row = new Int32Array(HEADER + unborn.length)
  row.set(unborn, HEADER)
  row[0] = unborn.length
  let begun: Int32Array = row
  for (let id = 0; id < nodes; id++) begun = happen(space, nodes, begun, id, happenings.boot, 0)
  for (const step of prelude) begun = make(space, nodes, begun, step)
  return begun
}

function make<Memory, S, M, D, I, C, E>(space: MachineSpace<Memory, S, M, D, I, C, E>, nodes: number, row: Int32Array, step: PreludeStep<I>): Int32Array {
  switch (step.kind) {
    case 'timer': {
      const { nodes: known, places } = space.transitions
      const { timers } = known.value(places.nodes[row[HEADER + step.node] as number] as number)
      if (!timers.includes(step.tag))
        throw new Misuse(`the prelude fires timer '${step.tag}' of node ${step.node}, which has set ${timers.join(', ') || 'none'}`)
      return happen(space, nodes, row, step.node, happenings.timer, space.transitions.tag(step.tag))
    }
    case 'input':
      return happen(space, nodes, row, step.node, happenings.input, space.transitions.inputs.number(step.input))
    case 'deliver':
      return act(
        space,
        nodes,
        row,
        step,
        (action) => action.kind === 'deliver' && action.from === step.from && action.to === step.to && kindOf(action.message) === step.message,
      )
    case 'saved':
      return act(space, nodes, row, step, (action) => action.kind === 'saved' && action.node === step.node)
    case 'settle':
      return settle(space, nodes, row, step)
  }
}

function happen<Memory, S, M, D, I, C, E>(
  space: MachineSpace<Memory, S, M, D, I, C, E>,
  nodes: number,
  row: Int32Array,
  id: number,
  happening: number,
  argument: number,
): Int32Array {
  const out = new AllSuccessors()
  space.offerOne(row, HEADER, row[1] as number, row[2] as number, id, happening, argument, out)
  return taken(space, nodes, out, 0)
}

const kindOf = (message: unknown): unknown => (message as { readonly kind?: unknown } | null)?.kind

function act<Memory, S, M, D, I, C, E>(
  space: MachineSpace<Memory, S, M, D, I, C, E>,
  nodes: number,
  row: Int32Array,
  step: PreludeStep<I>,
  isMeant: (action: MachineAction<M, I>) => boolean,
): Int32Array {
  const out = new AllSuccessors()
  space.expand(row, HEADER, row[0] as number, row[1] as number, row[2] as number, out)
  const found = (out.actions as MachineAction<M, I>[]).findIndex(isMeant)
  if (found < 0) throw new Misuse(`the prelude's step ${JSON.stringify(step)} cannot be made there`)
  return taken(space, nodes, out, found)
}

function settle<Memory, S, M, D, I, C, E>(
  space: MachineSpace<Memory, S, M, D, I, C, E>,
  nodes: number,
  row: Int32Array,
  { nodes: among, lost = [] }: Extract<PreludeStep<I>, { kind: 'settle' }>,
): Int32Array {
  let settled = row
  // On a network that repeats messages each is delivered once: it would never settle otherwise.
  const delivered = new Set<string>()
  const repeats = space.repeatsMessages
  for (;;) {
    const out = new AllSuccessors()
    space.expand(settled, HEADER, settled[0] as number, settled[1] as number, settled[2] as number, out)
    const next = (out.actions as MachineAction<M, I>[]).findIndex((action) => {
      if (action.kind === 'deliver') {
        if (!among.includes(action.to) || lost.includes(String(kindOf(action.message)))) return false
        return !repeats || !delivered.has(canonicalText(action))
      }
      return (action.kind === 'saved' || action.kind === 'answer') && among.includes(action.node)
    })
    if (next < 0) {
      refuseOutOfBounds(space, settled, among)
      return withoutMessages(space, nodes, settled)
    }
    if (repeats) delivered.add(canonicalText(out.actions[next]))
    settled = taken(space, nodes, out, next)
  }
}

/** What is left cannot be delivered since it would lead out of bounds: that is no settling. */
function refuseOutOfBounds<Memory, S, M, D, I, C, E>(space: MachineSpace<Memory, S, M, D, I, C, E>, row: Int32Array, among: readonly number[]): void {
  const { inboxes, places } = space.transitions
  for (const to of among) {
    const place = row[HEADER + to] as number
    inboxes.forEach(places.inboxes[place] as number, (number) => {
      if (space.transitions.ofMessage(places.nodes[place] as number, number) === OUT_OF_BOUNDS)
        throw new Misuse(`the prelude leads out of bounds: node ${to} would leave them`)
    })
  }
}

function taken<Memory, S, M, D, I, C, E>(space: MachineSpace<Memory, S, M, D, I, C, E>, nodes: number, out: AllSuccessors, which: number): Int32Array {
  const at = out.starts[which]
  if (at === undefined) throw new Misuse('the prelude leads out of bounds, or does what changes nothing')
  const fallen = out.words[at + fixedAt(nodes) + FALLEN] as number
  if (fallen !== 0) throw new Misuse(`the prelude breaks ${space.transitions.fallen.value(fallen - 1).invariant}`)
  return out.words.slice(at - HEADER, at + (out.words[at - HEADER] as number))
}

/** All messages that are left are lost. Where an exploration begins, its fingerprint may be any. */
function withoutMessages<Memory, S, M, D, I, C, E>(space: MachineSpace<Memory, S, M, D, I, C, E>, nodes: number, row: Int32Array): Int32Array {
  const { places } = space.transitions
  const rest = row.slice()
  for (let at = HEADER; at < HEADER + nodes; at++) rest[at] = places.of(places.nodes[row[at] as number] as number, EMPTY)
  rest[HEADER + nodes] = EMPTY
  return rest
}
