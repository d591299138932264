/** The process in which a mistake is planted: runs its subject seed by seed and prints a `HuntResult`. Started by `hunt`. */
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { isScenario } from '../../sim/run/scenario.js'
import { repository } from '../repository.js'
import { type HuntRange, type HuntResult, isExpected, type Plant } from './plant.js'
import { shrinkPlant } from './shrink-plant.js'

type Found = { readonly check: string; readonly message: string } | undefined
type Hunter = (seed: string) => Promise<Found> | Found

const plant = JSON.parse(process.env.SEEDFALL_PLANT!) as Plant
const range = JSON.parse(process.env.SEEDFALL_HUNT!) as HuntRange

const hunter = await hunterOf(plant.subject)
const loads = (globalThis as unknown as Record<symbol, Int32Array | undefined>)[Symbol.for('seedfall.plant.loads')]
if (!loads?.[0]) throw new Error(`${plant.subject} never loads ${path.relative(repository, plant.file)}: nothing was planted`)
const result = await search(hunter)
const shrunk = range.shrinkJobs === undefined || result.seed === null ? undefined : await shrinkPlant(plant.subject, result.seed, range.shrinkJobs)
process.stdout.write(`${JSON.stringify({ ...result, ...(shrunk === undefined ? {} : { shrunk }) })}\n`)
process.exit()

/** The first seed under which a check that the plant names sees it; failing that, the first under which any does: which sees it first depends on the schedule. */
async function search(hunter: Hunter): Promise<HuntResult> {
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

async function hunterOf(subject: string): Promise<Hunter> {
  const module = (await import(pathToFileURL(path.join(repository, subject)).href)) as {
    default?: unknown
    hunt?: (seed: string) => Promise<string | undefined> | string | undefined
  }
  const { default: scenario, hunt } = module
  if (typeof hunt === 'function') {
    return async (seed) => {
      const check = await hunt(seed)
      return check === undefined ? undefined : { check, message: '' }
    }
  }
  if (!isScenario(scenario)) throw new Error(`${subject} exports neither a scenario nor hunt(seed)`)
  const { run } = await import('../../sim/run/run.js')
  return async (seed) => {
    const { outcome, violation } = await run({ scenario, seed })
    return outcome === 'passed' ? undefined : { check: violation?.check ?? outcome, message: violation?.message ?? '' }
  }
}
