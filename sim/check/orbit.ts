import { CanonicalHasher, type Fingerprint } from './canonical-hash.js'
import type { Symmetry } from './state-space.js'

/**
 * The fingerprint that all states share which differ in names alone: the least over all permutations. Things with different signatures are sorted by them and
 * never tried against each other; things of which each two neighbours may change places without a difference need not be tried at all.
 */
export class OrbitHasher<State> {
  readonly #hasher = new CanonicalHasher()
  readonly #symmetry: Symmetry<State>

  constructor(symmetry: Symmetry<State>) {
    this.#symmetry = symmetry
  }

  hash(state: State): Fingerprint {
    const { size, signature } = this.#symmetry
    const things = Array.from({ length: size }, (_, thing) => thing)
    const signatures = things.map((thing) => signature?.(state, thing) ?? 0)
    things.sort((a, b) => {
      const one = signatures[a] as string | number
      const other = signatures[b] as string | number
      return one < other ? -1 : one > other ? 1 : a - b
    })
    const begun = this.#symmetry.permute(state, inverted(things))
    // Places from `begin` to `end` hold things that no signature tells apart.
    let best = this.#hasher.hash(begun)
    let candidates = [begun]
    for (let begin = 0; begin < size; ) {
      let end = begin + 1
      while (end < size && signatures[things[end] as number] === signatures[things[begin] as number]) end++
      if (end - begin > 1 && !this.#areInterchangeable(begun, begin, end)) {
        const orders = permutationsOf(begin, end, size)
        candidates = candidates.flatMap((candidate) => orders.map((order) => this.#symmetry.permute(candidate, order)))
      }
      begin = end
    }
    for (const candidate of candidates) {
      const hash = this.#hasher.hash(candidate)
      if (hash.high < best.high || (hash.high === best.high && hash.low < best.low)) best = hash
    }
    return best
  }

  #areInterchangeable(state: State, begin: number, end: number): boolean {
    const { high, low } = this.#hasher.hash(state)
    for (let i = begin; i + 1 < end; i++) {
      const swapped = Array.from({ length: this.#symmetry.size }, (_, thing) => (thing === i ? i + 1 : thing === i + 1 ? i : thing))
      const hash = this.#hasher.hash(this.#symmetry.permute(state, swapped))
      if (hash.high !== high || hash.low !== low) return false
    }
    return true
  }
}

/** order[i] is which thing comes to place i; the permutation says to which place each thing goes. */
export function inverted(order: readonly number[]): number[] {
  const permutation: number[] = []
  for (const [place, thing] of order.entries()) permutation[thing] = place
  return permutation
}

/** All permutations of `size` things that move only those from `begin` to before `end`. */
function permutationsOf(begin: number, end: number, size: number): number[][] {
  const identity = Array.from({ length: size }, (_, thing) => thing)
  let found = [identity]
  for (let i = begin; i < end - 1; i++) {
    found = found.flatMap((permutation) =>
      Array.from({ length: end - i }, (_, k) => {
        const swapped = permutation.slice()
        swapped[i] = permutation[i + k] as number
        swapped[i + k] = permutation[i] as number
        return swapped
      }),
    )
  }
  return found
}

/** The values in the order of `compare`, equal ones as they were, and where each of them went: what Stateright calls a rewrite plan. */
export function sortedPlaces<T>(values: readonly T[], compare: (a: T, b: T) => number): number[] {
  return inverted(values.map((_, thing) => thing).sort((a, b) => compare(values[a] as T, values[b] as T) || a - b))
}
