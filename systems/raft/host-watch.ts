import type { HostName, Nanos } from '../../sim/host/seam.js'
import type { MemberTimer } from './heartbeat-ticker.js'

/** Whether the hosts live whose leaders resting groups rest with: one word of a host for all its groups. */
export class HostWatch {
  readonly #timer: (fire: () => void) => MemberTimer
  readonly #patience: Nanos
  readonly #unheard: (host: HostName) => void
  readonly #watched = new Map<HostName, Watched>()
  /** Of every host that was ever heard: who is watched later may have died since. */
  readonly #incarnations = new Map<HostName, number>()

  /**
   * `unheard` is called for a watched host that has said nothing for `patience`, or that began another life. It is watched on, until `unwatch`. `timer` makes one
   * for each host.
   */
  constructor(timer: (fire: () => void) => MemberTimer, patience: Nanos, unheard: (host: HostName) => void) {
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

  heard(host: HostName, incarnation: number): void {
    const known = this.#incarnations.get(host) ?? incarnation
    if (incarnation < known) return
    this.#incarnations.set(host, incarnation)
    const watched = this.#watched.get(host)
    if (watched === undefined || watched.groups === 0) return
    watched.timer.set(this.#patience)
    if (incarnation > known) this.#unheard(host)
  }

  #begin(host: HostName): Watched {
    const timer = this.#timer(() => {
      timer.set(this.#patience)
      this.#unheard(host)
    })
    const watched = { groups: 0, timer }
    this.#watched.set(host, watched)
    return watched
  }
}

interface Watched {
  groups: number
  readonly timer: MemberTimer
}
