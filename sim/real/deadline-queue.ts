import type { Nanos } from '../host/seam.js'

/** Something that is due at a time. */
export interface Deadline {
  readonly at: Nanos
  readonly fire: () => void
  isCancelled: boolean
}

/** Deadlines by their time, and by their order of arrival where times are equal: a binary heap. Cancelled ones leave when they come to the top. */
export class DeadlineQueue {
  readonly #heap: { readonly deadline: Deadline; readonly order: number }[] = []
  #arrived = 0

  /** The earliest that is not cancelled. */
  get first(): Deadline | undefined {
    while (this.#heap[0]?.deadline.isCancelled) this.#removeTop()
    return this.#heap[0]?.deadline
  }

  add(deadline: Deadline): void {
    const heap = this.#heap
    const entry = { deadline, order: this.#arrived++ }
    let i = heap.length
    heap.push(entry)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (isBefore(heap[parent] as Entry, entry)) break
      heap[i] = heap[parent] as Entry
      i = parent
    }
    heap[i] = entry
  }

  /** Takes the earliest. */
  take(): Deadline | undefined {
    const { first } = this
    if (first !== undefined) this.#removeTop()
    return first
  }

  clear(): void {
    this.#heap.length = 0
  }

  #removeTop(): void {
    const heap = this.#heap
    const last = heap.pop() as Entry
    if (heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child++
      if (isBefore(last, heap[child] as Entry)) break
      heap[i] = heap[child] as Entry
      i = child
    }
    heap[i] = last
  }
}

type Entry = { readonly deadline: Deadline; readonly order: number }

const isBefore = (a: Entry, b: Entry): boolean => a.deadline.at < b.deadline.at || (a.deadline.at === b.deadline.at && a.order < b.order)
