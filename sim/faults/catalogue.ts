import { Misuse } from '../host/errors.js'
import { nearest } from '../report/nearest.js'
import type { FaultDefinition } from './definition.js'
import type { FaultKind } from './injection.js'
import { stockDefinitions } from './kinds/index.js'

/** The fault kinds that a run can have: the stock ones, and those that its scenario brings. */
export class FaultCatalogue {
  /** In the order of reports: the stock kinds first. */
  readonly kinds: readonly FaultKind[]
  readonly #byKind = new Map<FaultKind, FaultDefinition>()
  readonly #options = new Set<string>()

  constructor(readonly definitions: readonly FaultDefinition[]) {
    for (const definition of definitions) {
      const { kind, meaning, options, draw, apply } = definition
      const wrong = (why: string) => new Misuse(`fault kind '${kind}': ${why}`)
      if (!/^[a-z][a-z0-9]*\.[a-z][a-z0-9-]*$/.test(kind)) throw wrong('a name is a family and a name in lower case, like net.drop')
      if (this.#byKind.has(kind)) throw wrong('there are two of this name')
      if (!meaning) throw wrong('its meaning must be said in a line')
      if (draw !== undefined && options.everyMillis === undefined) throw wrong("a kind that is drawn needs the option 'everyMillis', the mean time between two")
      if (draw !== undefined && apply === undefined) throw wrong('what is drawn must be applied')
      for (const [name, range] of Object.entries(options)) {
        if (!Number.isSafeInteger(range.min) || !Number.isSafeInteger(range.max) || range.min < 0 || range.max < range.min)
          throw wrong(`option '${name}' is drawn from integers with 0 <= min <= max, not from ${range.min} to ${range.max}`)
        this.#options.add(`${kind}.${name}`)
      }
      this.#byKind.set(kind, definition)
    }
    this.kinds = definitions.map(({ kind }) => kind)
  }

  find(kind: FaultKind): FaultDefinition | undefined {
    return this.#byKind.get(kind)
  }

  /** Throws `Misuse`, naming what there is. */
  get(kind: FaultKind): FaultDefinition {
    const definition = this.#byKind.get(kind)
    if (definition !== undefined) return definition
    const guess = nearest(kind, this.kinds)
    throw new Misuse(`there is no fault kind '${kind}'${guess === undefined ? `: there are ${this.kinds.join(', ')}` : `; did you mean ${guess}?`}`)
  }

  /** Whether some kind has an option of this name: `net.drop.perMille`. */
  hasOption(name: string): boolean {
    return this.#options.has(name)
  }
}

/** The kinds that Seedfall brings. */
export const stockFaults = new FaultCatalogue(stockDefinitions)

/** The kinds of a scenario: the stock ones and its own. */
export function catalogueOf(scenario: { readonly faults: { readonly custom?: readonly FaultDefinition[] } }): FaultCatalogue {
  const { custom } = scenario.faults
  return custom === undefined || custom.length === 0 ? stockFaults : new FaultCatalogue([...stockDefinitions, ...custom])
}
