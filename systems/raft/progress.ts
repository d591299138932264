import type { MemberId, Position, Trust } from './messages.js'
import type { RaftOptions } from './options.js'

/** What a leader knows of one follower. */
export interface Progress {
  readonly member: MemberId
  /**
   * `probe`: looking for the place where the logs agree, one request at a time. `replicate`: they agree up to `matched`, entries are
   * streamed. `snapshot`: the entries it needs are compacted away, a snapshot is on its way.
   */
  mode: 'probe' | 'replicate' | 'snapshot'
  /** The logs are known to be equal, durably at the follower, up to here. */
  matched: number
  /** The next entry to send. */
  next: number
  /** While probing: a request is unanswered. */
  awaiting: boolean
  /** While replicating: the unanswered requests' last indexes and weights, oldest first. */
  inflightLast: number[]
  inflightBytes: number[]
  inflightTotal: number
  /** Heard since the last check of the quorum. */
  active: boolean
  /** The newest ReadIndex round it answered. */
  round: number
  /** The newest life of the follower that was heard; 0 before the first word. */
  incarnation: number
  /**
   * A round that began when a blank disk seemed to take this life's place, with a count of lives that starts again; 0: none seems to. Whoever answers it lives, or
   * lived later than the life that was heard before it began.
   */
  doubt: number
  /** A disk did take another's place: what answers earlier rounds may be of any life before, whose numbers this one uses again. 0: none did. */
  since: number
  suspect: boolean
  /** It may have forgotten votes. */
  wiped: boolean
  /** While wiped: the entry that was appended since it was heard; 0: none yet. */
  fence: number
  /** While suspect, once this leader has committed in its own term, and that entry. */
  trust: Trust | null
  /** It needs a snapshot that reaches so far, whatever its log holds; 0: it does not. */
  lacks: number
  /** While sending a snapshot: which (null until the first chunk is there), its size and how much of it the follower has. */
  snapshot: Position | null
  snapshotTotal: number
  snapshotOffset: number
  /** Heartbeat answers since the transfer last moved. */
  snapshotIdle: number
}

export function newProgress(member: MemberId, next: number): Progress {
  return {
    member,
    mode: 'probe',
    matched: 0,
    next,
    awaiting: false,
    inflightLast: [],
    inflightBytes: [],
    inflightTotal: 0,
    active: true,
    round: 0,
    incarnation: 0,
    doubt: 0,
    since: 0,
    suspect: false,
    wiped: false,
    fence: 0,
    trust: null,
    lacks: 0,
    snapshot: null,
    snapshotTotal: 0,
    snapshotOffset: 0,
    snapshotIdle: 0,
  }
}

export function becomeProbe(progress: Progress, next: number): void {
  progress.mode = 'probe'
  progress.next = next
  progress.awaiting = false
  clearInflight(progress)
}

export function becomeReplicate(progress: Progress): void {
  progress.mode = 'replicate'
  progress.next = progress.matched + 1
  progress.awaiting = false
  clearInflight(progress)
}

export function becomeSnapshot(progress: Progress): void {
  progress.mode = 'snapshot'
  progress.awaiting = false
  progress.snapshot = null
  progress.snapshotTotal = 0
  progress.snapshotOffset = 0
  progress.snapshotIdle = 0
  clearInflight(progress)
}

/** Whether one more append request may be sent now. */
export function maySend(progress: Progress, options: RaftOptions): boolean {
  if (progress.mode === 'replicate') return progress.inflightLast.length < options.maxInflightMessages && progress.inflightTotal < options.maxInflightBytes
  return progress.mode === 'probe' && !progress.awaiting
}

export function noteSent(progress: Progress, last: number, bytes: number): void {
  progress.inflightLast.push(last)
  progress.inflightBytes.push(bytes)
  progress.inflightTotal += bytes
}

/** Requests that end at or before `index` are answered. */
export function noteAnswered(progress: Progress, index: number): void {
  let answered = 0
  while (answered < progress.inflightLast.length && (progress.inflightLast[answered] as number) <= index) {
    progress.inflightTotal -= progress.inflightBytes[answered] as number
    answered++
  }
  if (answered === 1) {
    progress.inflightLast.shift()
    progress.inflightBytes.shift()
  } else if (answered > 1) {
    progress.inflightLast.splice(0, answered)
    progress.inflightBytes.splice(0, answered)
  }
}

function clearInflight(progress: Progress): void {
  progress.inflightLast.length = 0
  progress.inflightBytes.length = 0
  progress.inflightTotal = 0
}
