/** A mistake to make on purpose, and the check that must find it. */
export interface Plant {
  /** Lower-case words with dashes. */
  readonly name: string
  /** What goes wrong and where it is described: a paper, a KIP, a post-mortem. */
  readonly source: string
  /** The module it is made in, from the repository's root. */
  readonly file: string
  /** A snippet of that module which occurs in it exactly once. */
  readonly replace: string
  readonly with: string
  /** The name of the invariant, property or judge that must catch it; several, where which one sees it first depends on the schedule. */
  readonly expect: string | readonly string[]
  /** What is run to find it: a scenario's file, or a module that exports `hunt(seed): string | undefined`, the name of the check that failed. From the repository's root. */
  readonly subject: string
  /** Whether it is to be found from any seed on: it is hunted in several disjoint ranges of seeds. */
  readonly isThorough?: boolean
  /** Where the tests begin to hunt it, for one that needs many seeds: from a drawn seed on it would take minutes at every change. */
  readonly firstSeed?: number
}

/** What a hunt found, printed as one line of JSON. */
export interface HuntResult {
  readonly plant: string
  /** The seed that showed the mistake, or null. */
  readonly seed: string | null
  /** How many seeds were run, that one included. */
  readonly seeds: number
  /** The check that failed, and what it said. */
  readonly check: string | null
  readonly message: string | null
  readonly seconds: number
  /** With `shrink`, what is left of the failing run; null: its subject is no run of a scenario. */
  readonly shrunk?: ShrunkPlant | null
}

/** A row of the table of shrunk plants. */
export interface ShrunkPlant {
  readonly injectionsBefore: number
  readonly occurrencesBefore: number
  readonly injections: number
  readonly operations: number
  readonly hosts: number
  readonly steps: number
  readonly isMinimal: boolean
  readonly runs: number
  readonly seconds: number
  readonly story: readonly string[]
}

export interface HuntRange {
  readonly firstSeed: number
  readonly seeds: number
  /** Wall-clock seconds after which no further seed is begun. */
  readonly seconds?: number
  /** Shrinks the failing run, on so many worker threads. */
  readonly shrinkJobs?: number
}

/** Whether the check that failed is one that the plant names. */
export function isExpected(plant: Plant, check: string | null): boolean {
  return check !== null && (typeof plant.expect === 'string' ? plant.expect === check : plant.expect.includes(check))
}
