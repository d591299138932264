import { type Found, foundAlong } from './search.js'
import { SeenStates } from './seen-states.js'
import { AllSuccessors, HEADER, type SpaceProperty, type StateSpace } from './state-space.js'
import { expandRow, rowAt, type WayStep } from './visited.js'

/** A state on the way that is being tried, and those after it that are still to be tried. */
interface Frame {
  readonly row: Int32Array
  readonly out: AllSuccessors
  next: number
}

/**
 * Looks for a way on which an `eventually` property never holds: one that comes to an end, or, when `cycles` are asked for, one that comes back to where it was.
 * Only states in which it does not hold are walked through, depth first, so a way that is found is not always a shortest one. `goOn` is asked once in a while.
 */
export function searchEventually(
  space: StateSpace,
  property: SpaceProperty,
  maxDepth: number,
  goOn: () => boolean,
): { readonly found: Found | null; readonly isCut: boolean } {
  const done = new SeenStates()
  let isCut = false
  let visits = 0
  const initial = new AllSuccessors()
  space.initial(initial)
  for (const start of initial.starts) {
    const path: Frame[] = []
    /** Fingerprints of the states on the path. */
    const open = new Map<string, number>()
    const enter = (row: Int32Array): void => {
      if (property.holds(row, HEADER, row[0] as number)) return
      if (!done.add(row[1] as number, row[2] as number, 0)) return
      const out = new AllSuccessors()
      expandRow(space, row, out)
      open.set(keyOf(row), path.length)
      path.push({ row, out, next: 0 })
    }
    enter(rowAt(initial.words, start))
    while (path.length > 0) {
      if (++visits % 4_096 === 0 && !goOn()) return { found: null, isCut: true }
      const frame = path[path.length - 1] as Frame
      const { row, out } = frame
      if (out.starts.length === 0) return { found: foundAlong(space, property, 'never holds on a way that ends here', wayOf(path)), isCut }
      if (frame.next === out.starts.length) {
        open.delete(keyOf(row))
        path.pop()
        continue
      }
      const after = rowAt(out.words, out.starts[frame.next++] as number)
      const back = property.cycles === true ? open.get(keyOf(after)) : undefined
      if (back !== undefined) {
        const way = [...wayOf(path), { action: out.actions[frame.next - 1], words: after }]
        return {
          found: { ...foundAlong(space, property, `never holds on a way that comes back to where it was after ${back} actions, for ever`, way), loopsTo: back },
          isCut,
        }
      }
      if (path.length > maxDepth) isCut = true
      else enter(after)
    }
  }
  return { found: null, isCut }
}

const keyOf = (row: Int32Array): string => `${row[1]}/${row[2]}`

function wayOf(path: readonly Frame[]): WayStep[] {
  return path.map(({ row }, i) => {
    const before = path[i - 1]
    return { action: before === undefined ? null : before.out.actions[before.next - 1], words: row }
  })
}
