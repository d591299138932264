import type { MemberId } from '../../systems/raft/messages.js'
import type { RaftNode } from '../../systems/raft/raft-node.js'
import { GroupTimings } from './group-timings.js'
import { MemberView } from './member-view.js'

/** One Raft group: its members, and what any of them was seen to have committed. */
export class GroupView {
  readonly name: string
  readonly peers: readonly string[]
  /** The same on every host. */
  readonly walDirectory: string
  readonly members: readonly MemberView[]
  readonly timings = new GroupTimings()
  /** By index: the term of the committed entry; -1 where only a snapshot was seen. */
  readonly committedTerms: number[] = [0]
  /** How often another member than the last leader came to lead. */
  leaderChanges = 0
  /** Members whose disks say that they are suspect. */
  suspects = 0
  #leader: MemberId | null = null
  /** The highest committed index at each change of the term in which it was seen to be committed, terms and indexes rising. */
  readonly #commitsByTerm: { readonly term: number; index: number }[] = []

  constructor(node: RaftNode) {
    this.name = node.group
    this.peers = node.peers
    this.walDirectory = node.walDirectory
    this.members = node.peers.map((_, id) => new MemberView(this, id))
  }

  member(id: MemberId): MemberView {
    return this.members[id] as MemberView
  }

  get highestCommit(): number {
    return this.committedTerms.length - 1
  }

  /** A member begins to lead. */
  led(id: MemberId): void {
    if (this.#leader !== null && this.#leader !== id) this.leaderChanges++
    this.#leader = id
  }

  /** A member in term `by` takes all up to `commit` for committed. */
  look(node: RaftNode, commit: number, by: number): void {
    if (commit <= this.highestCommit) return
    while (this.highestCommit < commit) this.committedTerms.push(node.termAt(this.highestCommit + 1))
    const last = this.#commitsByTerm[this.#commitsByTerm.length - 1]
    if (last !== undefined && last.term >= by) last.index = commit
    else this.#commitsByTerm.push({ term: by, index: commit })
  }

  /** The highest index that was committed in a term below `term`. */
  committedBefore(term: number): number {
    for (let i = this.#commitsByTerm.length - 1; i >= 0; i--) {
      const { term: by, index } = this.#commitsByTerm[i] as { term: number; index: number }
      if (by < term) return index
    }
    return 0
  }
}
