import type { Configuration } from './configuration.js'
import type { Entry, ExpectedSnapshot, HardState, Position } from './messages.js'
import type { PlainRecord } from './wal-record.js'

/** What the records of a write-ahead log, replayed in order, amount to. `Item` is what is kept of an entry: all of it, or its term. */
export class WalImage<Item extends Entry | number = Entry> {
  hardState: HardState = { term: 0, vote: null }
  suspect = false
  wiped = false
  /** The log before its first entry: all up to here may be gone. */
  base: Position = { index: 0, term: 0 }
  /** That in force at the base; null: the group's first one. */
  configuration: Configuration | null = null
  expected: ExpectedSnapshot | null = null
  /** Consecutive from `first`. */
  entries: Item[] = []
  first = 1
  /** Segments replayed so far. */
  #segments = 0

  get lastIndex(): number {
    return this.first + this.entries.length - 1
  }

  /** The term of the entry at `index`, of the base too; undefined when the log does not hold it. */
  termAt(index: number): number | undefined {
    if (index === this.base.index) return this.base.term
    const item: Entry | number | undefined = this.entries[index - this.first]
    return typeof item === 'object' ? item.term : item
  }

  /** Answers why the record cannot follow the ones before it, or nothing. */
  replay(record: PlainRecord<Item>): string | undefined {
    switch (record.kind) {
      case 'entries':
        return this.#append(record.from, record.entries)
      case 'hard-state':
        this.hardState = record.hardState
        return undefined
      case 'compacted':
        this.#compact(record.base, record.configuration)
        return undefined
      case 'restored':
        this.entries = []
        this.base = record.base
        this.configuration = record.configuration
        this.first = record.base.index + 1
        return undefined
      case 'expected':
        this.expected = record.expected
        return undefined
      case 'trusted':
        this.suspect = false
        this.wiped = false
        return undefined
      case 'segment': {
        this.hardState = record.hardState
        this.suspect = record.suspect
        this.wiped = record.wiped
        if (this.#segments++ === 0) this.first = record.from
        if (record.base.index > this.lastIndex) {
          this.entries = []
          this.first = record.from
        }
        if (record.expected !== null) this.expected = record.expected
        const mistake = this.#append(record.from, record.entries)
        this.#compact(record.base, record.configuration)
        return mistake
      }
      case 'padding':
        return undefined
    }
  }

  /** Why the whole does not amount to a log, or nothing. */
  get mistake(): string | undefined {
    if (this.entries.length > 0 && this.first > this.base.index + 1) return `entries ${this.base.index + 1} to ${this.first - 1} are missing`
    return undefined
  }

  #append(from: number, entries: readonly Item[]): string | undefined {
    if (from > this.lastIndex + 1) return `an entry ${from} follows entry ${this.lastIndex}`
    if (from <= this.first) {
      this.entries = entries.slice()
      this.first = from
      return undefined
    }
    if (from <= this.lastIndex) this.entries.length = from - this.first
    for (let i = 0; i < entries.length; i++) this.entries.push(entries[i] as Item)
    return undefined
  }

  #compact(base: Position, configuration: Configuration | null): void {
    if (base.index < this.base.index) return
    this.base = base
    this.configuration = configuration
    const gone = base.index + 1 - this.first
    if (gone <= 0) return
    this.entries.splice(0, gone)
    this.first = base.index + 1
  }
}
