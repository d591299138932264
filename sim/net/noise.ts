import type { Nanos } from '../host/seam.js'
import { type Key, mix } from '../kernel/mix.js'
import type { Channel } from './link.js'

export type NoiseKind = 'net.drop' | 'net.duplicate' | 'net.reorder' | 'net.delay'

/** What may happen to single packets of a link for a while: an episode with its own dice, or listed occurrences. */
export interface PacketNoise {
  readonly kind: NoiseKind
  /** Nanoseconds of harm (a delay; how much later a duplicate comes; how long a packet is held back), or null: this packet is spared. */
  strikes(channel: Channel, ordinal: number, attempt: number): Nanos | null
}

/** A die for one packet of one channel: a pure function of all three, so that no other packet can shift it. */
export function packetDie(key: Key, channel: Channel, ordinal: number, attempt: number): number {
  return mix(mix(key.low + Math.imul(ordinal, 0x9e3779b1) + Math.imul(attempt, 0x85ebca6b)) ^ channel.word ^ key.high) >>> 0
}
