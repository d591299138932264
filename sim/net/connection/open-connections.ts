import type { ConnectionPair } from './connection-pair.js'

/** Every connection of a run that is not over on both sides, in the order in which they were dialled. */
export class OpenConnections {
  readonly #pairs = new Map<string, ConnectionPair>()
  readonly #dialled = new Map<string, number>()

  /** The name of the next connection from one host to a port of another. */
  nextSite(from: string, to: string, port: number): string {
    const route = `${from}>${to}:${port}`
    const ordinal = (this.#dialled.get(route) ?? 0) + 1
    this.#dialled.set(route, ordinal)
    return `${route} #${ordinal}`
  }

  add(pair: ConnectionPair): void {
    this.#pairs.set(pair.site, pair)
  }

  /** One of its ends is over. */
  left(pair: ConnectionPair): void {
    if (pair.isGone) this.#pairs.delete(pair.site)
  }

  at(site: string): ConnectionPair | undefined {
    return this.#pairs.get(site)
  }

  /** Those that faults may aim at: established on both sides, or at least on the one that dialled, and not silenced by one before. */
  established(): ConnectionPair[] {
    return [...this.#pairs.values()].filter((pair) => pair.dialler.isOpen && pair.acceptor !== null && pair.swallow === null)
  }
}
