import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { hunt } from '../../tools/plant/hunt.js'
import type { Plant } from '../../tools/plant/plant.js'
import { substitute } from '../../tools/plant/substitute.mjs'
import { repository } from '../../tools/repository.js'

const plant: Plant = {
  name: 'mean-off-by-one',
  source: 'a test',
  file: 'test/tools/fixtures/mean.ts',
  replace: 'low + high',
  with: 'low + high + 2',
  expect: 'the mean of equals is their value',
  subject: 'test/tools/fixtures/mean.hunt.ts',
}

describe('a hunt', () => {
  test('finds the planted mistake at the first seed that shows it, and leaves the tree alone', async () => {
    const before = readFileSync(path.join(repository, plant.file), 'utf8')
    expect(await hunt(plant, { firstSeed: 3, seeds: 10 })).toMatchObject({ plant: plant.name, seed: '7', seeds: 5, check: plant.expect })
    expect(readFileSync(path.join(repository, plant.file), 'utf8')).toBe(before)
  })

  test('goes on past a check that the plant does not name, and tells of it when no other comes', async () => {
    expect(await hunt({ ...plant, expect: 'another check' }, { firstSeed: 3, seeds: 6 })).toMatchObject({ seed: '7', seeds: 5, check: plant.expect })
  })

  test('finds nothing in seeds that do not show it', async () => {
    expect(await hunt(plant, { firstSeed: 8, seeds: 6 })).toMatchObject({ seed: null, seeds: 6, check: null })
  })

  test('finds nothing when what is planted changes no behaviour', async () => {
    expect(await hunt({ ...plant, with: 'high + low' }, { firstSeed: 1, seeds: 20 })).toMatchObject({ seed: null, seeds: 20 })
  })

  test('breaks when the snippet is not there, naming file and count', async () => {
    await expect(hunt({ ...plant, replace: 'low - high' }, { firstSeed: 1, seeds: 1 })).rejects.toThrow(
      /snippet occurs 0 times in .*mean\.ts, and must occur exactly once/,
    )
  })

  test('breaks when the snippet is there twice', async () => {
    await expect(hunt({ ...plant, replace: 'number' }, { firstSeed: 1, seeds: 1 })).rejects.toThrow(/snippet occurs [2-9] times/)
  })

  test('breaks when the subject never loads the module', async () => {
    await expect(hunt({ ...plant, subject: 'test/tools/fixtures/lonely.hunt.ts' }, { firstSeed: 1, seeds: 1 })).rejects.toThrow('nothing was planted')
  })
})

test('a snippet that is replaced by itself is refused', () => {
  expect(() => substitute({ ...plant, with: plant.replace }, 'low + high')).toThrow('the snippet is replaced by itself')
})
