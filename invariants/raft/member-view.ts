import type { HostView } from '../../sim/index.js'
import type { Entry, HardState, MemberId, Role } from '../../systems/raft/messages.js'
import type { RaftNode } from '../../systems/raft/raft-node.js'
import type { DurableLog } from '../../systems/raft/wal-reader.js'
import { aspects } from './aspects.js'
import type { DurableLogs } from './durable-logs.js'
import type { GroupView } from './group-view.js'

/**
 * One member of one group through all its lives: what it was when it was last looked at, what it is now, and what its disk holds for certain.
 * A step that changes nothing of it (most heartbeats) is no look: an invariant may rely on what `Glimpse` says, the log, reads and the disk, and on nothing else
 * to bring a member before it.
 */
export class MemberView {
  /** Null before its first process was up. */
  node: RaftNode | null = null
  host: HostView<unknown> | null = null
  /** The node's counter at the last look. */
  changes = -1
  /** Of `aspects`, those in which the last look differed from the one before. */
  seen = 0
  /** This is the first look at a new life: there is no `before`. */
  isNewLife = true
  now: Glimpse = unseen()
  before: Glimpse = unseen()
  /** The first index whose entry is new since the last look; beyond the log when none is. */
  newFrom = 1
  /** Entries were removed in this life, from an index on: the term there before and now, the same when nothing is there now. null: none were. */
  cut: { readonly index: number; readonly term: number; readonly newTerm: number } | null = null
  /** What the disk said of term and vote before and after the last change to it. */
  hardStateBefore: HardState = { term: 0, vote: null }
  /** And of where the log begins. */
  snapshotBefore = 0
  /** A read answered since the last look that saw less than was committed when it was asked. */
  staleRead: { readonly index: number; readonly floor: number } | null = null
  /** It answered a read by its lease since the last look. */
  hasLeaseRead = false
  readonly alone: readonly MemberView[] = [this]
  #reader: DurableLog | null = null
  #version = 0
  #hardState: HardState = this.hardStateBefore
  #snapshotIndex = 0
  #isPersisted = false
  /** The end of its durable log while its disk was trusted last; beyond everything when it never was seen to be trusted. */
  #trustedEnd = Number.POSITIVE_INFINITY
  #trustedEndTerm = Number.POSITIVE_INFINITY
  #isSuspect = false
  /** What was committed when the last reads were asked, by their ordinals, round and round. Those that were refused are never answered. */
  readonly #floors: number[] = []
  #readsAsked = 0
  #readsAnswered = 0
  #readsByLease = 0
  /** The log at the last look, by reference. */
  #entries: Entry[] = []
  #base = 0

  /** `index`: its place among the members of all groups, in the order in which these were first seen. */
  constructor(
    readonly group: GroupView,
    readonly id: MemberId,
    readonly index: number,
  ) {}

  get name(): string {
    return this.group.peers[this.id] as string
  }

  /** What is durable of the log; null before anything was. */
  get disk(): DurableLog | null {
    return this.#reader
  }

  /** A new process is up. */
  begin(node: RaftNode, host: HostView<unknown>): void {
    this.node = node
    this.host = host
    this.changes = -1
    this.isNewLife = true
    this.#entries = []
    this.#base = 0
    this.#floors.length = 0
    this.#readsAsked = 0
    this.#readsAnswered = 0
    this.#readsByLease = 0
  }

  /** Reads what became durable; answers whether anything did. */
  persist(host: HostView<unknown>, logs: DurableLogs): boolean {
    this.#reader ??= logs.ofNode(host.durable, { ...this.group, group: this.group.name })
    const reader = this.#reader
    reader.follow(host.incarnation)
    const isNew = reader.version !== this.#version
    this.#version = reader.version
    this.hardStateBefore = this.#hardState
    this.snapshotBefore = this.#snapshotIndex
    // Of a log that is gone, too, in whose place there is nothing yet.
    this.#hardState = reader.hardState
    this.#snapshotIndex = reader.snapshotIndex
    if (!isNew) return false
    this.#isPersisted = true
    this.#noteTrust(this.#reader)
    return true
  }

  #noteTrust(disk: DurableLog): void {
    const { suspect } = disk
    if (suspect !== this.#isSuspect) {
      this.#isSuspect = suspect
      this.group.suspects += suspect ? 1 : -1
    }
    if (suspect) return
    this.#trustedEnd = disk.lastIndex
    this.#trustedEndTerm = disk.termAt(disk.lastIndex) ?? 0
  }

  /** May it have acknowledged this entry? A suspect's disk counts for what it held before it was damaged, perhaps more than once; what came after does not. */
  heldDurably(index: number, term: number): boolean {
    const disk = this.#reader
    if (disk === null) return false
    if (!disk.suspect) return disk.holds(index, term)
    if (index > this.#trustedEnd) return false
    if (index <= disk.lastIndex) return disk.holds(index, term)
    return index === this.#trustedEnd ? term === this.#trustedEndTerm : term <= this.#trustedEndTerm
  }

  /** The node did something; answers whether it is another than before, or its disk. */
  look(node: RaftNode): boolean {
    const isNewLife = this.changes === -1
    this.changes = node.changes
    const { reads } = node
    const hasReads = this.#readsAsked !== reads.asked || this.#readsAnswered !== reads.answered
    let seen = isNewLife ? aspects.standing | aspects.log | aspects.progress : changesOf(node, this.now)
    if (this.#isPersisted) seen |= aspects.disk
    if (hasReads) seen |= aspects.reads
    const hasSameLog = this.#hasSameLog(node)
    if (!hasSameLog) seen |= aspects.log
    if (seen === 0) return false
    this.seen = seen
    this.isNewLife = isNewLife
    this.#isPersisted = false
    const { before } = this
    this.before = this.now
    this.now = glimpse(node, before)
    this.#lookAtLog(node, hasSameLog)
    if (hasReads) this.#lookAtReads(node)
    this.group.look(node, this.now.commit, this.now.term)
    return true
  }

  #lookAtReads(node: RaftNode): void {
    const { reads } = node
    this.staleRead = null
    this.hasLeaseRead = reads.byLease > this.#readsByLease
    this.#readsByLease = reads.byLease
    for (; this.#readsAsked < reads.asked; this.#readsAsked++) this.#floors[this.#readsAsked % readsRemembered] = this.group.highestCommit
    for (; this.#readsAnswered < reads.answered; this.#readsAnswered++) {
      const read = reads.recent(this.#readsAnswered)
      if (read === undefined) continue
      // The first one asked is 1.
      const floor = read.ordinal > this.#readsAsked - readsRemembered ? (this.#floors[(read.ordinal - 1) % readsRemembered] as number) : 0
      if (read.applied < floor) this.staleRead = { index: read.applied, floor }
    }
  }

  #hasSameLog(node: RaftNode): boolean {
    const { base, entries } = node.machineState.log
    const seen = this.#entries
    const last = entries.length - 1
    return base.index === this.#base && seen.length === entries.length && (last < 0 || seen[last] === entries[last])
  }

  #lookAtLog(node: RaftNode, isSame: boolean): void {
    const { base, entries } = node.machineState.log
    const seen = this.#entries
    this.cut = null
    if (isSame) {
      this.newFrom = base.index + entries.length + 1
      return
    }
    const isSameBase = base.index === this.#base
    if (!isSameBase) {
      seen.splice(0, Math.max(0, base.index - this.#base))
      this.#base = base.index
    }
    let equal = Math.min(seen.length, entries.length)
    while (equal > 0 && seen[equal - 1] !== entries[equal - 1]) equal--
    const removed = seen[equal]
    // A snapshot may take the place of a whole log.
    if (removed !== undefined && isSameBase) this.cut = { index: removed.index, term: removed.term, newTerm: entries[equal]?.term ?? removed.term }
    if (seen.length > equal) seen.length = equal
    for (let i = equal; i < entries.length; i++) seen.push(entries[i] as Entry)
    this.newFrom = base.index + equal + 1
  }
}

const readsRemembered = 16_384

/** Reused: what is read of it has to be copied. */
export interface Glimpse {
  role: Role
  term: number
  commit: number
  applied: number
  lastIndex: number
  suspect: boolean
}

const unseen = (): Glimpse => ({ role: 'follower', term: 0, commit: 0, applied: 0, lastIndex: 0, suspect: false })

function changesOf(node: RaftNode, seen: Glimpse): number {
  const { role, term, commit, suspect } = node.machineState
  const isSameStanding = term === seen.term && role === seen.role && suspect === seen.suspect
  const isSameProgress = commit === seen.commit && node.applied === seen.applied
  return (isSameStanding ? 0 : aspects.standing) | (isSameProgress ? 0 : aspects.progress)
}

function glimpse(node: RaftNode, into: Glimpse): Glimpse {
  const { role, term, commit, suspect } = node.machineState
  into.role = role
  into.suspect = suspect
  into.term = term
  into.commit = commit
  into.applied = node.applied
  into.lastIndex = node.lastIndex
  return into
}
