import type { BrokerObservation } from './observation.js'

/**
 * Two replicas whose logs reach an offset hold the same batches up to there: their chained hashes are compared against one global map. What a
 * replica recovers or installs must be a log that some replica had.
 *
 * Not seen: batches that a broker appends while it boots and lets go of before it is up. What such a stretch left on a disk is taken at its word
 * first, and held against every batch that is seen later.
 */
export const partitionLogMatching = (observation: BrokerObservation) =>
  observation.invariant('PartitionLogMatching', () => {
    const partitions: BatchEnds[] = []
    const of = (partition: number) => {
      const ends = partitions[partition] ?? new BatchEnds()
      partitions[partition] = ends
      return ends
    }
    return ({ began, appended }) => {
      for (const { partition, log, isAfterUnseenLife } of began) {
        const ends = of(partition)
        const { foundOffset, foundChain, endOffset, tail } = log
        const wrong = ends.found(foundOffset, foundChain, isAfterUnseenLife)
        if (wrong !== undefined) return `partition ${partition}: a log was recovered up to offset ${foundOffset}, ${wrong}`
        const seenFrom = tail.batch(tail.first)?.baseOffset ?? endOffset
        if (seenFrom === foundOffset) continue
        ends.passOver(foundOffset, seenFrom)
        const differs = seenFrom === endOffset ? ends.found(endOffset, log.chain, true) : undefined
        if (differs !== undefined) return `partition ${partition}: a log reaches offset ${endOffset} when its broker is up, ${differs}`
      }
      for (const { partition, batch } of appended) {
        const wrong = of(partition).append(batch.baseOffset, batch.nextOffset, batch.chain)
        if (wrong !== undefined) return `partition ${partition}: the logs of two replicas differ below offset ${batch.nextOffset}${wrong}`
      }
      return undefined
    }
  })

/** Where the batches of one partition end, over all its replicas. */
class BatchEnds {
  /** The offset after a batch to the chained hash there. */
  readonly #chains = new Map<number, number>([[0, 0]])
  /** The offset after a batch to that of its first record; not of ends that were only claimed. */
  readonly #bases = new Map<number, number>()
  /** Ends that a replica claims from a stretch in which nobody looked, and no batch that was seen confirms so far. */
  readonly #claims = new Set<number>()
  /** Offsets that some replica passed while nobody looked: ends within [from, to] may be known to none. */
  readonly #unseen: { readonly from: number; readonly to: number }[] = []
  #largestBatch = 0

  /** A replica appends a batch. Answers what is wrong with it. */
  append(base: number, next: number, chain: number): string | undefined {
    if (next - base > this.#largestBatch) this.#largestBatch = next - base
    if (this.#claims.size > 0) {
      this.#claims.delete(next)
      for (const claim of this.#claims) if (base < claim && claim < next) return `: one was recovered up to ${claim}, within a batch of another`
    }
    const known = this.#chains.get(next)
    if (known !== undefined && known !== chain) return ''
    this.#chains.set(next, chain)
    this.#bases.set(next, base)
    return undefined
  }

  /** A replica has a log up to `end`, nobody saw how; `isUnseen`: it may have come to it in a stretch in which nobody looked. */
  found(end: number, chain: number, isUnseen: boolean): string | undefined {
    const known = this.#chains.get(end)
    if (known === chain) return undefined
    if (known !== undefined) return 'with another content than other replicas have'
    if (!isUnseen && !this.#unseen.some(({ from, to }) => from < end && end <= to)) return "which was no batch's end in any replica"
    for (let next = end + 1; next < end + this.#largestBatch; next++) {
      const base = this.#bases.get(next)
      if (base !== undefined && base < end) return `within the batch ${base} to ${next - 1} of another replica`
    }
    this.#chains.set(end, chain)
    this.#claims.add(end)
    return undefined
  }

  passOver(from: number, to: number): void {
    this.#unseen.push({ from, to })
  }
}
