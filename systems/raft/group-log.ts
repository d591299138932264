import { Misuse } from '../../sim/host/errors.js'
import type { Entry, RaftChange } from './messages.js'
import type { RaftLog } from './raft-log.js'
import type { WalImage } from './wal-image.js'
import { noteChange, tailOf, type WalTail } from './wal-tail.js'

/** What of the log that the groups share one of them needs. */
interface Shared {
  readonly pendingBytes: number
  save(part: GroupLog, change: RaftChange): void
  flush(): void
  settled(part: GroupLog): Promise<void>
}

/** What one group keeps in a log that groups share. */
export class GroupLog implements RaftLog {
  readonly saved: WalTail
  /** What was handed to the disk: with the batch that is on its way, and with the last one that is durable. */
  handed: WalTail
  written: WalTail
  isDirty = false
  isLeaving = false
  durableToken = 0
  readonly #log: Shared
  #isOpen = false
  #onDurable: (token: number) => void = () => {}
  #live: (() => readonly Entry[]) | null = null

  constructor(
    log: Shared,
    readonly number: number,
    readonly name: string,
    readonly recovered: WalImage,
    readonly isNew: boolean,
    readonly rejoins: number,
  ) {
    this.#log = log
    this.saved = tailOf(recovered)
    this.handed = { ...this.saved }
    this.written = this.handed
  }

  /** Throws when its member is here already, or leaves. */
  expectUnused(): void {
    if (this.isLeaving) throw new Misuse(`group ${this.name} is leaving this host`)
    if (this.#isOpen) throw new Misuse(`group ${this.name} is started already on this host`)
  }

  open(): void {
    this.expectUnused()
    this.#isOpen = true
  }

  giveBack(): void {
    this.#isOpen = false
  }

  leave(): void {
    if (this.isLeaving) throw new Misuse(`group ${this.name} is leaving this host`)
    this.isLeaving = true
  }

  get pendingBytes(): number {
    return this.#log.pendingBytes
  }

  /** Nothing of it waits for the disk. */
  get isSettled(): boolean {
    return this.saved.token === this.written.token
  }

  /** All entries after the base, those of a group that nobody started too. Only when it is settled. */
  live(): readonly Entry[] {
    const { base } = this.written
    const entries = this.#live === null ? this.recovered.entries : this.#live()
    const first = entries[0]?.index ?? base.index + 1
    return first > base.index ? entries : entries.slice(base.index + 1 - first)
  }

  repeats(live: () => readonly Entry[]): void {
    this.#live = live
  }

  onDurable(durable: (token: number) => void): void {
    this.#onDurable = durable
  }

  save(token: number, change: RaftChange): void {
    if (this.isLeaving) throw new Misuse(`group ${this.name} has left this host, and saves a change: ${change.kind}`)
    this.#log.save(this, change)
    noteChange(this.saved, token, change)
  }

  flush(): void {
    this.#log.flush()
  }

  drain(): Promise<void> {
    return this.#log.settled(this)
  }

  close(): Promise<void> {
    return this.drain()
  }

  /** The batch goes out. Answers whether segments may go once it is durable. */
  handOver(): boolean {
    this.isDirty = false
    const { base } = this.handed
    this.handed = { ...this.saved }
    this.saved.highestIndex = 0
    return this.handed.base.index > base.index
  }

  becameDurable(): void {
    this.written = this.handed
    this.durableToken = this.written.token
    this.#onDurable(this.durableToken)
  }
}
