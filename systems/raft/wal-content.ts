import type { Entry, HardState } from './messages.js'
import { WalImage } from './wal-image.js'
import { type PlainRecord, type ReadRecord, someGroup } from './wal-record.js'

/** What recovery reads a log into. `Held`: what one segment holds, as far as is needed to tell when it may go. */
export interface WalContent<Held> {
  /** Answers why the record cannot follow the ones before it, or nothing. `isDurable`: it is known to have reached the disk as a whole. */
  take(record: ReadRecord<Entry>, isDurable: boolean): string | undefined
  /** What the records since the last call hold: those of one segment. */
  endSegment(): Held
  /** A whole record after the damage. */
  takeStray(record: ReadRecord<number>): void
  /** Why the whole does not amount to a log, or nothing. */
  readonly mistake: string | undefined
}

/** The log of one member, alone or among others. */
export class MemberContent implements WalContent<number> {
  readonly image = new WalImage()
  #repeatFrom = Number.POSITIVE_INFINITY
  #highestIndex = 0

  /** Entries from here on are in the log, but not known to be durable: the next segment has to repeat them. */
  get repeatFrom(): number {
    return Math.min(this.#repeatFrom, this.image.lastIndex + 1)
  }

  get mistake(): string | undefined {
    return this.image.mistake
  }

  take(record: ReadRecord<Entry>, isDurable: boolean): string | undefined {
    if (record.kind === 'grouped' || record.kind === 'named' || record.kind === 'left') return 'a record of a log that groups share'
    return this.takePlain(record, isDurable)
  }

  takePlain(record: PlainRecord<Entry>, isDurable: boolean): string | undefined {
    const mistake = this.image.replay(record)
    if (mistake) return mistake
    if (record.kind === 'entries' || record.kind === 'segment') {
      this.#highestIndex = Math.max(this.#highestIndex, this.image.lastIndex)
      if (!isDurable) this.#repeatFrom = Math.min(this.#repeatFrom, record.from)
    } else if (record.kind === 'restored' && !isDurable) this.#repeatFrom = Math.min(this.#repeatFrom, record.base.index + 1)
    return undefined
  }

  endSegment(): number {
    const highestIndex = this.#highestIndex
    this.#highestIndex = 0
    return highestIndex
  }

  /** A hard state that was written but never synced was never acted upon: taking it over is safe, forgetting one that was synced is not. */
  takeStray(record: ReadRecord<number>): void {
    if (record.kind === 'hard-state' || record.kind === 'segment') this.image.hardState = newer(this.image.hardState, record.hardState)
  }
}

/** The logs of all groups that share one. */
export class SharedContent implements WalContent<Map<number, number>> {
  /** By number, in the order in which the groups came; without those that left. */
  readonly groups = new Map<number, { readonly name: string; readonly content: MemberContent }>()
  /** Those that left, as the log says, but not where that is known to be durable: the next segment has to say it again. */
  readonly left = new Set<number>()
  /** Some group has left here, ever. */
  hasLeft = false
  /** Of all that the log ever gave, as far as it goes back. */
  highestNumber = 0

  get mistake(): string | undefined {
    for (const { name, content } of this.groups.values()) if (content.mistake) return `${name}: ${content.mistake}`
    return undefined
  }

  take(record: ReadRecord<Entry>, isDurable: boolean): string | undefined {
    switch (record.kind) {
      case 'named':
        if (!this.groups.has(record.group)) this.groups.set(record.group, { name: record.name, content: new MemberContent() })
        this.highestNumber = Math.max(this.highestNumber, record.group)
        return undefined
      case 'left':
        this.#leave(record.group, isDurable)
        return undefined
      case 'grouped': {
        const group = this.groups.get(record.group)
        if (group === undefined) return `a record of group ${record.group}, which has no name`
        const mistake = group.content.takePlain(record.record, isDurable)
        return mistake && `${group.name}: ${mistake}`
      }
      case 'segment':
      case 'padding':
        return undefined
      default:
        return 'a record of a log that no groups share'
    }
  }

  endSegment(): Map<number, number> {
    const held = new Map<number, number>()
    for (const [number, { content }] of this.groups) {
      const highestIndex = content.endSegment()
      if (highestIndex > 0) held.set(number, highestIndex)
    }
    return held
  }

  takeStray(record: ReadRecord<number>): void {
    if (record.kind === 'grouped') this.groups.get(record.group)?.content.takeStray(record.record)
    // It was to go, and may have been told that it is gone.
    else if (record.kind === 'left') this.#leave(record.group, false)
  }

  #leave(group: number, isDurable: boolean): void {
    this.hasLeft = true
    if (group === someGroup) return
    this.groups.delete(group)
    this.highestNumber = Math.max(this.highestNumber, group)
    if (isDurable) this.left.delete(group)
    else this.left.add(group)
  }
}

function newer(one: HardState, other: HardState): HardState {
  return other.term > one.term || (other.term === one.term && one.vote === null) ? other : one
}
