import type { Role } from '../../systems/raft/messages.js'
import { type Quorum, quorumVote } from '../../systems/raft/quorum.js'
import { aspects } from './aspects.js'
import type { GroupView } from './group-view.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'
import { obtain } from './obtain.js'

/**
 * What any member takes for committed is durable on a majority of the configuration in force (both majorities of a joint one), judged from the disks: in the write-ahead log, or behind where it begins. By LogMatching it is
 * enough to look at the newest entry: when it is committed first, and again whenever it is cut from a disk that held it. A suspect's disk counts for what it held
 * before it was damaged, and for nothing that came after. Not verified here: that the state machine holds what the log has dropped (SnapshotCoversCommitted).
 */
export const commitDurable = (observation: RaftObservation) =>
  observation.invariantOn('CommitDurable', aspects.progress | aspects.disk, () => {
    const newest = new Map<GroupView, NewestCommitted>()
    return ({ touched, persisted }) => {
      for (const member of touched) {
        const { group, now } = member
        const committed = obtain(newest, group, () => new NewestCommitted(group))
        if (now.commit <= committed.index) continue
        committed.note(member)
        if (!committed.isHeld) return `${committed.text}, and ${committed.holders} of ${group.members.length} disks hold it`
      }
      for (const member of persisted) {
        const committed = newest.get(member.group)
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
  #by: { readonly name: string; readonly role: Role; readonly term: number } | null = null

  constructor(readonly group: GroupView) {}

  get isHeld(): boolean {
    return (
      this.#term < 0 ||
      this.#deciding.some(
        (quorum) =>
          quorumVote(
            quorum,
            quorum.members.map((member) => this.#isHeldBy[member] === true),
          ) === true,
      )
    )
  }

  get text(): string {
    const { name, role, term } = this.#by ?? {}
    return `${this.group.name}: ${name}, ${role} of term ${term}, takes entry ${this.index} of term ${this.#term} for committed`
  }

  note(member: MemberView): void {
    const { node, name, now } = member
    this.#deciding = this.group.inForceBetween(Math.min(this.index, knownToDecider(member)), now.commit - 1)
    this.index = now.commit
    this.#term = node === null ? -1 : node.termAt(now.commit)
    this.#by = { name, role: now.role, term: now.term }
    this.holders = 0
    for (const member of this.group.members) {
      const holds = member.heldDurably(this.index, this.#term)
      this.#isHeldBy[member.id] = holds
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
  const leader = group.members.find(({ now: other }) => other.role === 'leader' && other.term === now.term)
  return leader?.now.commit ?? before.commit
}
