import type { ConnectionPair } from './connection-pair.js'

export const syn = 1
export const fin = 2
export const rst = 4
/** Carries nothing, and wants an answer: of a closed window, or of a silent peer. */
export const probe = 8
/** Bits were flipped on its way: only the fault does that. */
export const corrupt = 16

/** What travels: TCP's segment. Sequence numbers count the bytes of one direction from 0; the end of the stream counts as one more. */
export class Segment {
  constructor(
    readonly pair: ConnectionPair,
    readonly toDialler: boolean,
    readonly flags: number,
    readonly sequence: number,
    /** All before it has arrived; -1: nothing is acknowledged (the first SYN). */
    readonly acknowledged: number,
    /** How many bytes may follow what is acknowledged. */
    readonly window: number,
    readonly bytes: Uint8Array,
  ) {}

  get isCorrupt(): boolean {
    return (this.flags & corrupt) !== 0
  }

  corrupted(): Segment {
    return new Segment(this.pair, this.toDialler, this.flags | corrupt, this.sequence, this.acknowledged, this.window, this.bytes)
  }

  /** The sender first: `gateway-1>replica-1:7000 #2 fin 100..250 ack 80 window 262144`, and back `replica-1:7000>gateway-1 #2 at 80 …`. */
  toString(): string {
    const { flags, sequence, acknowledged, window, bytes } = this
    const names = flagNames.filter(([flag]) => (flags & flag) !== 0).map(([, name]) => name)
    const range = bytes.length > 0 ? `${sequence}..${sequence + bytes.length}` : `at ${sequence}`
    return [
      this.toDialler ? this.pair.backSite : this.pair.site,
      ...names,
      range,
      ...(acknowledged < 0 ? [] : [`ack ${acknowledged}`]),
      `window ${window}`,
    ].join(' ')
  }
}

const flagNames: readonly (readonly [number, string])[] = [
  [syn, 'syn'],
  [fin, 'fin'],
  [rst, 'rst'],
  [probe, 'probe'],
  [corrupt, 'corrupt'],
]

/** Bytes of the headers of IPv4 and TCP, for links that have a bandwidth. */
export const segmentHeader = 40
