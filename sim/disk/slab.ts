const slabBytes = 64 * 1024
/** Larger pieces get memory of their own, so that one kept piece never pins much more than itself. */
const largestPiece = 4096

/**
 * Copies of small byte strings, cut from shared blocks: making a `Uint8Array` of its own costs many times what a view costs.
 * Pieces never overlap and are never handed out twice; a block lives as long as one of its pieces does.
 */
export class Slab {
  #block: Uint8Array | null = null
  #used = 0

  copy(bytes: Uint8Array): Uint8Array {
    if (bytes.length > largestPiece) return new Uint8Array(bytes)
    const piece = this.#cut(bytes.length)
    piece.set(bytes)
    return piece
  }

  /** Zero-filled. */
  allocate(length: number): Uint8Array {
    return length > largestPiece ? new Uint8Array(length) : this.#cut(length)
  }

  #cut(length: number): Uint8Array {
    let block = this.#block
    if (block === null || this.#used + length > slabBytes) {
      block = new Uint8Array(slabBytes)
      this.#block = block
      this.#used = 0
    }
    const start = this.#used
    this.#used = start + length
    return block.subarray(start, start + length)
  }
}
