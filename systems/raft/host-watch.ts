import type { Clock, HostName, Nanos, Timer } from '../../sim/host/seam.js'

/** Whether the hosts live whose leaders resting groups rest with: one word of a host for all its groups. */
export class HostWatch {
  readonly #clock: Clock
  readonly #patience: Nanos
  readonly #unheard: (host: HostName) => void
  readonly #watched = new Map<HostName, Watched>()
  /** Of every host that was ever heard: who is watched later may have died since. */
  readonly #incarnations = new Map<HostName, number>()
  #timer: Timer | null = null

  /** `unheard` is called for a watched host that has said nothing for `patience`, or that began another life. It is watched on, until `unwatch`. */
  constructor(clock: Clock, patience: Nanos, unheard: (host: HostName) => void) {
    this.#clock = clock
    this.#patience = patience
    this.#unheard = unheard
  }

  /** One more group rests with a leader there, from which it has just heard. */
  watch(host: HostName): void {
    const watched = this.#watched.get(host)
    if (watched !== undefined) watched.groups++
    else this.#watched.set(host, { groups: 1, heardAt: this.#clock.monotonic() })
    if (this.#timer === null) this.#arm()
  }

  unwatch(host: HostName): void {
    const watched = this.#watched.get(host)
    if (watched !== undefined && --watched.groups === 0) this.#watched.delete(host)
  }

  heard(host: HostName, incarnation: number): void {
    const known = this.#incarnations.get(host) ?? incarnation
    if (incarnation < known) return
    this.#incarnations.set(host, incarnation)
    const watched = this.#watched.get(host)
    if (watched === undefined) return
    watched.heardAt = this.#clock.monotonic()
    if (incarnation > known) this.#unheard(host)
  }

  #arm(): void {
    this.#timer = this.#clock.timer(Math.ceil(this.#patience / 2), () => this.#look())
  }

  #look(): void {
    this.#timer = null
    const now = this.#clock.monotonic()
    for (const [host, { heardAt }] of [...this.#watched]) if (now - heardAt >= this.#patience) this.#unheard(host)
    if (this.#watched.size > 0) this.#arm()
  }
}

interface Watched {
  groups: number
  heardAt: Nanos
}
