import { Misuse } from '../host/errors.js'
import type { Incarnation } from '../host/incarnation.js'
import type { Nanos } from '../host/seam.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import { VirtualTimers } from './virtual-timers.js'

/**
 * The machine's clock, randomness and timers as one life of a process sees them in virtual mode: its host's clocks, a stream of its own
 * (so that a dependency's draws never shift the process's), and timers in the simulation's queue.
 */
export class VirtualFaces {
  readonly timers: VirtualTimers
  readonly random: Stream
  readonly #life: Incarnation

  constructor(life: Incarnation) {
    this.#life = life
    this.timers = new VirtualTimers(life.clock)
    this.random = new Stream(this.#randomKey)
  }

  get #randomKey(): Key {
    const life = this.#life
    return deriveKey(deriveKey(deriveKey(life.machine.world.processKey, 'ambient'), life.name), life.incarnation)
  }

  /** The world has another process key: what is drawn from now on comes from that. */
  reseed(): void {
    this.random.rekey(this.#randomKey)
  }

  wallMillis(): number {
    return this.#life.clock.wallMillis()
  }

  monotonic(): Nanos {
    return this.#life.clock.monotonic()
  }

  monotonicMillis(): number {
    return this.monotonic() / 1e6
  }

  /** Fills the array, or `size` of its elements from `offset` on, and answers it. */
  fill(array: ArrayBufferView, offset: unknown = 0, size?: unknown): ArrayBufferView {
    const element = (array as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
    const from = Number(offset) * element
    const to = size === undefined ? bytes.length : from + Number(size) * element
    for (let i = from; i < to; i++) bytes[i] = this.random.u32() >>> 24
    return array
  }

  /** A `Buffer`, as Node answers. */
  bytes(size: unknown, answer: unknown): Uint8Array | undefined {
    const { Buffer } = globalThis as unknown as { Buffer: { alloc(size: number): Uint8Array } }
    const bytes = this.fill(Buffer.alloc(Number(size))) as Uint8Array
    if (typeof answer !== 'function') return bytes
    this.timers.immediate(answer, [null, bytes])
    return undefined
  }

  /** `randomInt([min,] max)`; with a call-back it answers later, as Node does. */
  integer(words: readonly unknown[]): number | undefined {
    const numbers = words.filter((word) => typeof word === 'number')
    const [min, max] = numbers.length < 2 ? [0, numbers[0]] : numbers
    if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || (max as number) <= (min as number))
      throw new Misuse(`randomInt: ${max} must be an integer above ${min}`)
    // 53 bits: Node allows ranges up to 2^48.
    const fraction = ((this.random.u32() >>> 5) * 0x400_0000 + (this.random.u32() >>> 6)) / 2 ** 53
    const drawn = (min as number) + Math.floor(fraction * ((max as number) - (min as number)))
    const answer = words.find((word) => typeof word === 'function')
    if (answer === undefined) return drawn
    this.timers.immediate(answer, [null, drawn])
    return undefined
  }

  /** Version 4, RFC 9562. */
  uuid(): string {
    const bytes = this.fill(new Uint8Array(16)) as Uint8Array
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
    const text = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
    return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`
  }
}
