import type { Injection } from '../../faults/injection.js'
import { provenReplay, type Replay, requestOf } from '../replay.js'
import type { RunReport, RunRequest } from '../report.js'
import { run } from '../run.js'
import type { AnyScenario } from '../scenario.js'
import { isSameFailure, unusable } from './check-entry.js'
import type { CorpusEntry } from './entry.js'
import type { Remains } from './refused-entry.js'

export interface FindAgainOptions {
  /** At most so many runs. */
  readonly runs: number
  readonly signal?: AbortSignal
  /** Told before each run, whatever comes of them all. */
  readonly onRun?: () => void
}

/** A failure that was found again, and where. */
export interface FoundAgain {
  readonly replay: Replay
  /** Of a run of the replay as it is now. */
  readonly traceHash: string
  /** `under salt '3'`, `under seed 9`, `without 2 injections`. */
  readonly how: string
  readonly runs: number
}

/** Salts tried before other seeds are: the same injections under other latencies and process draws. */
const salts = ['', '1', '2', '3', '4', '5', '6', '7', '8']

/**
 * Looks for what an entry was kept for: the same injections, less those without a site, under other salts; then all that its seed brings, then the seeds
 * beside it. An entry that must pass is found again without the injections that have no site any more. Null: not within so many runs.
 */
export async function findAgain(entry: CorpusEntry, scenario: AnyScenario, options: FindAgainOptions): Promise<FoundAgain | null> {
  const search = new Search(entry.replay, scenario, options)
  const remaining = await search.injectionsWithSites()
  if (entry.expect === 'passes') return passingWithout(entry.replay, remaining, search)
  return (remaining === null ? null : await search.underSalts(remaining)) ?? (await search.underSeeds())
}

/** The same for an entry of an older format: by its seed, then by those beside it. */
export async function findRemains(remains: Remains, scenario: AnyScenario, options: FindAgainOptions): Promise<FoundAgain | null> {
  return remains.expect === 'passes' ? null : new Search(remains, scenario, options).underSeeds()
}

async function passingWithout(replay: Replay, remaining: readonly Injection[] | null, search: Search): Promise<FoundAgain | null> {
  if (remaining === null || remaining.length === 0 || replay.injections === 'seeded') return null
  const report = await search.tried(search.listed(remaining, replay.salt ?? ''))
  if (report === null || report.outcome !== 'passed' || report.stale.length > 0) return null
  const left = replay.injections.length - remaining.length
  return {
    replay: { ...replay, injections: remaining.map((injection) => ({ ...injection, args: { ...injection.args } })) },
    traceHash: report.traceHash,
    how: left === 0 ? 'with the same injections' : `without ${left} ${left === 1 ? 'injection' : 'injections'}`,
    runs: search.runs,
  }
}

class Search {
  runs = 0

  constructor(
    readonly kept: Remains | Replay,
    readonly scenario: AnyScenario,
    readonly options: FindAgainOptions,
  ) {}

  /** Null: the list cannot be run at all, or there is none. */
  async injectionsWithSites(): Promise<readonly Injection[] | null> {
    const { kept } = this
    if (!('injections' in kept) || kept.injections === 'seeded') return null
    const report = await this.tried(() => requestOf(kept, this.scenario))
    return report === null ? null : kept.injections.filter((injection) => !report.stale.some((stale) => isSameInjection(stale, injection)))
  }

  async underSalts(injections: readonly Injection[]): Promise<FoundAgain | null> {
    if (injections.length === 0) return null
    const own = ('salt' in this.kept ? this.kept.salt : undefined) ?? ''
    for (const salt of new Set([own, ...salts])) {
      const found = await this.#foundBy(this.listed(injections, salt), salt === own ? 'with the same injections' : `under salt '${salt}'`)
      if (found !== null) return found
    }
    return null
  }

  async underSeeds(): Promise<FoundAgain | null> {
    const { durationNanos } = this.kept
    for (let i = 0; this.#mayGoOn(); i++) {
      const seed = seedBeside(this.kept.seed, i)
      const request = () => ({ scenario: this.scenario, seed, ...this.#choice(), ...(durationNanos === undefined ? {} : { duration: durationNanos }) })
      const found = await this.#foundBy(request, `under seed ${seed}`)
      if (found !== null) return found
    }
    return null
  }

  listed(injections: readonly Injection[], salt: string): () => RunRequest {
    return () => ({ ...requestOf(this.kept as Replay, this.scenario), plan: { injections, ...(salt === '' ? {} : { salt }) } })
  }

  /** Null: out of runs, ended by the caller, or the scenario cannot take such a request any more. */
  async tried(requested: () => RunRequest): Promise<RunReport | null> {
    if (!this.#mayGoOn()) return null
    this.runs++
    this.options.onRun?.()
    try {
      const { signal } = this.options
      const report = await run({ ...requested(), ...(signal === undefined ? {} : { signal }) })
      return report.outcome === 'interrupted' ? null : report
    } catch (error) {
      if (unusable(error) === undefined) throw error
      return null
    }
  }

  async #foundBy(requested: () => RunRequest, how: string): Promise<FoundAgain | null> {
    const report = await this.tried(requested)
    if (report === null || report.stale.length > 0 || !isSameFailure(this.kept.found, report)) return null
    const replay = await provenReplay(requested(), report, this.kept.file)
    return { replay, traceHash: replay.found.traceHash, how, runs: this.runs }
  }

  /** The faults that the entry's run was allowed. */
  #choice(): Pick<RunRequest, 'strategy' | 'kinds' | 'withoutKinds' | 'ambient'> {
    const { kept } = this
    if (!('strategy' in kept)) return {}
    const { strategy, kinds, withoutKinds, ambient } = kept
    return {
      strategy,
      ...(kinds === undefined ? {} : { kinds }),
      ...(withoutKinds === undefined ? {} : { withoutKinds }),
      ...(ambient === undefined ? {} : { ambient }),
    }
  }

  #mayGoOn(): boolean {
    return this.runs < this.options.runs && this.options.signal?.aborted !== true
  }
}

const isSameInjection = (a: Injection, b: Injection): boolean => a.kind === b.kind && a.site === b.site && a.ordinal === b.ordinal && a.at === b.at

/** The seed itself, then those around it: 7, 8, 6, 9, 5; once there is none below, those above go on: 1, 2, 0, 3, 4. Of a word: `word+1`, `word+2`. */
export function seedBeside(seed: string, index: number): string {
  if (index === 0) return seed
  if (!/^\d{1,15}$/.test(seed)) return `${seed}+${index}`
  const middle = Number(seed)
  if (index > 2 * middle) return String(index)
  return String(index % 2 === 1 ? middle + (index + 1) / 2 : middle - index / 2)
}
