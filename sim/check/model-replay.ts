import { canonicalText } from './canonical-text.js'
import { AllSuccessors, HEADER, type StateSpace } from './state-space.js'
import { expandRow, rowAt } from './visited.js'

/** How far a trace could be done again, and what a property says of where it led; null: there is no such property. */
export interface Replayed {
  /** Actions that could be done. */
  readonly done: number
  readonly state: unknown
  readonly holds: boolean | null
}

/** Does actions, as `canonicalText` writes them, one after the other from an initial state from which the first can be done. */
export function replayActions(space: StateSpace, actions: readonly string[], property: string): Replayed {
  const initial = new AllSuccessors()
  space.initial(initial)
  let best: Replayed = { done: -1, state: null, holds: null }
  const stated = space.properties.find(({ name }) => name === property)
  for (const start of initial.starts) {
    let row = rowAt(initial.words, start)
    let done = 0
    for (; done < actions.length; done++) {
      const out = new AllSuccessors()
      expandRow(space, row, out)
      const found = out.actions.findIndex((action) => canonicalText(action) === actions[done])
      if (found < 0) break
      row = rowAt(out.words, out.starts[found] as number)
    }
    if (done <= best.done) continue
    const length = row[0] as number
    best = { done, state: space.stateOf(row, HEADER, length), holds: stated === undefined ? null : stated.holds(row, HEADER, length) }
  }
  return best
}
