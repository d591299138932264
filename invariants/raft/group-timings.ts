import type { Nanos } from '../../sim/index.js'
import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'

/** How long a Raft group took for what it does: virtual time, seen from outside of all members. */
export class GroupTimings {
  /** From the first candidacy since there was a leader to the next leader. */
  readonly elections: Nanos[] = []
  /** From an append to the leader's log to the moment at which somebody knows it to be committed, while the same leader leads; a batch counts once. */
  readonly commits: Nanos[] = []
  #leaderTerm = 0
  #campaignBegan: Nanos | null = null
  /** The end of the leader's log, as last seen. */
  #appended = 0
  readonly #uncommitted: { readonly index: number; readonly at: Nanos }[] = []

  /** A member changed in a step. */
  look({ seen, now, group }: MemberView, at: Nanos): void {
    if ((seen & timed) === 0) return
    if (now.term > this.#leaderTerm) {
      if (now.role === 'candidate') this.#campaignBegan ??= at
      else if (now.role === 'leader') this.#led(now.term, now.lastIndex, at)
    }
    if (now.role === 'leader' && now.term === this.#leaderTerm && now.lastIndex > this.#appended) {
      this.#appended = now.lastIndex
      this.#uncommitted.push({ index: now.lastIndex, at })
    }
    const { highestCommit } = group
    for (let oldest = this.#uncommitted[0]; oldest !== undefined && oldest.index <= highestCommit; oldest = this.#uncommitted[0]) {
      this.commits.push(at - oldest.at)
      this.#uncommitted.shift()
    }
  }

  /** What the last leader did not see committed may be lost, or be committed by this one: nobody's latency. */
  #led(term: number, lastIndex: number, at: Nanos): void {
    if (this.#campaignBegan !== null) this.elections.push(at - this.#campaignBegan)
    this.#campaignBegan = null
    this.#leaderTerm = term
    this.#appended = lastIndex
    this.#uncommitted.length = 0
  }
}

const timed = aspects.standing | aspects.log | aspects.progress
