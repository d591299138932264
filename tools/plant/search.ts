import { isScenario } from '../../sim/run/scenario.js'
import { type HuntRange, type HuntResult, isExpected, type Plant } from './plant.js'

/** What a subject's module exports: a scenario, or a hunt of its own. */
export interface Subject {
  readonly default?: unknown
  readonly hunt?: (seed: string) => Promise<string | undefined> | string | undefined
}

/**
 * Runs the subject, with the mistake planted in it, seed by seed. Answers the first seed under which a check that the plant names sees it; failing that, the
 * first under which any does: which sees it first depends on the schedule.
 */
export async function search(plant: Plant, subject: Subject, range: HuntRange): Promise<HuntResult> {
  const hunter = await hunterOf(plant.subject, subject)
  const began = performance.now()
  const elapsed = () => Math.round(performance.now() - began) / 1_000
  let seeds = 0
  let other: HuntResult | undefined
  while (seeds < range.seeds && elapsed() < (range.seconds ?? Number.POSITIVE_INFINITY)) {
    const seed = String(range.firstSeed + seeds++)
    const found = await hunter(seed)
    if (found === undefined) continue
    const result = { plant: plant.name, seed, seeds, ...found, seconds: elapsed() }
    if (isExpected(plant, found.check)) return result
    other ??= result
  }
  return other ?? { plant: plant.name, seed: null, seeds, check: null, message: null, seconds: elapsed() }
}

type Found = { readonly check: string; readonly message: string } | undefined

async function hunterOf(name: string, { default: scenario, hunt }: Subject): Promise<(seed: string) => Promise<Found>> {
  if (typeof hunt === 'function') {
    return async (seed) => {
      const check = await hunt(seed)
      return check === undefined ? undefined : { check, message: '' }
    }
  }
  if (!isScenario(scenario)) throw new Error(`${name} exports neither a scenario nor hunt(seed)`)
  const { run } = await import('../../sim/run/run.js')
  return async (seed) => {
    const { outcome, violation } = await run({ scenario, seed })
    return outcome === 'passed' ? undefined : { check: violation?.check ?? outcome, message: violation?.message ?? '' }
  }
}
