import type { Nanos } from '../host/seam.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import type { Bottleneck } from './bandwidth.js'
import type { Endpoint } from './endpoint.js'
import type { LatencyProfile } from './latency.js'
import type { MessageType } from './message-type.js'
import type { LinkNoise } from './noise.js'

/** Packets of one message type on one link: what dice and listed injections count. */
export class Channel {
  sent = 0
  readonly word: number
  constructor(
    readonly link: Link,
    readonly type: MessageType,
  ) {
    this.word = type.word ^ link.key.low
  }

  /** `gateway-1>replica-1 store.put` */
  get site(): string {
    return `${this.link.site} ${this.type.name}`
  }
}

/** One direction between two hosts. FIFO, unless reordering acts. */
export class Link {
  /** Of the latencies. */
  key: Key
  /** By message type. */
  readonly channels: (Channel | undefined)[] = []
  /** Nothing is the matter: the fast path. */
  isQuiet = true
  /** Rises by two with every cut and clog, so that a packet in flight learns of them when it arrives; odd marks were sent under a clog, -1 under a cut. */
  epoch = 0
  /** The epoch of the latest cut. */
  cutEpoch = 0
  /** Partitions that cut this link now. */
  cuts = 0
  clogUntil: Nanos = -1
  lastDatagramArrival: Nanos = 0
  lastStreamArrival: Nanos = 0
  /** The other direction, once it was used. */
  back: Link | null = null
  /** Stream packets that wait for the end of a cut, in order. */
  parked: Parked[] = []
  noise: readonly LinkNoise[] = []
  /** null: any number of bytes a second. */
  bottleneck: Bottleneck | null = null

  constructor(
    readonly from: Endpoint,
    readonly to: Endpoint,
    networkKey: Key,
    public latency: LatencyProfile,
  ) {
    this.key = deriveKey(networkKey, this.site)
  }

  get site(): string {
    return `${this.from.name}>${this.to.name}`
  }

  /** Latencies come from another key from now on; the channels keep the words that they are folded and struck by. */
  rekey(networkKey: Key): void {
    this.key = deriveKey(networkKey, this.site)
  }

  channel(type: MessageType): Channel {
    let channel = this.channels[type.id]
    if (channel === undefined) {
      channel = new Channel(this, type)
      while (this.channels.length <= type.id) this.channels.push(undefined)
      this.channels[type.id] = channel
    }
    return channel
  }

  get isCut(): boolean {
    return this.cuts > 0
  }

  cut(): void {
    this.cuts++
    this.epoch += 2
    this.cutEpoch = this.epoch
    this.isQuiet = false
  }

  clog(until: Nanos): void {
    if (until > this.clogUntil) this.clogUntil = until
    this.epoch += 2
    this.isQuiet = false
  }

  /** Says again whether anything is the matter. */
  settle(now: Nanos): void {
    this.isQuiet = this.cuts === 0 && this.clogUntil <= now && this.noise.length === 0 && this.bottleneck === null
  }
}

/** A packet that waits: what is needed to send it again. */
export interface Parked {
  readonly kind: number
  readonly channel: Channel
  readonly a: unknown
  readonly c: unknown
}
