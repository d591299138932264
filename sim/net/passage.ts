import { ms } from '../host/durations.js'
import type { Nanos } from '../host/seam.js'
import { datagram, message, reply, request, reset, segment } from '../kernel/event.js'
import type { Segment } from './connection/segment.js'
import { corruptValue } from './corruption.js'
import type { DatagramPacket } from './datagram.js'
import type { Channel } from './link.js'
import type { BandwidthNoise, PacketNoise } from './noise.js'
import { packetSize } from './packet-size.js'

/** Linux' smallest retransmission timeout; doubles with every loss in a row. */
export const retransmissionTimeout = ms(200)
const retransmissionDoublings = 4
const mostAttempts = 16

/**
 * What becomes of a packet on a link where something is the matter. `broken`: the connection under a stream protocol broke at this packet.
 * `refused`: it was turned away at the door.
 */
export type Fate = 'arrives' | 'lost' | 'broken' | 'refused'

/** One packet's way through the noises of its link, and through its bandwidth. */
export class Passage {
  /** It came before others that were sent earlier. */
  overtakes = false
  /** When it arrives once more. */
  readonly repeats: Nanos[] = []

  constructor(
    readonly kind: number,
    readonly channel: Channel,
    readonly ordinal: number,
    readonly now: Nanos,
    public at: Nanos,
    public content: unknown,
  ) {}

  go(): Fate {
    const { link } = this.channel
    if (link.bottleneck !== null && !this.#squeeze((bytes, now) => link.bottleneck?.pass(bytes, now) ?? null)) return 'lost'
    for (const noise of link.noise) {
      const fate = noise.kind === 'net.bandwidth' ? this.#throttle(noise) : this.#suffer(noise)
      if (fate !== 'arrives') return fate
    }
    return 'arrives'
  }

  #throttle(noise: BandwidthNoise): Fate {
    return this.#squeeze((bytes, now) => noise.pass(this.channel.link, bytes, now)) ? 'arrives' : 'lost'
  }

  #squeeze(pass: (bytes: number, now: Nanos) => Nanos | null): boolean {
    const bytes = packetSize(this.kind, this.content)
    let wait = 0
    for (let attempt = 0; ; attempt++) {
      const takes = pass(bytes, this.now + wait)
      if (takes !== null) {
        this.at += wait + takes
        return true
      }
      if (!this.channel.type.isStream || attempt === mostAttempts) return this.channel.type.isStream
      wait += timeoutAfter(attempt)
    }
  }

  #suffer(noise: PacketNoise): Fate {
    const { channel, ordinal } = this
    const { isStream } = channel.type
    if (!concerns(noise, this.kind, isStream)) return 'arrives'
    const harm = noise.strikes(channel, ordinal, 0)
    if (harm === null) return 'arrives'
    switch (noise.kind) {
      case 'net.drop':
        if (!isStream) return 'lost'
        this.#retry(noise)
        return 'arrives'
      case 'net.delay':
        this.at += harm
        return 'arrives'
      case 'net.duplicate':
        if (!isStream) this.repeats.push(this.at + harm)
        return 'arrives'
      case 'net.reorder':
        if (isStream) return 'arrives'
        this.at += harm
        this.overtakes = true
        return 'arrives'
      case 'net.corrupt':
        return this.#corrupt(harm)
      case 'conn.half-open':
        return 'lost'
      case 'conn.stall':
        if (this.at < this.now + harm) this.at = this.now + harm
        return 'arrives'
      case 'conn.refuse':
        return 'refused'
    }
  }

  /** A lost packet of a stream is sent again until it gets through. */
  #retry(noise: PacketNoise): void {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      this.at += timeoutAfter(attempt)
      if (noise.strikes(this.channel, this.ordinal, attempt + 1) === null) return
    }
  }

  #corrupt(die: number): Fate {
    const word = Math.abs(die)
    if (this.kind === segment) this.content = (this.content as Segment).corrupted()
    else if (this.kind === datagram) this.content = (this.content as DatagramPacket).corrupted(word)
    else if (this.channel.type.isStream) return 'broken'
    else if (die < 0) return 'lost'
    else this.content = corruptValue(this.content, word)
    return 'arrives'
  }
}

/** Whether a noise has anything to do with a packet of this kind. */
function concerns(noise: PacketNoise, kind: number, isStream: boolean): boolean {
  switch (noise.kind) {
    case 'net.corrupt':
      return kind !== reset
    case 'conn.refuse':
      return isStream && (kind === request || kind === message)
    case 'conn.half-open':
      return isStream && (kind === request || kind === message || kind === reply)
    case 'conn.stall':
      return isStream
    default:
      return true
  }
}

function timeoutAfter(losses: number): Nanos {
  return retransmissionTimeout * 2 ** Math.min(losses, retransmissionDoublings)
}
