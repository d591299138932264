import type { HostName, Nanos } from '../host/seam.js'
import type { Kernel } from './kernel.js'

/** One line of a trace. The object is reused between calls: copy what you keep. */
export interface TraceRecord {
  readonly step: number
  readonly at: Nanos
  readonly host: HostName | null
  readonly incarnation: number
  readonly kind: string
  readonly cause: number
  readonly detail: string
  /** The running 64-bit hash after this record, 16 hexadecimal digits. */
  readonly hash: string
}

/** What a sink may look at beside the records: the hosts as they are. */
export interface TracedRun {
  readonly kernel: Kernel
  host(name: HostName): TracedHost | undefined
  /** The system's own columns for the process on a host, in a fixed order; empty while none is up. */
  columns(name: HostName): Readonly<Record<string, string | number>>
}
export interface TracedHost {
  readonly role: string
  readonly status: string
}

/**
 * `begin`: once, before the first step. `step`: one a step, at its end. `note`: what happened inside a step (a send, a write, a log line), before its
 * step's record.
 */
export interface TraceSink {
  begin?(run: TracedRun): void
  step(record: TraceRecord): void
  note?(record: TraceRecord): void
}

/**
 * The running 64-bit hash over everything that a run does: two 32-bit lanes of integer mixes, about 2 ns a word.
 * Equal runs have equal hashes after every step, so that the first difference can be found by comparing them.
 */
export class TraceHash {
  high = 0x6a09e667 | 0
  low = 0xbb67ae85 | 0

  fold(word: number): void {
    const high = Math.imul(this.high ^ word, 0x9e3779b1)
    this.high = ((high ^ (high >>> 15)) + 0x6d2b79f5) | 0
    const low = Math.imul(this.low + word + 0x7ed55d16, 0x85ebca6b)
    this.low = (low ^ (low >>> 13)) | 0
  }

  /** A time or another integer up to 2^53. */
  foldInteger(value: number): void {
    this.fold(value | 0)
    this.fold((value / 0x1_0000_0000) | 0)
  }

  toString(): string {
    return hexadecimal(this.high) + hexadecimal(this.low)
  }
}

const digits: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function hexadecimal(word: number): string {
  return (digits[word >>> 24] as string) + digits[(word >>> 16) & 255] + digits[(word >>> 8) & 255] + digits[word & 255]
}
