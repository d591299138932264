import type { Nanos } from '../host/seam.js'
import type { Kernel, PlannedStep } from '../kernel/kernel.js'

/**
 * What a run's faults have planned, by time. The kernel asks at each time before it takes an event of that time from its queue, so that a draw that
 * comes to nothing is no step, and an injection happens at the same place of the run whether the seed drew it or a list names it.
 */
export class Agenda {
  readonly #kernel: Kernel
  /** Sorted by time, latest first; among equals the one planned first is last, and so the next. */
  readonly #entries: Entry[] = []

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** At `at`, `decide` says what to do in a step of the world's own, or null: nothing. A time that has passed means now. */
  plan(at: Nanos, decide: () => PlannedStep | null): void {
    const entries = this.#entries
    const time = Math.max(at, this.#kernel.now)
    // Behind all that are later, before all that are not: of a long list, found by halving.
    let low = 0
    let high = entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((entries[middle] as Entry).at > time) low = middle + 1
      else high = middle
    }
    entries.splice(low, 0, { at: time, decide })
    this.#kernel.plan(this.#nextAt, this)
  }

  /** Asked by the kernel when the next time has come. */
  decide(): PlannedStep | null {
    const entry = this.#entries.pop() as Entry
    this.#kernel.plan(this.#nextAt, this)
    return entry.decide()
  }

  get #nextAt(): Nanos {
    return this.#entries[this.#entries.length - 1]?.at ?? Number.POSITIVE_INFINITY
  }
}

interface Entry {
  readonly at: Nanos
  readonly decide: () => PlannedStep | null
}
