import type { Configuration } from './configuration.js'
import type { Entry, ExpectedSnapshot, HardState, Position, RaftChange } from './messages.js'
import type { WalImage } from './wal-image.js'
import type { SegmentHeader } from './wal-record.js'
import type { SegmentPlace } from './wal-segments.js'

/** What a member's log says at one point of it, as far as the header of a segment that begins there has to say it again. */
export interface WalTail {
  hardState: HardState
  suspect: boolean
  wiped: boolean
  base: Position
  configuration: Configuration | null
  expected: ExpectedSnapshot | null
  lastIndex: number
  /** Of the last save. */
  token: number
  /** Of the entries in the batch that is being collected. */
  highestIndex: number
}

export function tailOf({ hardState, suspect, wiped, base, configuration, expected, lastIndex }: WalImage): WalTail {
  return { hardState, suspect, wiped, base, configuration, expected, lastIndex, token: 0, highestIndex: 0 }
}

export function replacesEntries(saved: WalTail, change: RaftChange): boolean {
  return change.kind === 'entries' && (change.entries[0] as Entry).index <= saved.lastIndex
}

export function noteChange(saved: WalTail, token: number, change: RaftChange): void {
  saved.token = token
  switch (change.kind) {
    case 'hard-state':
      saved.hardState = change.hardState
      break
    case 'entries':
      saved.lastIndex = (change.entries[change.entries.length - 1] as Entry).index
      if (saved.lastIndex > saved.highestIndex) saved.highestIndex = saved.lastIndex
      break
    case 'compacted':
      if (change.base.index > saved.base.index) {
        saved.base = change.base
        saved.configuration = change.configuration
      }
      break
    case 'expected':
      saved.expected = change.expected
      break
    case 'restored':
      saved.base = change.base
      saved.configuration = change.configuration
      saved.lastIndex = change.base.index
      break
    case 'trusted':
      saved.suspect = false
      saved.wiped = false
  }
}

/** The record that every segment begins with: the state, and the log from `from` on. */
export function headerRecord(place: SegmentPlace, state: HeaderState, from: number, entries: readonly Entry[]): SegmentHeader {
  const { hardState, suspect, wiped, base, configuration, expected } = state
  return { kind: 'segment', ...place, hardState, suspect, wiped, base, configuration, expected, from, entries }
}

export type HeaderState = Pick<SegmentHeader, 'hardState' | 'suspect' | 'wiped' | 'base' | 'configuration' | 'expected'>
