import { Misuse } from '../host/errors.js'
import type { Nanos } from '../host/seam.js'

/** How many bytes a second pass, and how many may wait to: those beyond are lost. */
export interface Bandwidth {
  readonly bytesPerSecond: number
  readonly queueBytes: number
}

/** A bottleneck: packets pass one after the other, each at the rate; those that find the queue before it full are dropped (tail drop). */
export class Bottleneck {
  readonly #bandwidth: Bandwidth
  #freeAt: Nanos = 0

  constructor(bandwidth: Bandwidth) {
    this.#bandwidth = checked(bandwidth)
  }

  /** How long a packet takes that comes at `now`; null: it is dropped. One that finds the queue empty passes whatever its size. */
  pass(bytes: number, now: Nanos): Nanos | null {
    const { bytesPerSecond, queueBytes } = this.#bandwidth
    const waits = this.#freeAt > now ? this.#freeAt - now : 0
    const queued = (waits * bytesPerSecond) / 1e9
    if (waits > 0 && queued + bytes > queueBytes) return null
    const takes = waits + Math.ceil((bytes * 1e9) / bytesPerSecond)
    this.#freeAt = now + takes
    return takes
  }
}

function checked(bandwidth: Bandwidth): Bandwidth {
  const { bytesPerSecond, queueBytes } = bandwidth
  const isWhole = (value: number) => Number.isSafeInteger(value) && value > 0
  if (!isWhole(bytesPerSecond) || !isWhole(queueBytes)) {
    throw new Misuse(`a bandwidth has bytesPerSecond and queueBytes, positive integers, not ${bytesPerSecond} and ${queueBytes}`)
  }
  return bandwidth
}
