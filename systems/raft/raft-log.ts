import type { Entry, RaftChange } from './messages.js'
import type { WalImage } from './wal-image.js'

/** A member's write-ahead log as its process uses it: a log of its own (`write-ahead-log.ts`) or its part of one that groups share (`shared-log.ts`). */
export interface RaftLog {
  /** What recovery found; and whether it found nothing of this member at all. */
  readonly recovered: WalImage
  readonly isNew: boolean
  /** How often, in this life of the host, the member left and came back before this. */
  readonly rejoins?: number
  /** Bytes that wait for the disk. */
  readonly pendingBytes: number
  /** Tells the token of the last save of every batch that became durable; all before it are durable too. */
  onDurable(durable: (token: number) => void): void
  /** Notes a change for the next batch; tokens rise. It goes out with `flush`, and is durable when `onDurable` says so. Entries are copied. */
  save(token: number, change: RaftChange): void
  /** What was saved goes to the disk, now or right after the batch that is on its way. */
  flush(): void
  /** `live` answers all entries after the log's base, for a log that may have to write them again. */
  repeats?(live: () => readonly Entry[]): void
  /** Settles when all that was saved is durable, and told so. */
  drain(): Promise<void>
  /** Drains, and lets go of what it holds: nothing may be saved any more. */
  close(): Promise<void>
}
