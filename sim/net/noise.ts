import type { Nanos } from '../host/seam.js'
import { type Key, mix } from '../kernel/mix.js'
import type { Channel, Link } from './link.js'

export type NoiseKind = 'net.drop' | 'net.duplicate' | 'net.reorder' | 'net.delay' | 'net.corrupt' | 'conn.refuse' | 'conn.half-open' | 'conn.stall'

/** What may happen to single packets of a link for a while: an episode with its own dice, or listed occurrences. */
export interface PacketNoise {
  readonly kind: NoiseKind
  /**
   * The harm, or null: this packet is spared. Nanoseconds (a delay; how much later a duplicate comes; how long a packet is held back); for `net.corrupt`
   * the die that says which bits flip, below 0 when the typed datagrams' checksum is to notice.
   */
  strikes(channel: Channel, ordinal: number, attempt: number): number | null
}

/** A link that carries so many bytes a second only. */
export interface BandwidthNoise {
  readonly kind: 'net.bandwidth'
  /** How long a packet of this many bytes that is sent at `now` waits and travels through the bottleneck; null: the queue before it is full. */
  pass(link: Link, bytes: number, now: Nanos): Nanos | null
}

export type LinkNoise = PacketNoise | BandwidthNoise

/** A die for one packet of one channel: a pure function of all three, so that no other packet can shift it. */
export function packetDie(key: Key, channel: Channel, ordinal: number, attempt: number): number {
  return mix(mix(key.low + Math.imul(ordinal, 0x9e3779b1) + Math.imul(attempt, 0x85ebca6b)) ^ channel.word ^ key.high) >>> 0
}
