import type { HostName, Nanos } from '../../../sim/host/seam.js'

/**
 * Who was not heard from for how long, as a leader may say it. It counts only the time in which it listened: what it did not hear before it led, or while it stood
 * still, says nothing about the hosts. When most of them are silent at once it is more likely the listener's own fault, and takes longer.
 */
export class Silence {
  readonly #heard = new Map<HostName, Nanos>()
  #attentiveSince: Nanos = 0

  constructor(
    readonly patience: Nanos,
    /** While most hosts are silent. */
    readonly longPatience: Nanos,
  ) {}

  /** It begins to listen now: as a new leader, or after it stood still. */
  listenAnew(now: Nanos): void {
    this.#attentiveSince = now
  }

  heard(host: HostName, now: Nanos): void {
    this.#heard.set(host, now)
  }

  /** Of these hosts, those that were silent for too long. */
  lost(hosts: readonly HostName[], now: Nanos): HostName[] {
    const silent = hosts.filter((host) => this.#silentFor(host, now) >= this.patience)
    if (silent.length * 2 <= hosts.length) return silent
    return silent.filter((host) => this.#silentFor(host, now) >= this.longPatience)
  }

  #silentFor(host: HostName, now: Nanos): Nanos {
    const heard = this.#heard.get(host) ?? 0
    return now - Math.max(heard, this.#attentiveSince)
  }
}
