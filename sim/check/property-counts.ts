import { Misuse } from '../host/errors.js'
import type { PropertyKind } from '../host/properties.js'

/** How often each property of a run was reached, and held. */
export class PropertyCounts {
  readonly #counts = new Map<string, { readonly name: string; readonly kind: PropertyKind | 'eventually'; reached: number; held: number }>()

  /** False when an `always` or `unreachable` property is broken by this. */
  record(kind: PropertyKind | 'eventually', name: string, holds: boolean): boolean {
    let count = this.#counts.get(name)
    if (count === undefined) {
      count = { name, kind, reached: 0, held: 0 }
      this.#counts.set(name, count)
    }
    if (count.kind !== kind)
      throw new Misuse(
        `the property '${name}' is stated as '${kind}', and was stated as '${count.kind}' before: a name is one property, so give one of them another`,
      )
    count.reached++
    if (holds) count.held++
    return holds || kind === 'sometimes' || kind === 'reachable'
  }

  list(): { readonly name: string; readonly kind: PropertyKind | 'eventually'; readonly reached: number; readonly held: number }[] {
    return [...this.#counts.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  }
}
