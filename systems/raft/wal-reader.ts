import type { DurableView } from '../../sim/host/seam.js'
import type { HardState } from './messages.js'
import { WalFollower } from './wal-follower.js'
import { WalImage } from './wal-image.js'
import type { PlainRecord, ReadRecord } from './wal-record.js'

/** A member's log as its disk holds it for certain: what the member would find if its power were lost now. */
export abstract class DurableLog {
  /** Rises whenever something new was read, for those who share a reader. */
  version = 0
  #image = new WalImage<number>()

  get hardState(): HardState {
    return this.#image.hardState
  }

  get lastIndex(): number {
    return this.#image.lastIndex
  }

  /** All up to here may be gone from the log: the state machine holds it. */
  get snapshotIndex(): number {
    return this.#image.base.index
  }

  get snapshotTerm(): number {
    return this.#image.base.term
  }

  /** True while what the member acknowledges does not count. */
  get suspect(): boolean {
    return this.#image.suspect
  }

  /** A suspect may have forgotten terms and votes, too: its disk was lost. */
  get wiped(): boolean {
    return this.#image.wiped
  }

  /** The term of the durable entry at `index`; undefined when there is none (any more). */
  termAt(index: number): number | undefined {
    return this.#image.termAt(index)
  }

  /** Does the member durably hold the entry of this index and term, or a state that covers it? */
  holds(index: number, term: number): boolean {
    const { base } = this.#image
    return index < base.index || this.#image.termAt(index) === term
  }

  /** The life of the member that wrote the newest segment. */
  abstract readonly incarnation: number

  /** Takes in what became durable since the last call; `incarnation` is the member's life. Answers whether anything did, of this member or another in the same log. */
  abstract follow(incarnation: number): boolean

  take(record: PlainRecord<number>): void {
    this.#image.replay(record)
  }

  forget(): void {
    this.#image = new WalImage<number>()
  }

  /** The member has left: should it come back, it has forgotten what it said. */
  leave(): void {
    this.forget()
    this.#image.suspect = true
    this.#image.wiped = true
  }
}

/** Follows the log that a member has of its own from outside. */
export class WalReader extends DurableLog {
  readonly #follower: WalFollower

  constructor(view: DurableView, directory: string) {
    super()
    this.#follower = new WalFollower(view, directory, {
      replay: (record) => {
        if (record.kind !== 'grouped' && record.kind !== 'named' && record.kind !== 'left') this.take(record)
      },
      reset: () => this.forget(),
    })
  }

  override get incarnation(): number {
    return this.#follower.incarnation
  }

  override follow(incarnation: number): boolean {
    const isNew = this.#follower.follow(incarnation)
    if (isNew) this.version++
    return isNew
  }
}

/** Follows a log that groups share. */
export class SharedLogReader {
  readonly #follower: WalFollower
  readonly #byNumber = new Map<number, DurableLog>()
  readonly #byName = new Map<string, GroupReader>()

  constructor(view: DurableView, directory: string) {
    this.#follower = new WalFollower(view, directory, { replay: (record) => this.#replay(record), reset: () => this.#reset() })
  }

  get incarnation(): number {
    return this.#follower.incarnation
  }

  /** Empty until something of the group is durable. */
  of(group: string): DurableLog {
    let log = this.#byName.get(group)
    if (log === undefined) {
      log = new GroupReader(this)
      this.#byName.set(group, log)
    }
    return log
  }

  /** Takes in what became durable since the last call: the versions of the groups concerned rise. Answers whether anything did. */
  follow(incarnation: number): boolean {
    return this.#follower.follow(incarnation)
  }

  #replay(record: ReadRecord<number>): void {
    if (record.kind === 'named') this.#byNumber.set(record.group, this.of(record.name))
    if (record.kind !== 'grouped' && record.kind !== 'left') return
    const log = this.#byNumber.get(record.group)
    if (log === undefined) return
    if (record.kind === 'grouped') log.take(record.record)
    else {
      this.#byNumber.delete(record.group)
      log.leave()
    }
    log.version++
  }

  #reset(): void {
    this.#byNumber.clear()
    for (const log of this.#byName.values()) {
      log.forget()
      log.version++
    }
  }
}

class GroupReader extends DurableLog {
  readonly #shared: SharedLogReader

  constructor(shared: SharedLogReader) {
    super()
    this.#shared = shared
  }

  override get incarnation(): number {
    return this.#shared.incarnation
  }

  override follow(incarnation: number): boolean {
    return this.#shared.follow(incarnation)
  }
}
