import type { DurableView } from '../../sim/host/seam.js'
import { lifeOf } from './life.js'
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

  /** The life of the member that the newest segment is of, or what follows its departure there: as the member says it. */
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
  /** With the life of the host in which the log last named them. */
  readonly #byNumber = new Map<number, { readonly log: GroupReader; readonly named: number }>()
  readonly #byName = new Map<string, GroupReader>()

  constructor(view: DurableView, directory: string) {
    this.#follower = new WalFollower(view, directory, { replay: (record) => this.#replay(record), reset: () => this.#reset() })
  }

  get incarnation(): number {
    return this.#follower.incarnation
  }

  /** Empty until something of the group is durable. */
  of(group: string): DurableLog {
    return this.#of(group)
  }

  #of(group: string): GroupReader {
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
    if (record.kind === 'named') this.#byNumber.set(record.group, { log: this.#of(record.name), named: this.incarnation })
    if (record.kind !== 'grouped' && record.kind !== 'left') return
    const group = this.#byNumber.get(record.group)
    if (group === undefined) return
    const { log, named } = group
    if (record.kind === 'grouped') log.take(record.record)
    else {
      this.#byNumber.delete(record.group)
      log.leave()
      // A life that only says again what the one before said of a departure names the group no more.
      if (named === this.incarnation) log.noteDeparture()
    }
    log.version++
  }

  #reset(): void {
    this.#byNumber.clear()
    for (const log of this.#byName.values()) {
      log.reset()
      log.version++
    }
  }
}

class GroupReader extends DurableLog {
  readonly #shared: SharedLogReader
  /** How often the group left in one life of the host. */
  #departures = { incarnation: 0, count: 0 }

  constructor(shared: SharedLogReader) {
    super()
    this.#shared = shared
  }

  override get incarnation(): number {
    const { incarnation } = this.#shared
    return lifeOf(incarnation, this.#departuresIn(incarnation))
  }

  noteDeparture(): void {
    const { incarnation } = this.#shared
    this.#departures = { incarnation, count: this.#departuresIn(incarnation) + 1 }
  }

  /** The disk is another, whose lives may be counted from the start. */
  reset(): void {
    this.forget()
    this.#departures = { incarnation: 0, count: 0 }
  }

  #departuresIn(life: number): number {
    const { incarnation, count } = this.#departures
    return incarnation === life ? count : 0
  }

  override follow(incarnation: number): boolean {
    return this.#shared.follow(incarnation)
  }
}
