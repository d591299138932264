import type { SharedStates } from './shared-states.js'
import { AllSuccessors, type StateSpace } from './state-space.js'
import { expandRow, rowAt, type WayStep } from './visited.js'

/** How a state that threads found together was reached: a shortest way, and the same one whichever thread was faster. */
export function sharedWayTo(space: StateSpace, states: SharedStates, high: number, low: number): WayStep[] {
  for (const chain of chains(states, high, low)) {
    const way = tryWalk(space, chain)
    if (way !== null) return way
  }
  throw new Error('a state was visited and no way leads to it: the model answers differently when it is asked again')
}

function* chains(states: SharedStates, high: number, low: number): Generator<[number, number][]> {
  const found = states.find(high, low)
  if (found === null) return
  if (found.level === 0) {
    yield [[high, low]]
    return
  }
  for (const before of states.withLow(found.parent, found.level - 1)) for (const chain of chains(states, before, found.parent)) yield [...chain, [high, low]]
}

function tryWalk(space: StateSpace, chain: readonly (readonly [number, number])[]): WayStep[] | null {
  const way: WayStep[] = []
  for (const [i, [high, low]] of chain.entries()) {
    const out = new AllSuccessors()
    const before = way[i - 1]
    if (before === undefined) space.initial(out)
    else expandRow(space, before.words, out)
    const found = out.starts.findIndex((at) => (out.words[at - 2] || 1) === (high || 1) && out.words[at - 1] === low)
    if (found < 0) return null
    const words = rowAt(out.words, out.starts[found] as number)
    way.push({ action: out.actions[found], words })
  }
  return way
}
