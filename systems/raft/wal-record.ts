import { Misuse } from '../../sim/host/errors.js'
import { type Configuration, decodeConfiguration, encodeConfiguration } from './configuration.js'
import type { Entry, ExpectedSnapshot, HardState, Position, RaftChange } from './messages.js'
import { type FrameBuffer, word32 } from './wal-frame.js'

/** One record of the write-ahead log: a change that the core saves, or what the log adds of its own. */
export type WalRecord = RaftChange | SegmentHeader | Padding

/** A record of a log that groups share: `group` is the number that the log gave the group, which a `named` record ties to its name. */
export type SharedRecord = Grouped | Named | Left

export interface Grouped<Record = RaftChange | SegmentHeader> {
  readonly kind: 'grouped'
  readonly group: number
  readonly record: Record
}

export interface Named {
  readonly kind: 'named'
  readonly group: number
  readonly name: string
}

/** The group has left this host: its records before this one say nothing any more. None follow; should it come back, it gets another number. */
export interface Left {
  readonly kind: 'left'
  readonly group: number
}

/** The number of no group, in a `left` record that says only that some group has left this host: each segment begins with it from then on. */
export const someGroup = 0

/** A record as it is read. `Item` is what is wanted of an entry: all of it, or its term alone, for those who only look on. */
export type ReadRecord<Item> = PlainRecord<Item> | Grouped<PlainRecord<Item>> | Named | Left

/** One that is of one group, whichever. */
export type PlainRecord<Item> = Exclude<RaftChange, { kind: 'entries' }> | ReadEntries<Item> | SegmentHeader<Item> | Padding

export interface ReadEntries<Item> {
  readonly kind: 'entries'
  /** Index of the first. */
  readonly from: number
  readonly entries: readonly Item[]
}

/** The first record of every segment: enough to start a replay from it. */
export interface SegmentHeader<Item = Entry> {
  readonly kind: 'segment'
  readonly number: number
  /** Number of the segment before, 0 for the first of all; and how many of its bytes count. What follows those was not known to be durable and is repeated in `entries`. */
  readonly previous: number
  readonly previousEnd: number
  /** The life of the member that wrote it. */
  readonly incarnation: number
  readonly hardState: HardState
  readonly suspect: boolean
  readonly wiped: boolean
  readonly base: Position
  /** As in `Durable`. */
  readonly configuration: Configuration | null
  readonly expected: ExpectedSnapshot | null
  /** The log from here on is `entries`. */
  readonly from: number
  readonly entries: readonly Item[]
}

/** Keeps the two copies of a hard state in different sectors. */
export interface Padding {
  readonly kind: 'padding'
  readonly length: number
}

const kinds = {
  segment: 1,
  'hard-state': 2,
  entries: 3,
  compacted: 4,
  restored: 5,
  trusted: 6,
  padding: 7,
  expected: 8,
  grouped: 9,
  named: 10,
  left: 11,
} as const
const entryKinds = ['noop', 'normal', 'configuration'] as const
const format = 1

/** Writes one record as the payload of a frame of its own. */
export function writeRecord(to: FrameBuffer, record: WalRecord): void {
  to.begin()
  writePayload(to, record)
}

/** The same, of one of the groups that share a log. */
export function writeSharedRecord(to: FrameBuffer, shared: SharedRecord): void {
  to.begin()
  to.byte(kinds[shared.kind])
  to.word(shared.group)
  if (shared.kind === 'named') to.bytes(new TextEncoder().encode(shared.name))
  else if (shared.kind === 'grouped') writePayload(to, shared.record)
}

function writePayload(to: FrameBuffer, record: WalRecord): void {
  to.byte(kinds[record.kind])
  switch (record.kind) {
    case 'segment':
      to.word(format)
      to.integer(record.number)
      to.integer(record.previous)
      to.integer(record.previousEnd)
      to.integer(record.incarnation)
      writeHardState(to, record.hardState)
      to.byte((record.suspect ? 1 : 0) | (record.wiped ? 2 : 0))
      writePosition(to, record.base)
      to.integer(record.from)
      writeEntries(to, record.entries, record.from)
      writeConfiguration(to, record.configuration)
      if (record.expected === null) return
      // A group that never changed writes neither.
      if (record.configuration === null) to.word(0)
      writeExpected(to, record.expected)
      return
    case 'hard-state':
      writeHardState(to, record.hardState)
      return
    case 'entries': {
      const first = record.entries[0]
      if (first === undefined) throw new Misuse('a record of entries holds at least one')
      to.integer(first.index)
      writeEntries(to, record.entries, first.index)
      return
    }
    case 'compacted':
    case 'restored':
      writePosition(to, record.base)
      writeConfiguration(to, record.configuration)
      return
    case 'expected':
      writeExpected(to, record.expected)
      return
    case 'trusted':
      return
    case 'padding':
      to.fill(0xff, record.length)
  }
}

/**
 * Reads the record in `bytes[start, end)`, whose checksum was found to be right; null when it is none that this version writes.
 * Entries' data are views of `bytes`.
 */
export function readRecord(bytes: Uint8Array, start: number, end: number): ReadRecord<Entry> | null {
  return new EntryReader().read(bytes, start, end)
}

/** The same, but of entries their terms only. */
export function readTerms(bytes: Uint8Array, start: number, end: number): ReadRecord<number> | null {
  return new TermReader().read(bytes, start, end)
}

function writeHardState(to: FrameBuffer, hardState: HardState): void {
  to.integer(hardState.term)
  to.integer(hardState.vote === null ? 0 : hardState.vote + 1)
}

function writePosition(to: FrameBuffer, position: Position): void {
  to.integer(position.index)
  to.integer(position.term)
}

function writeConfiguration(to: FrameBuffer, configuration: Configuration | null): void {
  if (configuration === null) return
  const bytes = encodeConfiguration(configuration)
  to.word(bytes.length)
  to.bytes(bytes)
}

function writeExpected(to: FrameBuffer, { snapshot, configuration }: ExpectedSnapshot): void {
  writePosition(to, snapshot)
  writeConfiguration(to, configuration)
}

function writeEntries(to: FrameBuffer, entries: readonly Entry[], first: number): void {
  to.word(entries.length)
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as Entry
    if (entry.index !== first + i) throw new Misuse(`entries of one record follow each other: ${entry.index} is at the place of ${first + i}`)
    to.integer(entry.term)
    to.byte(entryKinds.indexOf(entry.kind))
    to.word(entry.data.length)
    to.bytes(entry.data)
  }
}

/** Reads past the end answer zeros and leave `isAtEnd` false: one check suffices at the end. */
abstract class PayloadReader<Item> {
  #bytes = noBytes
  #at = 0
  #end = 0

  /** Reads the record in `bytes[start, end)`, as `readRecord` does. */
  read(bytes: Uint8Array, start: number, end: number): ReadRecord<Item> | null {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    const record = this.#any()
    this.#bytes = noBytes
    return this.#isAtEnd ? record : null
  }

  /** What is wanted of the entries that follow here. */
  protected abstract items(first: number): readonly Item[]

  get #isAtEnd(): boolean {
    return this.#at === this.#end
  }

  #any(): ReadRecord<Item> | null {
    const kind = this.#byte()
    if (kind === kinds.named) return { kind: 'named', group: this.#word(), name: this.#rest() }
    if (kind === kinds.left) return { kind: 'left', group: this.#word() }
    if (kind !== kinds.grouped) return this.#plain(kind)
    const group = this.#word()
    const record = this.#plain(this.#byte())
    return record === null ? null : { kind: 'grouped', group, record }
  }

  #plain(kind: number): PlainRecord<Item> | null {
    switch (kind) {
      case kinds.segment: {
        if (this.#word() !== format) return null
        const number = this.#integer()
        const previous = this.#integer()
        const previousEnd = this.#integer()
        const incarnation = this.#integer()
        const hardState = this.#hardState()
        const flags = this.#byte()
        const suspect = (flags & 1) !== 0
        const wiped = (flags & 2) !== 0
        const base = this.#position()
        const from = this.#integer()
        const entries = this.items(from)
        const configuration = this.#configuration()
        const expected = this.#isAtEnd ? null : this.#expected()
        return { kind: 'segment', number, previous, previousEnd, incarnation, hardState, suspect, wiped, base, configuration, expected, from, entries }
      }
      case kinds['hard-state']:
        return { kind: 'hard-state', hardState: this.#hardState() }
      case kinds.entries: {
        const from = this.#integer()
        return { kind: 'entries', from, entries: this.items(from) }
      }
      case kinds.compacted:
        return { kind: 'compacted', base: this.#position(), configuration: this.#configuration() }
      case kinds.restored:
        return { kind: 'restored', base: this.#position(), configuration: this.#configuration() }
      case kinds.expected: {
        const expected = this.#expected()
        return expected === null ? null : { kind: 'expected', expected }
      }
      case kinds.trusted:
        return { kind: 'trusted' }
      case kinds.padding: {
        const length = this.#end - this.#at
        this.#at = this.#end
        return { kind: 'padding', length }
      }
      default:
        return null
    }
  }

  protected entries(first: number): Entry[] {
    const count = this.#word()
    const entries: Entry[] = []
    for (let index = first; index < first + count && this.#at < this.#end; index++) {
      const term = this.#integer()
      const kind = entryKinds[this.#byte()] ?? 'normal'
      const length = this.#word()
      const data = this.#bytes.subarray(this.#at, this.#at + length)
      this.#at += length
      entries.push({ index, term, kind, data })
    }
    return entries
  }

  /** Most records hold one entry: its term goes into `one`, a list of one. */
  protected terms(one: number[]): readonly number[] {
    const count = this.#word()
    if (this.#at >= this.#end) return []
    if (count === 1) {
      one[0] = this.#term()
      return one
    }
    const terms: number[] = []
    for (let i = 0; i < count && this.#at < this.#end; i++) terms.push(this.#term())
    return terms
  }

  /** Of the entry that follows here, which it passes over. */
  #term(): number {
    const term = this.#integer()
    this.#at += 1
    const length = this.#word()
    this.#at += length
    return term
  }

  #rest(): string {
    const bytes = this.#bytes.subarray(this.#at, this.#end)
    this.#at = this.#end
    return new TextDecoder().decode(bytes)
  }

  /** null: the record ends here, or holds none. */
  #configuration(): Configuration | null {
    if (this.#isAtEnd) return null
    const length = this.#word()
    if (length === 0 || this.#at + length > this.#end) return null
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return decodeConfiguration(bytes)
  }

  #expected(): ExpectedSnapshot | null {
    const snapshot = this.#position()
    const configuration = this.#configuration()
    return configuration === null ? null : { snapshot, configuration }
  }

  #hardState(): HardState {
    const term = this.#integer()
    const vote = this.#integer()
    return { term, vote: vote === 0 ? null : vote - 1 }
  }

  #position(): Position {
    const index = this.#integer()
    return { index, term: this.#integer() }
  }

  #byte(): number {
    const value = this.#at < this.#end ? (this.#bytes[this.#at] as number) : 0
    this.#at += 1
    return value
  }

  #word(): number {
    const value = this.#at + 4 <= this.#end ? word32(this.#bytes, this.#at) : 0
    this.#at += 4
    return value
  }

  #integer(): number {
    const low = this.#word()
    const high = this.#word()
    // Sums and products of what is too large for a small integer are kept as floating point by V8, small as they may be: lists of them would be converted.
    return high === 0 ? low : high * 0x1_0000_0000 + low
  }
}

const noBytes: Uint8Array = new Uint8Array(0)

class EntryReader extends PayloadReader<Entry> {
  protected override items(first: number): readonly Entry[] {
    return this.entries(first)
  }
}

/** Reads records for those who take in one before they ask for the next: the list of its terms may be used again. */
export class TermReader extends PayloadReader<number> {
  readonly #one = [0]

  protected override items(): readonly number[] {
    return this.terms(this.#one)
  }
}
