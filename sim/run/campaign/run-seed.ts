import { formatReplay, provenReplay } from '../replay.js'
import type { RunReport, RunRequest, Violation } from '../report.js'
import { run } from '../run.js'
import { isShorter } from './failure-totals.js'
import { featuresOf, fingerprintOf, StepSort } from './fingerprint.js'
import { brokenSeed, type SeedFailure, type SeedOutcome, type SeedResult, seedResult } from './seed-result.js'

/** One seed, done. `replay`: the text of the file that makes a failure again, where it is the shortest of its sort that this runner has had. */
export interface SeedRun {
  readonly result: SeedResult
  readonly replay?: string
}

/** Runs seeds one at a time. A failing one is run again to tell its fingerprint, and the shortest of a sort once more to prove its replay. */
export class SeedRunner {
  readonly #shortest = new Map<string, { readonly steps: number; readonly seed: number }>()

  /** `told`: what is wrong when code of the scenario threw outside of every process. */
  constructor(readonly told: (error: unknown, file: string | undefined) => string) {}

  /** `file`: the scenario's own, for the replay. Null when the request's signal ended it. */
  async run(seed: number, request: Omit<RunRequest, 'seed'>, file?: string): Promise<SeedRun | null> {
    const asked: RunRequest = { ...request, seed: String(seed) }
    try {
      const report = await run(asked)
      if (report.outcome === 'interrupted') return null
      if (report.violation === undefined || report.outcome === 'passed') return { result: seedResult(report, null) }
      const failure = await failureOf(asked, report, report.violation, report.outcome)
      const isNews = this.#isNews(failure.fingerprint, { steps: report.steps, seed })
      const replay = isNews ? { replay: formatReplay(await provenReplay(asked, report, file)) } : {}
      return { result: seedResult(report, failure), ...replay }
    } catch (error) {
      return { result: thrown(this.told(error, file)) }
    }
  }

  #isNews(fingerprint: string, run: { readonly steps: number; readonly seed: number }): boolean {
    const known = this.#shortest.get(fingerprint)
    if (known !== undefined && !isShorter(run, known)) return false
    this.#shortest.set(fingerprint, run)
    return true
  }
}

async function failureOf(request: RunRequest, report: RunReport, violation: Violation, outcome: SeedOutcome): Promise<SeedFailure> {
  const { check, message, host, step, at } = violation
  const sort = new StepSort(step)
  if (step > 0 && (outcome === 'violation' || outcome === 'crashed')) await run({ ...request, untilStep: step, trace: sort })
  return { fingerprint: fingerprintOf(featuresOf(outcome, { ...violation, step }, sort.sort)), check, message, host, step: Math.min(step, report.steps), at }
}

/** No run ended: the same mistake says the same. */
function thrown(message: string): SeedResult {
  return brokenSeed('threw', brokenFailure('threw', 'scenario', message))
}

/** Of a seed whose run never ended. */
export function brokenFailure(outcome: 'threw' | 'died' | 'hung', check: string, message: string): SeedFailure {
  const violation: Violation = { check, message, step: 0, at: 0, host: null }
  return { fingerprint: fingerprintOf(featuresOf(outcome, violation, '')), check, message, host: null, step: 0, at: 0 }
}
