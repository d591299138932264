import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { hunt } from '../../tools/plant/hunt.js'
import { isExpected, type Plant } from '../../tools/plant/plant.js'
import { substitute } from '../../tools/plant/substitute.mjs'
import { repository } from '../../tools/repository.js'

/**
 * Disjoint, and one of them new at every run: what is found must not hang on the seeds it was tuned with. `SEEDFALL_PLANTS=thorough` hunts in all of them, which
 * takes minutes more.
 */
const drawn = 1_000_000 + randomInt(1_000_000_000)
const ranges = process.env.SEEDFALL_PLANTS === 'thorough' ? [drawn, 1, 100_001] : [drawn]
const seeds = 300

/** Each is planted and must be caught, from `firstSeed` on. In files of their own by their lists, so that several workers share them. */
export function testPlants(plants: readonly Plant[], firstSeed = drawn): void {
  describe.each(plants)('$name', (plant) => {
    test('is one exact substitution', () => {
      const text = readFileSync(path.join(repository, plant.file), 'utf8')
      expect(substitute(plant, text)).not.toBe(text)
    })

    test.each(plant.isThorough ? ranges : [plant.firstSeed ?? firstSeed])(
      `is caught by ${plant.expect} within ${seeds} seeds from %d on`,
      async (firstSeed) => {
        const found = await hunt(plant, { firstSeed, seeds })
        expect(isExpected(plant, found.check), JSON.stringify(found)).toBe(true)
      },
      15 * 60_000,
    )
  })
}
