/**
 * Logical pages, which trees name, to the places where they lie. A table never changes; the next version shares all chunks in which nothing changed, so that
 * snapshots cost what was written since.
 */
const chunkPages = 256

interface Chunk {
  /** Physical page; -1: none; below that: in memory. */
  readonly physical: Float64Array
  readonly stamps: Uint32Array
}

export const unmapped = -1

export class MappingTable {
  static readonly empty = new MappingTable([], 0, 0)

  private constructor(
    readonly chunks: readonly Chunk[],
    /** Logical pages below this have been in use at some time. */
    readonly length: number,
    /** Logical pages that are mapped. */
    readonly count: number,
  ) {}

  static of(chunks: readonly Chunk[], length: number, count: number): MappingTable {
    return new MappingTable(chunks, length, count)
  }

  /** `unmapped` when there is none. */
  physicalOf(logical: number): number {
    if (logical >= this.length) return unmapped
    return (this.chunks[Math.floor(logical / chunkPages)] as Chunk).physical[logical % chunkPages] as number
  }

  stampOf(logical: number): number {
    return (this.chunks[Math.floor(logical / chunkPages)] as Chunk).stamps[logical % chunkPages] as number
  }

  /** Every logical page in use, in order. */
  *pages(): Generator<{ readonly logical: number; readonly physical: number; readonly stamp: number }> {
    for (let logical = 0; logical < this.length; logical++) {
      const physical = this.physicalOf(logical)
      if (physical !== unmapped) yield { logical, physical, stamp: this.stampOf(logical) }
    }
  }

  /** Logical pages that are not in use, the lowest last. */
  unused(): number[] {
    const unused: number[] = []
    for (let logical = this.length - 1; logical >= 0; logical--) if (this.physicalOf(logical) === unmapped) unused.push(logical)
    return unused
  }
}

/** One change of a mapping: `physical` is `unmapped` when the logical page is free. */
export interface MappingChange {
  readonly logical: number
  readonly physical: number
  readonly stamp: number
}

/** The next version of a table. */
export class MappingEdit {
  readonly #chunks: Chunk[]
  readonly #owned = new Set<number>()
  #length: number
  #count: number

  constructor(base: MappingTable) {
    this.#chunks = [...base.chunks]
    this.#length = base.length
    this.#count = base.count
  }

  physicalOf(logical: number): number {
    if (logical >= this.#length) return unmapped
    return (this.#chunks[Math.floor(logical / chunkPages)] as Chunk).physical[logical % chunkPages] as number
  }

  set({ logical, physical, stamp }: MappingChange): void {
    const index = Math.floor(logical / chunkPages)
    while (this.#chunks.length <= index) {
      this.#owned.add(this.#chunks.length)
      this.#chunks.push({ physical: new Float64Array(chunkPages).fill(unmapped), stamps: new Uint32Array(chunkPages) })
    }
    let chunk = this.#chunks[index] as Chunk
    if (!this.#owned.has(index)) {
      chunk = { physical: chunk.physical.slice(), stamps: chunk.stamps.slice() }
      this.#chunks[index] = chunk
      this.#owned.add(index)
    }
    this.#length = Math.max(this.#length, logical + 1)
    const at = logical % chunkPages
    this.#count += (physical === unmapped ? 0 : 1) - ((chunk.physical[at] as number) === unmapped ? 0 : 1)
    chunk.physical[at] = physical
    chunk.stamps[at] = physical === unmapped ? 0 : stamp
  }

  finish(): MappingTable {
    return MappingTable.of(this.#chunks, this.#length, this.#count)
  }
}
