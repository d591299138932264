import type { HostName } from '../host/seam.js'

/** Keeps the seeded faults within what a system survives: which hosts are down, booting, paused or cut off, or about to be. */
export class BudgetKeeper {
  readonly #holds = new Map<HostName, number>()
  constructor(readonly down: number) {}

  /** Hosts that are unavailable now. */
  get unavailable(): number {
    return this.#holds.size
  }

  isHeld(host: HostName): boolean {
    return this.#holds.has(host)
  }

  /** Whether these hosts may go down beside those that are. */
  allows(hosts: readonly HostName[]): boolean {
    let more = 0
    for (const host of hosts) if (!this.#holds.has(host)) more++
    return this.#holds.size + more <= this.down
  }

  hold(host: HostName): void {
    this.#holds.set(host, (this.#holds.get(host) ?? 0) + 1)
  }

  release(host: HostName): void {
    const holds = (this.#holds.get(host) ?? 0) - 1
    if (holds > 0) this.#holds.set(host, holds)
    else this.#holds.delete(host)
  }
}
