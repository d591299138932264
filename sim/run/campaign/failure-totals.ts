import type { SeedOutcome, SeedResult } from './seed-result.js'

/** Seeds that failed in the same way, and the shortest of their runs. Plain JSON. */
export interface FailureTotals {
  readonly fingerprint: string
  readonly outcome: SeedOutcome
  readonly check: string
  /** How many seeds, and the lowest of them. */
  count: number
  seeds: readonly number[]
  /** The run with the fewest steps; of equals that with the lowest seed. */
  kept: KeptFailure
}

export interface KeptFailure {
  readonly seed: number
  /** Of the whole run. */
  readonly steps: number
  readonly message: string
  readonly host: string | null
  /** Where it failed: the step and its virtual nanoseconds. */
  readonly step: number
  readonly at: number
  /** The file that makes it again, in the campaign's folder; null where no run ended, so that there is none. */
  readonly replay: string | null
}

/** So many seeds of a failure are named. */
const namedSeeds = 100

export function isShorter(one: Pick<KeptFailure, 'steps' | 'seed'>, other: Pick<KeptFailure, 'steps' | 'seed'>): boolean {
  return one.steps < other.steps || (one.steps === other.steps && one.seed < other.seed)
}

/** By fingerprint; whatever the order in which they come, the totals are the same. */
export class FailureTable {
  readonly #byFingerprint = new Map<string, FailureTotals>()

  /** Whether a result is a failure, and the first of its sort or a shorter run than the kept one. */
  isNews(seed: number, { steps, failure }: SeedResult): boolean {
    if (failure === null) return false
    const known = this.#byFingerprint.get(failure.fingerprint)
    return known === undefined || isShorter({ steps, seed }, known.kept)
  }

  /** Answers the failure when this is its first or its shortest run so far, else null. */
  add(seed: number, { outcome, steps, failure }: SeedResult, replay: string | null): FailureTotals | null {
    if (failure === null) throw new RangeError('a run that passed is no failure')
    const { fingerprint, check, message, host, step, at } = failure
    return this.merge({ fingerprint, outcome, check, count: 1, seeds: [seed], kept: { seed, steps, message, host, step, at, replay } })
  }

  merge(more: FailureTotals): FailureTotals | null {
    const known = this.#byFingerprint.get(more.fingerprint)
    if (known === undefined) {
      const added = { ...more }
      this.#byFingerprint.set(more.fingerprint, added)
      return added
    }
    known.count += more.count
    known.seeds = [...known.seeds, ...more.seeds].sort((a, b) => a - b).slice(0, namedSeeds)
    if (!isShorter(more.kept, known.kept)) return null
    known.kept = more.kept
    return known
  }

  /** Names all replays from another place: `folder` is where their names were relative to. */
  moveReplays(folder: string): void {
    if (folder === '' || folder === '.') return
    for (const failure of this.#byFingerprint.values()) {
      const { kept } = failure
      if (kept.replay !== null) failure.kept = { ...kept, replay: `${folder}/${kept.replay}` }
    }
  }

  get size(): number {
    return this.#byFingerprint.size
  }

  /** By the lowest seed that showed each. */
  list(): readonly FailureTotals[] {
    return [...this.#byFingerprint.values()].sort((a, b) => (a.seeds[0] as number) - (b.seeds[0] as number) || (a.fingerprint < b.fingerprint ? -1 : 1))
  }
}
