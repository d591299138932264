import type { FaultCount, FaultKind } from './injection.js'

/** What is counted of one kind. */
export class FaultCounter {
  armed = false
  opportunities = 0
  injections = 0
  heldBack = 0
  exposed = 0
  struck = 0
}

/** How often each kind had the chance to act, and did. */
export class FaultCounts {
  readonly #counters = new Map<FaultKind, FaultCounter>()

  of(kind: FaultKind): FaultCounter {
    let counter = this.#counters.get(kind)
    if (counter === undefined) {
      counter = new FaultCounter()
      this.#counters.set(kind, counter)
    }
    return counter
  }

  isArmed(kind: FaultKind): boolean {
    return this.#counters.get(kind)?.armed === true
  }

  /** In the order of the given kinds; those that were neither armed nor met are left out. */
  list(kinds: readonly FaultKind[]): FaultCount[] {
    const counts: FaultCount[] = []
    if (this.#counters.size === 0) return counts
    for (const kind of kinds) {
      const counter = this.#counters.get(kind)
      if (counter !== undefined) counts.push({ kind, ...counter })
    }
    return counts
  }
}
