import { Misuse } from '../../host/errors.js'
import { shown } from '../check-scenario.js'

/** Which seeds a test runs. */
export interface SeedChoice {
  /** How many, one after the other, or from one to another: `'100..200'`, both included; 100 when not given. */
  readonly seeds?: number | string
  /** The first one, where `seeds` is a number; 1 when not given. */
  readonly firstSeed?: number
}

export interface AskedSeeds {
  readonly seeds: readonly string[]
  /** The environment asks for them, and for no others. */
  readonly isGiven: boolean
}

/**
 * The seeds of a test. SEEDFALL_SEED in the environment is one seed instead, any text; SEEDFALL_SEEDS a number of them or a range, like `seeds`. `caller` is
 * who is told of a mistake. Throws `Misuse`.
 */
export function askedSeeds(
  { seeds = 100, firstSeed = 1 }: SeedChoice,
  caller: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): AskedSeeds {
  if (!Number.isSafeInteger(firstSeed) || firstSeed < 0) throw new Misuse(`${caller}: firstSeed must be a whole number, not ${shown(firstSeed)}`)
  const own = seedsOf(seeds, firstSeed, `${caller}: seeds`)
  const { SEEDFALL_SEED: one, SEEDFALL_SEEDS: several } = env
  if (one) return { seeds: [one], isGiven: true }
  if (!several) return { seeds: own, isGiven: false }
  return { seeds: seedsOf(/^\d+$/.test(several) ? Number(several) : several, firstSeed, 'SEEDFALL_SEEDS'), isGiven: true }
}

function seedsOf(seeds: number | string, firstSeed: number, what: string): readonly string[] {
  if (typeof seeds === 'number') {
    if (!isWhole(seeds) || seeds < 1) throw new Misuse(`${what} must be a positive integer or a range like '100..200', not ${seeds}`)
    return counted(firstSeed, seeds)
  }
  const [, from, to] = /^(\d+)\.\.(\d+)$/.exec(seeds) ?? []
  const [first, last] = [Number(from), Number(to)]
  if (from === undefined || !isWhole(first) || !isWhole(last) || last < first)
    throw new Misuse(`${what} must be a positive integer or a range like '100..200', not ${shown(seeds)}`)
  return counted(first, last - first + 1)
}

const counted = (first: number, count: number): string[] => Array.from({ length: count }, (_, i) => String(first + i))
const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** Cuts seeds into parts of at most so many, the first ones first. */
export function partsOf(seeds: readonly string[], most: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(seeds.length / most) }, (_, i) => seeds.slice(i * most, (i + 1) * most))
}
