import type { Configuration, MembershipChange } from './configuration.js'

/**
 * What a Raft member says, stores, is told and reports: plain data, the vocabulary between the core (`core.ts`) and the process around it.
 * Terms follow Ongaro's dissertation, "Consensus: Bridging Theory and Practice" (2014). Members are named by small non-negative integers.
 * Everything here is immutable once made: entries and messages are shared by reference, never changed.
 */

export type MemberId = number

/** A place in the log; index 0, term 0 is the place before the first entry. */
export interface Position {
  readonly index: number
  readonly term: number
}

export interface Entry {
  /** 1 for the first entry of a group's life. */
  readonly index: number
  readonly term: number
  /**
   * `noop`: what a new leader appends first, so that earlier terms' entries commit; it holds no data. `configuration`: who decides from its commit on, as
   * `encodeConfiguration` writes it. No state machine sees either.
   */
  readonly kind: 'noop' | 'normal' | 'configuration'
  readonly data: Uint8Array
}

export interface HardState {
  readonly term: number
  /** Who has this member's vote in `term`. */
  readonly vote: MemberId | null
}

// ---------------------------------------------------------------- between members

/**
 * Any of them may be lost, doubled, late or out of order.
 * Every message carries its sender's term; that of a pre-vote request and of a granted pre-vote is the term that the candidate would enter.
 */
export type RaftMessage =
  | PreVoteRequest
  | PreVoteResponse
  | VoteRequest
  | VoteResponse
  | AppendRequest
  | AppendResponse
  | HeartbeatRequest
  | HeartbeatResponse
  | SnapshotChunkRequest
  | SnapshotChunkResponse
  | TimeoutNow
  | ForwardRequest
  | ForwardResponse
  | FoundingRequest
  | FoundingResponse

/** Would you vote for me? Changes nothing at the member that is asked (dissertation 9.6). */
export interface PreVoteRequest {
  readonly kind: 'pre-vote-request'
  readonly term: number
  readonly lastIndex: number
  readonly lastTerm: number
  /** The candidate's `RaftOptions.priority`, when it has one. */
  readonly priority?: number
}

export interface PreVoteResponse {
  readonly kind: 'pre-vote-response'
  readonly term: number
  readonly granted: boolean
}

export interface VoteRequest {
  readonly kind: 'vote-request'
  readonly term: number
  readonly lastIndex: number
  readonly lastTerm: number
  readonly priority?: number
  /** The leader asked this candidate to take over: its lease is no reason to refuse. */
  readonly isTransfer?: true
}

export interface VoteResponse {
  readonly kind: 'vote-response'
  readonly term: number
  readonly granted: boolean
}

export interface AppendRequest {
  readonly kind: 'append-request'
  readonly term: number
  /** The place right before `entries`: the follower takes them only when its log holds it. */
  readonly previousIndex: number
  readonly previousTerm: number
  /** Consecutive from `previousIndex + 1`; may be empty. */
  readonly entries: readonly Entry[]
  readonly commit: number
  /** The leader's newest ReadIndex round; the answer gives it back. */
  readonly round: number
  readonly trust: Trust | null
}

export interface AppendResponse {
  readonly kind: 'append-response'
  readonly term: number
  readonly rejected: boolean
  /** Accepted: the log equals the leader's, durably, up to here. Rejected: the `previousIndex` that was refused. */
  readonly index: number
  /**
   * Only with `rejected`: the last place at or before `index` whose term is at most the refused one, where the logs may yet agree.
   * With it a leader skips a whole term of conflicts in one round.
   */
  readonly hintIndex: number
  readonly hintTerm: number
  readonly round: number
  /** The sender's `Durable.incarnation`: what an earlier life said after a later one spoke up is void. */
  readonly incarnation: number
  /** A suspect's answer counts for nothing but replication. */
  readonly suspect: boolean
  /** The suspect may have forgotten votes, too. */
  readonly wiped?: true
  /** The sender's state machine lost its content, or is ahead of its log: it needs a snapshot that reaches at least so far. 0: it lacks nothing. */
  readonly lacks: number
}

export interface HeartbeatRequest {
  readonly kind: 'heartbeat-request'
  readonly term: number
  readonly commit: number
  readonly round: number
  /** There is nothing to do: none follows until there is. Not answered by a follower that lacks nothing. */
  readonly isLast?: true
}

export interface HeartbeatResponse {
  readonly kind: 'heartbeat-response'
  readonly term: number
  readonly round: number
  readonly incarnation: number
  readonly suspect: boolean
  readonly wiped?: true
  readonly lacks: number
}

/**
 * To a suspect member: after this incarnation had announced itself, the leader's commit index, reached in its own term, was `index`. It covers
 * all that this member's earlier lives helped to commit, since the leader was elected without the member's forgetting and counts none of its
 * words from before. Once the member's durable log equals the leader's up to there, it lacks nothing that it may have acknowledged.
 *
 * To one that was wiped: the entry at `index` was appended after the announcement, and is committed, the member's words not counted. So no candidate that has an
 * earlier life's vote can win any more: whoever else would have to vote for it either did before, and could not acknowledge that entry, or has the entry, which
 * the candidate lacked when it asked.
 */
export interface Trust {
  readonly incarnation: number
  readonly index: number
}

/** `bytes` of a snapshot from `offset` on, one chunk in flight at a time. `total` is the whole size (0 for an empty snapshot). */
export interface SnapshotChunkRequest {
  readonly kind: 'snapshot-chunk-request'
  readonly term: number
  readonly snapshot: Position
  readonly offset: number
  readonly total: number
  readonly bytes: Uint8Array
  /** That in force at `snapshot`; null: the group's first one. */
  readonly configuration: Configuration | null
  /** To one whose disk took another's place: the answer that the snapshot is here gives it back. */
  readonly round?: number
}

/** Leader to the follower that is to take over: campaign at once, and do not ask whether you would win (dissertation 3.10). */
export interface TimeoutNow {
  readonly kind: 'timeout-now'
  readonly term: number
}

/** A proposal handed on to the leader. It counts in `term` only, and only once, however often it is sent: `id` rises in each life of the sender. */
export interface ForwardRequest {
  readonly kind: 'forward-request'
  readonly term: number
  readonly id: number
  /** The sender waits for no answer to any before: the leader need not remember them. */
  readonly oldest: number
  readonly incarnation: number
  readonly data: Uint8Array
}

/** From a suspect with an empty disk: have you nothing either? */
export interface FoundingRequest {
  readonly kind: 'founding-request'
  readonly term: number
  readonly round: number
}

export interface FoundingResponse {
  readonly kind: 'founding-response'
  readonly term: number
  readonly round: number
  readonly isBlank: boolean
  readonly incarnation: number
}

/** What became of it: appended at `index`, or (null) certainly not appended; `isStranger`: because who asked is no member. */
export interface ForwardResponse {
  readonly kind: 'forward-response'
  readonly term: number
  readonly id: number
  readonly incarnation: number
  readonly index: number | null
  readonly isStranger?: true
}

/** Progress only; that the snapshot is installed is said by an `AppendResponse` with its index. */
export interface SnapshotChunkResponse {
  readonly kind: 'snapshot-chunk-response'
  readonly term: number
  readonly snapshot: Position
  /** How many bytes the follower holds of it: the offset it wants next. */
  readonly received: number
}

// ---------------------------------------------------------------- on disk

/** What a member's disk kept: the answer of recovery, and all that `boot` needs. */
export interface Durable {
  readonly hardState: HardState
  /** The log before its first entry: all up to here has been compacted into the state machine or a snapshot. */
  readonly base: Position
  /** That in force at `base`; null: the group's first one. */
  readonly configuration: Configuration | null
  /** Consecutive from `base.index + 1`. */
  readonly entries: readonly Entry[]
  /**
   * Up to where the state machine has durably applied (at least `base`). When the log does not hold this place (the state machine was
   * replaced by a snapshot and the crash came before the save that says so), the core starts the log anew from here. When nobody can tell who decides here
   * (the end of the log was damaged after it had been applied), the log stays what it is, and the member needs a snapshot as if what it held were lost.
   * null: what it held is lost. The log is what it was, so the member votes and acknowledges as before; it applies nothing and does not campaign until
   * it has a snapshot of what the log no longer holds.
   */
  readonly applied: Position | null
  /** The newest snapshot that was about to be installed, with what is in force there; null: the group's first one was, always. */
  readonly expected: ExpectedSnapshot | null
  /** How often this member has booted, this time included; any number will do that rises with every boot (the host's incarnation). */
  readonly incarnation: number
  /**
   * The log's last record was damaged after it may have been acknowledged. The member neither votes nor campaigns, and what it acknowledges
   * does not count, until the save `trusted` is durable; recovery has to keep the flag across crashes until then. What is lost is taken to be
   * entries: storage has to keep the hard state so that one damaged record cannot take it away (a second copy, say), or say that it was `wiped`.
   */
  readonly suspect: boolean
  /** A suspect found its disk empty, and cannot rule out that it was not: it may have forgotten terms and votes. Kept as long as `suspect`. */
  readonly wiped: boolean
}

export interface ExpectedSnapshot {
  readonly snapshot: Position
  readonly configuration: Configuration
}

/** What a `save` effect makes durable, in the order of their tokens. */
export type RaftChange =
  | { readonly kind: 'hard-state'; readonly hardState: HardState }
  /** At least one, consecutive. Whatever the log held from the first one's index on is replaced. */
  | { readonly kind: 'entries'; readonly entries: readonly Entry[] }
  /** Entries up to `base` may go; the state machine holds them durably. */
  | { readonly kind: 'compacted'; readonly base: Position; readonly configuration: Configuration | null }
  /** The whole log is replaced by a snapshot that the state machine holds durably: it starts, empty, after `base`. */
  | { readonly kind: 'restored'; readonly base: Position; readonly configuration: Configuration | null }
  /** A snapshot is about to be installed: should the crash come between that and `restored`, this is in force there. */
  | { readonly kind: 'expected'; readonly expected: ExpectedSnapshot }
  /** The member has caught up: it is no longer suspect. */
  | { readonly kind: 'trusted' }

// ---------------------------------------------------------------- between core and process

export type RaftInput =
  /** Answered by `proposed` or `proposal-rejected` in the same step; by them or `proposal-lost`, later, when it is handed on to the leader. */
  | { readonly kind: 'propose'; readonly id: number; readonly data: Uint8Array }
  /** Answered by `read-ready` or `read-rejected`, at once or later. */
  | { readonly kind: 'read'; readonly id: number }
  /**
   * Asks the leader for another configuration: answered by `proposed` or `proposal-rejected` in the same step. One at a time: not before the last one is
   * committed, nor before this leader has committed in its own term. It is in force from its commit on.
   */
  | { readonly kind: 'change-membership'; readonly id: number; readonly change: MembershipChange }
  /** Leader: hand leadership to this voter as soon as its log is complete; proposals are refused meanwhile. Given up after the longest election timeout. */
  | { readonly kind: 'transfer'; readonly to: MemberId }
  /** Follower: stop believing in the leader, so that another may be elected before this member's patience with it is over. Not with lease reads. */
  | { readonly kind: 'forget-leader' }
  /** Leader: what was sent to this follower did not leave: it is asked anew what it has, rather than sent more. */
  | { readonly kind: 'unreachable'; readonly member: MemberId }
  /** Answers an `apply` that said that there is more. */
  | { readonly kind: 'applied' }
  /** The host of the leader that a resting follower rests with is not heard any more. */
  | { readonly kind: 'wake' }
  /** A leader says at once that it lives. */
  | { readonly kind: 'heartbeat' }
  /** The member is to stop: it leads no longer. */
  | { readonly kind: 'resign' }
  /** The state machine found that it lost some of what it had applied: it leads no longer, and needs a snapshot of all that is applied now. */
  | { readonly kind: 'state-lost' }
  /** The state machine durably holds all up to `index` (applied already): the log may forget it. Earlier or known places change nothing. */
  | { readonly kind: 'compact'; readonly index: number }
  /** Answers `chunk-wanted`. `bytes` may be empty only when `offset` equals `total`; `snapshot` may be newer than wanted, with offset 0. */
  | { readonly kind: 'chunk'; readonly to: MemberId; readonly snapshot: Position; readonly offset: number; readonly total: number; readonly bytes: Uint8Array }
  /** Answers `chunk-wanted`: there is none now. The core asks again later. */
  | { readonly kind: 'chunk-unavailable'; readonly to: MemberId }
  /** Answers `install`: the state machine durably holds the snapshot, and nothing else. */
  | { readonly kind: 'installed'; readonly snapshot: Position }
  /** Answers `install`: the bytes were no good; the state machine is as it was. */
  | { readonly kind: 'install-failed'; readonly snapshot: Position }

/** What `emit` effects carry. */
export type RaftEvent =
  /**
   * Committed and durable here, in order, each once in an incarnation, no-ops included; none while a snapshot is needed or being installed. `hasMore`: what
   * follows waits for an input `applied` (`RaftOptions.maxApplyBytes`).
   */
  | { readonly kind: 'apply'; readonly entries: readonly Entry[]; readonly hasMore: boolean }
  /** Another configuration is in force here, since the entry at `index`. */
  | { readonly kind: 'configuration'; readonly index: number; readonly configuration: Configuration }
  /** The group rests, or does no longer, as far as this member is concerned. */
  | { readonly kind: 'resting'; readonly isResting: boolean }
  /** Role, term or known leader changed. */
  | { readonly kind: 'leadership'; readonly role: Role; readonly term: number; readonly leader: MemberId | null }
  /** The proposal is the entry at `index` and `term`. It is committed if and when an entry with both is applied; another term there: it is lost. */
  | { readonly kind: 'proposed'; readonly id: number; readonly index: number; readonly term: number }
  /** It was handed on to the leader of `term`, which leads no longer or is not heard: nobody can tell what became of it. */
  | { readonly kind: 'proposal-lost'; readonly id: number; readonly term: number }
  /**
   * It certainly was not appended. `busy`: too much is uncommitted, or leadership is being handed on; `pending`: another change of the configuration is not
   * committed, or nothing of this leader's term is; `invalid`: such a change cannot be made, `why` says the reason.
   */
  | {
      readonly kind: 'proposal-rejected'
      readonly id: number
      readonly reason: 'not-leader' | 'busy' | 'pending' | 'invalid'
      readonly leader: MemberId | null
      readonly why?: string
    }
  /** Linearizable once the state machine has applied `index`. */
  | { readonly kind: 'read-ready'; readonly id: number; readonly index: number; readonly isByLease: boolean }
  | { readonly kind: 'read-rejected'; readonly id: number; readonly reason: 'not-leader' | 'busy'; readonly leader: MemberId | null }
  /**
   * Leader: `to` needs the bytes of a snapshot from `offset` on, of `snapshot`, or of any that reaches at least `atLeast` when null.
   * Asked anew (the same place again) when nothing was heard for a while: answer each with an input `chunk` or `chunk-unavailable`.
   */
  | { readonly kind: 'chunk-wanted'; readonly to: MemberId; readonly snapshot: Position | null; readonly atLeast: number; readonly offset: number }
  /** Follower: the next bytes of a snapshot, from the leader of `term`. Offset 0 begins one and drops what came before. */
  | {
      readonly kind: 'chunk-received'
      readonly term: number
      readonly snapshot: Position
      readonly offset: number
      readonly total: number
      readonly bytes: Uint8Array
    }
  /** Follower: all bytes of `snapshot` have been received: install it durably, then say `installed`. */
  | { readonly kind: 'install'; readonly snapshot: Position }
  /** A suspect member has caught up and counts again. */
  | { readonly kind: 'trusted' }

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader'

/** Tags of the timers that the core sets; setting one again replaces it. */
export type TimerTag = 'lease' | 'election' | 'heartbeat' | 'check-quorum' | 'transfer' | 'reminder' | 'read-lease-0' | 'read-lease-1'

export function samePosition(one: Position, other: Position): boolean {
  return one.index === other.index && one.term === other.term
}
