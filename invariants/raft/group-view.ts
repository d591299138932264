import { type Configuration, decodeConfiguration } from '../../systems/raft/configuration.js'
import type { MemberId } from '../../systems/raft/messages.js'
import { type Quorum, quorumOf } from '../../systems/raft/quorum.js'
import type { RaftNode } from '../../systems/raft/raft-node.js'
import { GroupTimings } from './group-timings.js'
import { MemberView } from './member-view.js'

/** One Raft group: its members, and what any of them was seen to have committed. */
export class GroupView {
  readonly name: string
  readonly peers: readonly string[]
  /** The same on every host. */
  readonly walDirectory: string
  readonly sharesWal: boolean
  readonly members: readonly MemberView[]
  readonly timings = new GroupTimings()
  /** By index: the term of the committed entry; -1 where only a snapshot was seen. */
  readonly committedTerms: number[] = [0]
  /** What came to be in force, by committed entries, the first one before all; empty before anything was committed. */
  readonly configurations: { readonly index: number; readonly configuration: Configuration }[] = []
  /** The highest term that was seen to have a leader. */
  leaderTerm = 0
  /** How often another member than the last leader came to lead. */
  leaderChanges = 0
  /** Members whose disks say that they are suspect. */
  suspects = 0
  #leader: MemberId | null = null
  #onlyQuorum: Quorum[] | null = null
  /** The highest committed index at each change of the term in which it was seen to be committed, terms and indexes rising. */
  readonly #commitsByTerm: { readonly term: number; index: number }[] = []

  /** `index`: its place in the order in which groups were first seen. `firstMember`: what its members' indexes begin with. */
  constructor(
    node: RaftNode,
    readonly index: number,
    firstMember: number,
  ) {
    this.name = node.group
    this.peers = node.peers
    this.walDirectory = node.walDirectory
    this.sharesWal = node.sharesWal
    this.members = node.peers.map((_, id) => new MemberView(this, id, firstMember + id))
  }

  member(id: MemberId): MemberView {
    return this.members[id] as MemberView
  }

  get highestCommit(): number {
    return this.committedTerms.length - 1
  }

  /** A member begins to lead. */
  led(id: MemberId, term: number): void {
    if (term > this.leaderTerm) this.leaderTerm = term
    if (this.#leader !== null && this.#leader !== id) this.leaderChanges++
    this.#leader = id
  }

  /** A member in term `by` takes all up to `commit` for committed. */
  look(node: RaftNode, commit: number, by: number): void {
    if (commit <= this.highestCommit) return
    const { log, configurations } = node.machineState
    if (this.configurations.length === 0)
      this.configurations.push({ index: 0, configuration: (configurations[0] as { configuration: Configuration }).configuration })
    while (this.highestCommit < commit) {
      const index = this.highestCommit + 1
      this.committedTerms.push(node.termAt(index))
      const entry = log.entries[index - log.base.index - 1]
      if (entry?.kind === 'configuration') this.configurations.push({ index, configuration: decodeConfiguration(entry.data) })
    }
    const last = this.#commitsByTerm[this.#commitsByTerm.length - 1]
    if (last !== undefined && last.term >= by) last.index = commit
    else this.#commitsByTerm.push({ term: by, index: commit })
  }

  /** In force once all up to `commit` is committed. There has to be something committed. */
  configurationAt(commit: number): Configuration {
    let at = this.configurations.length - 1
    while (at > 0 && (this.configurations[at] as { index: number }).index > commit) at--
    return (this.configurations[at] as { configuration: Configuration }).configuration
  }

  /** All that was in force from when `first` was committed until `last` was. */
  inForceBetween(first: number, last: number): Quorum[] {
    const known = this.configurations
    if (known.length === 1) {
      this.#onlyQuorum ??= [quorumOf((known[0] as { configuration: Configuration }).configuration)]
      return this.#onlyQuorum
    }
    const until = known.filter(({ index }) => index <= last)
    return until.filter((_, at) => (until[at + 1]?.index ?? Number.POSITIVE_INFINITY) > first).map(({ configuration }) => quorumOf(configuration))
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
