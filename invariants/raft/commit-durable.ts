import type { MemberId, Role } from '../../systems/raft/messages.js'
import { type Quorum, quorumVote } from '../../systems/raft/quorum.js'
import { aspects } from './aspects.js'
import type { GroupView } from './group-view.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/**
 * What any member takes for committed is durable on a majority of the configuration in force (both majorities of a joint one), judged from the disks: in the write-ahead log, or behind where it begins. By LogMatching it is
 * enough to look at the newest entry: when it is committed first, and again whenever it is cut from a disk that held it. A suspect's disk counts for what it held
 * before it was damaged, and for nothing that came after. Not verified here: that the state machine holds what the log has dropped (SnapshotCoversCommitted).
 */
export const commitDurable = (observation: RaftObservation) =>
  observation.invariantOn('CommitDurable', aspects.progress | aspects.disk, () => {
    /** By group. */
    const newest: (NewestCommitted | undefined)[] = []
    return ({ touched, persisted }) => {
      for (let i = 0; i < touched.length; i++) {
        const member = touched[i] as MemberView
        const { group, now } = member
        const committed = newest[group.index] ?? new NewestCommitted(group)
        newest[group.index] = committed
        if (now.commit <= committed.index) continue
        committed.note(member)
        if (!committed.isHeld) return `${committed.text}, and ${committed.holders} of ${group.members.length} disks hold it`
      }
      for (let i = 0; i < persisted.length; i++) {
        const member = persisted[i] as MemberView
        const committed = newest[member.group.index]
        if (committed === undefined || committed.isStillHeldBy(member) || committed.isHeld) continue
        return `${committed.text}; ${member.name} has removed it from its disk, and ${committed.holders} of ${member.group.members.length} disks hold it now`
      }
      return undefined
    }
  })

/** The newest entry of a group that some member takes for committed, and whose disks hold it. */
class NewestCommitted {
  index = 0
  holders = 0
  /** -1: its member knows the entry only from a snapshot, and nothing can be said. */
  #term = -1
  readonly #isHeldBy: boolean[] = []
  /**
   * A change and what follows it may be committed together, by those who decided before it: by a leader that knew it for no more than written, though another
   * had committed it.
   */
  #deciding: Quorum[] = []
  /** Who takes it for committed, and what it is. */
  #by: MemberView | null = null
  #byRole: Role = 'follower'
  #byTerm = 0
  /** Used again by each count. */
  readonly #votes: boolean[] = []

  constructor(readonly group: GroupView) {}

  get isHeld(): boolean {
    if (this.#term < 0) return true
    for (let i = 0; i < this.#deciding.length; i++) if (this.#isEnoughFor(this.#deciding[i] as Quorum)) return true
    return false
  }

  #isEnoughFor(quorum: Quorum): boolean {
    const { members } = quorum
    const votes = this.#votes
    for (let i = 0; i < members.length; i++) votes[i] = this.#isHeldBy[members[i] as MemberId] === true
    return quorumVote(quorum, votes) === true
  }

  get text(): string {
    return `${this.group.name}: ${this.#by?.name}, ${this.#byRole} of term ${this.#byTerm}, takes entry ${this.index} of term ${this.#term} for committed`
  }

  note(member: MemberView): void {
    const { node, now } = member
    this.#deciding = this.group.inForceBetween(Math.min(this.index, knownToDecider(member)), now.commit - 1)
    this.index = now.commit
    this.#term = node === null ? -1 : node.termAt(now.commit)
    this.#by = member
    this.#byRole = now.role
    this.#byTerm = now.term
    this.holders = 0
    const { members } = this.group
    for (let i = 0; i < members.length; i++) {
      const holds = (members[i] as MemberView).heldDurably(this.index, this.#term)
      this.#isHeldBy[i] = holds
      if (holds) this.holders++
    }
  }

  /** Looks at a disk again. False: it held the entry, and does no longer. */
  isStillHeldBy(member: MemberView): boolean {
    const holds = member.heldDurably(this.index, this.#term)
    if (holds === this.#isHeldBy[member.id]) return true
    this.#isHeldBy[member.id] = holds
    this.holders += holds ? 1 : -1
    return holds
  }
}

/** Up to where the leader that committed what this member takes for committed had known everything for committed. */
function knownToDecider({ now, before, group }: MemberView): number {
  if (now.role === 'leader') return before.commit
  const { members } = group
  for (let i = 0; i < members.length; i++) {
    const other = (members[i] as MemberView).now
    if (other.role === 'leader' && other.term === now.term) return other.commit
  }
  return before.commit
}
