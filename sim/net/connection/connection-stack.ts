import type { NetErrorCode } from '../../host/errors.js'
import type { Nanos } from '../../host/seam.js'
import type { KernelEvent } from '../../kernel/event.js'
import type { ConnectionEnd } from './connection-end.js'
import type { Segment } from './segment.js'

/** The machine that an end lies on. */
export interface ConnectionStack {
  readonly now: Nanos
  transmit(end: ConnectionEnd, segment: Segment): void
  schedule(end: ConnectionEnd, at: Nanos): KernelEvent
  cancel(event: KernelEvent): void
  /** Does something to an end, in a step of its own that belongs to its process. */
  soon(end: ConnectionEnd, what: string, run: () => void): void
  /** The end is over: nothing of it happens any more. */
  left(end: ConnectionEnd): void
}

/** The process's side of an end. */
export interface ConnectionOwner {
  opened(): void
  /** Bytes, or the stream's end, have come. */
  readable(): void
  /** There is more room to write. */
  writable(): void
  failed(code: NetErrorCode): void
}
