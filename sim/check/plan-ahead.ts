import { HEADER, type LookAhead, type Successors } from './state-space.js'

/** States that are planned for at once. */
const PLANS = 16

/** Plans for the rows from `from` to `end`, as many as are worth it, and tells `out` of what will be offered; answers how many. */
export function planAhead(ahead: LookAhead, words: Int32Array, from: number, end: number, out: Successors): number {
  ahead.begin()
  let plans = 0
  for (let at = from; at < end && plans < PLANS; plans++) {
    const length = words[at] as number
    ahead.plan(words, at + HEADER, length, words[at + 1] as number, words[at + 2] as number)
    at += HEADER + length
  }
  ahead.foretell(out)
  return plans
}
