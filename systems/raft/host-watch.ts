import type { HostName, Nanos } from '../../sim/host/seam.js'
import type { MemberTimer } from './heartbeat-ticker.js'

/** What a host says of itself whenever it says something. */
export interface HostWord {
  readonly incarnation: number
  /** How often, in this life, a group has lost the leader that it had here, and that had once let it rest. */
  readonly quits: number
  /** The last of these groups, oldest first. */
  readonly lately: readonly string[]
}

/**
 * Whether the hosts live whose leaders resting groups rest with, and the leaders with them: one word of a host for all its groups. What a leader says when it goes
 * may be lost; that it has gone is in all that its host says from then on.
 */
export class HostWatch {
  readonly #timer: (fire: () => void) => MemberTimer
  readonly #patience: Nanos
  readonly #unheard: (host: HostName, groups: readonly string[] | null) => void
  readonly #watched = new Map<HostName, Watched>()
  /** Of every host that was heard its newest, until it says nothing for long while it is watched: who is watched later may have died since. */
  readonly #words = new Map<HostName, HostWord>()

  /**
   * `unheard` is called for a watched host that has said nothing for `patience`, or that began another life; with the groups that it leads no longer when it is no
   * more than that. It is watched on, until `unwatch`. `timer` makes one for each host.
   */
  constructor(timer: (fire: () => void) => MemberTimer, patience: Nanos, unheard: (host: HostName, groups: readonly string[] | null) => void) {
    this.#timer = timer
    this.#patience = patience
    this.#unheard = unheard
  }

  /** One more group rests with a leader there, from which it has just heard. */
  watch(host: HostName): void {
    const watched = this.#watched.get(host) ?? this.#begin(host)
    if (watched.groups++ === 0) watched.timer.set(this.#patience)
  }

  unwatch(host: HostName): void {
    const watched = this.#watched.get(host)
    if (watched !== undefined && --watched.groups === 0) watched.timer.cancel()
  }

  /** Answers whether the word is as new as any: an older one tells of leaders that may have gone since. */
  heard(host: HostName, word: HostWord): boolean {
    const known = this.#words.get(host) ?? word
    if (word.incarnation < known.incarnation) return false
    const isCurrent = word.incarnation > known.incarnation || word.quits >= known.quits
    if (isCurrent) this.#note(host, word)
    const watched = this.#watched.get(host)
    if (watched === undefined || watched.groups === 0) return isCurrent
    watched.timer.set(this.#patience)
    if (word.incarnation > known.incarnation) this.#unheard(host, null)
    else if (word.quits > known.quits) this.#unheard(host, gone(word, word.quits - known.quits))
    return isCurrent
  }

  /** Most words are the same as the last. */
  #note(host: HostName, { incarnation, quits, lately }: HostWord): void {
    const known = this.#words.get(host)
    if (known?.incarnation !== incarnation || known.quits !== quits) this.#words.set(host, { incarnation, quits, lately })
  }

  #begin(host: HostName): Watched {
    const timer = this.#timer(() => {
      timer.set(this.#patience)
      // Its disk may have been replaced, and its count of lives have started again.
      this.#words.delete(host)
      this.#unheard(host, null)
    })
    const watched = { groups: 0, timer }
    this.#watched.set(host, watched)
    return watched
  }
}

/** The last `count` groups that lost their leader there; null: it may be any. */
function gone({ lately }: HostWord, count: number): readonly string[] | null {
  return count > lately.length ? null : lately.slice(lately.length - count)
}

interface Watched {
  groups: number
  readonly timer: MemberTimer
}
