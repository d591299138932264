/** What the engine tells judges of, in the order in which it happened. Only a simulation gives it a journal: nothing is kept otherwise. */
import type { BatchOperation } from './batch.js'

export type KvEvent =
  /** A partition was opened or repaired: this is its state from here on. */
  | { readonly kind: 'recovered'; readonly partition: string; readonly sequence: number; readonly term: number }
  /** A commit began: these batches become the state `sequence`, all or none. */
  | {
      readonly kind: 'committing'
      readonly partition: string
      readonly sequence: number
      readonly term: number
      readonly batches: readonly (readonly BatchOperation[])[]
      readonly nowMillis: number
    }
  /** Pages that the commit under way writes, and may write. */
  | { readonly kind: 'allocated'; readonly partition: string; readonly physical: readonly number[] }
  /** It is durable, and acknowledged. */
  | { readonly kind: 'committed'; readonly partition: string; readonly sequence: number; readonly term: number }
  /** It is certainly not, and will never be. */
  | { readonly kind: 'aborted'; readonly partition: string; readonly sequence: number }
  /** Nobody knows, until the partition is repaired or opened again. */
  | { readonly kind: 'in-doubt'; readonly partition: string; readonly sequence: number }
  /** Answers came from the state `sequence`, as of `nowMillis`. */
  | {
      readonly kind: 'read'
      readonly partition: string
      readonly sequence: number
      readonly nowMillis: number
      readonly key: Uint8Array
      readonly value: Uint8Array | null
      /** The one that was read, where it was one. */
      readonly archive?: string
    }
  | {
      readonly kind: 'scanned'
      readonly partition: string
      readonly sequence: number
      readonly nowMillis: number
      readonly from: Uint8Array | null
      /** Of what was answered, in the order of the scan. */
      readonly entries: readonly { readonly key: Uint8Array; readonly value: Uint8Array }[]
      readonly direction: 'forward' | 'backward'
      /** Whether it came to its end, rather than to its limit. */
      readonly isWhole: boolean
      readonly to: Uint8Array | null
      readonly archive?: string
    }
  | { readonly kind: 'removed-file'; readonly partition: string; readonly file: number }
  | { readonly kind: 'archived'; readonly partition: string; readonly sequence: number; readonly name: string }
  /** The archives that there are, as a store finds them when it opens. */
  | { readonly kind: 'archives-found'; readonly partition: string; readonly names: readonly string[] }
  | { readonly kind: 'archive-removed'; readonly partition: string; readonly name: string }
  /** A term began at this state: earlier terms end before it. */
  | { readonly kind: 'term'; readonly partition: string; readonly term: number; readonly sequence: number }

export class KvJournal {
  #events: KvEvent[] = []

  get isEmpty(): boolean {
    return this.#events.length === 0
  }

  tell(event: KvEvent): void {
    this.#events.push(event)
  }

  /** All that was told since it was last taken. */
  take(): KvEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }
}
