import { crc32c } from '../../systems/raft/crc32c.js'
import type { Entry } from '../../systems/raft/messages.js'
import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/** An index and a term name one entry, with one entry before it: by induction, logs that share it are equal up to there. Against one map for all members. */
export const logMatching = (observation: RaftObservation) =>
  observation.invariantOn('LogMatching', aspects.log, () => {
    /** By group. */
    const written: (WrittenEntry | null)[][] = []
    return ({ touched }) => {
      for (let i = 0; i < touched.length; i++) {
        const { node, group, newFrom, now, name } = touched[i] as MemberView
        if (newFrom > now.lastIndex || node === null) continue
        const known = written[group.index] ?? []
        written[group.index] = known
        const { base, entries } = node.machineState.log
        for (let index = newFrom; index <= now.lastIndex; index++) {
          const conflict = note(known, entries[index - base.index - 1] as Entry, node.termAt(index - 1))
          if (conflict !== undefined) return `${group.name}: ${conflict} (${name})`
        }
      }
      return undefined
    }
  })

interface WrittenEntry {
  readonly term: number
  /** -1: not known, where the log began with the entry. */
  previousTerm: number
  readonly sum: number
  /** Another of the same index. */
  readonly next: WrittenEntry | null
}

/** `known`: by index. */
function note(known: (WrittenEntry | null)[], { index, term, kind, data }: Entry, previousTerm: number): string | undefined {
  while (known.length <= index) known.push(null)
  const here = known[index] as WrittenEntry | null
  const sum = crc32c(data, 0, data.length, kind === 'noop' ? 1 : 0) | 0
  for (let other = here; other !== null; other = other.next) {
    if (other.term !== term) continue
    if (other.sum !== sum) return `two different entries ${index} of term ${term}`
    if (previousTerm >= 0 && other.previousTerm >= 0 && other.previousTerm !== previousTerm) {
      return `entry ${index} of term ${term} follows one of term ${other.previousTerm} and one of term ${previousTerm}`
    }
    if (other.previousTerm < 0) other.previousTerm = previousTerm
    return undefined
  }
  known[index] = { term, previousTerm, sum, next: here }
  return undefined
}
