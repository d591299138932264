/** Gives places to pages. A place is a physical page: file and page in it are its quotient and remainder by the pages of a file. */
export interface PageAllocator {
  /** Physical pages from here on were never given away. */
  readonly next: number
  allocate(): number
  /** Not used by anybody any more, or never written for good. */
  free(physical: readonly number[]): void
  /** The commit is over: what comes next may begin a new file. */
  endCommit(): void
}

/** Places in order. With `sealing` every commit has files of its own, which never change again. */
export class AppendAllocator implements PageAllocator {
  #next: number

  constructor(
    next: number,
    readonly filePages: number,
    readonly isSealing: boolean,
  ) {
    this.#next = next
    if (isSealing) this.endCommit()
  }

  get next(): number {
    return this.#next
  }

  allocate(): number {
    return this.#next++
  }

  /** Files are collected whole. */
  free(): void {}

  endCommit(): void {
    if (this.isSealing) this.#next = Math.ceil(this.#next / this.filePages) * this.filePages
  }
}

/** The lowest free place first, so that files stay short. */
export class ReuseAllocator implements PageAllocator {
  #next: number
  /** A heap, the lowest on top. */
  readonly #free: number[] = []

  constructor(next: number, used: Iterable<number>) {
    this.#next = next
    const isUsed = new Set(used)
    for (let physical = 0; physical < next; physical++) if (!isUsed.has(physical)) this.#free.push(physical)
  }

  get next(): number {
    return this.#next
  }

  get freeCount(): number {
    return this.#free.length
  }

  allocate(): number {
    const heap = this.#free
    const lowest = heap[0]
    if (lowest === undefined) return this.#next++
    const last = heap.pop() as number
    if (heap.length > 0) {
      let i = 0
      for (;;) {
        let child = 2 * i + 1
        if (child >= heap.length) break
        if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++
        if (last <= (heap[child] as number)) break
        heap[i] = heap[child] as number
        i = child
      }
      heap[i] = last
    }
    return lowest
  }

  free(physical: readonly number[]): void {
    const heap = this.#free
    for (const place of physical) {
      let i = heap.length
      heap.push(place)
      while (i > 0) {
        const parent = (i - 1) >> 1
        if ((heap[parent] as number) <= place) break
        heap[i] = heap[parent] as number
        i = parent
      }
      heap[i] = place
    }
  }

  endCommit(): void {}
}
