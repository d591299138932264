import { builtin } from '../ambient/builtin.js'

/** How often in a row the heap must be found above its limit: at 10 ms a look, the collector has had its chances. */
const looks = 20

/**
 * Whether this program's heap stays above a limit: a simulation that only grows is stopped while it can still say who sends so much.
 * Depends on the machine and on whatever else the program keeps, so it is a guard, not a result that a seed makes again.
 * Without a limit it is 85% of what the engine allows. Where the engine does not say (a browser) it never is.
 */
export class HeapLimit {
  readonly #given: number | undefined
  #statistics: (() => { used_heap_size: number; heap_size_limit: number }) | undefined
  #bytes: number | undefined
  #above = 0

  constructor(bytes: number | undefined) {
    this.#given = bytes
  }

  get bytes(): number {
    this.#bytes ??= this.#given ?? this.#ownLimit()
    return this.#bytes
  }

  /** To be asked every few milliseconds. */
  isPassed(): boolean {
    this.#statistics ??= builtin('v8')?.getHeapStatistics
    if (this.#statistics === undefined || this.#statistics().used_heap_size <= this.bytes) this.#above = 0
    else this.#above++
    return this.#above >= looks
  }

  /** Short runs never ask. */
  #ownLimit(): number {
    const statistics = builtin('v8')?.getHeapStatistics
    return statistics === undefined ? Number.POSITIVE_INFINITY : statistics().heap_size_limit * 0.85
  }
}
