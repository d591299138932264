import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { simTest } from '../../../sim/run/vitest.js'
import { repository } from '../../../tools/repository.js'
import steady from '../../cli/fixtures/steady.scenario.js'

simTest('a scenario that holds passes its seeds', steady, { seeds: 2 })
simTest('more seeds than fit in one test are several', steady, { seeds: 5, seedsPerTest: 2 })

/** Beside the tests, so that vitest's own configuration applies, and under a name that it does not collect by itself. */
const folder = mkdtempSync(path.join(repository, 'test', 'nested-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Nested {
  readonly out: string
  /** `title: state`, in the order of the file. */
  readonly tests: readonly string[]
}

const home = path.join(folder, 'home')
mkdirSync(home)
const lockFile = '../../../examples/lock.scenario.ts'
const dieFile = '../../cli/fixtures/never-met.scenario.ts'
const file = path.join(folder, 'nested.test.ts')
writeFileSync(
  file,
  `import { chdir } from 'node:process'
import { simTest } from 'seedfall/vitest'
import lock from '../../examples/lock.scenario.js'
import neverMet from '../cli/fixtures/never-met.scenario.js'
chdir(${JSON.stringify(home)})
simTest('increments are kept', { ...lock, duration: 9e9, healAt: 8e9 }, { seeds: 3, firstSeed: 5, seedsPerTest: 1, file: '${lockFile}' })
simTest('sevens are thrown', neverMet, { seeds: 3, seedsPerTest: 2, requireSometimes: true, file: '${dieFile}' })
simTest('one seed is not asked for all', neverMet, { seeds: 1, requireSometimes: true })
`,
)

/** Runs vitest on those three, in a folder that is kept from one run to the next. */
function nested(): Promise<Nested> {
  const vitest = path.join(repository, 'node_modules/vitest/vitest.mjs')
  const { SEEDFALL_SEED: _, SEEDFALL_SEEDS: __, ...inherited } = process.env
  const report = path.join(folder, 'report.json')
  const words = [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, file]
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: repository, env: { ...inherited, NO_COLOR: '1' } }, (_failure, out, error) => {
      const { testResults } = JSON.parse(readFileSync(report, 'utf8')) as { testResults: { assertionResults: { title: string; status: string }[] }[] }
      resolve({ out: out + error, tests: testResults.flatMap(({ assertionResults }) => assertionResults.map(({ title, status }) => `${title}: ${status}`)) })
    })
  })
}

describe('simTest', { timeout: 240_000 }, () => {
  let first: Nested
  beforeAll(async () => {
    first = await nested()
  }, 240_000)

  test('is a test for each range of seeds, and one for all of them where that is asked', () => {
    expect(first.tests).toEqual([
      'seed 5: passed',
      'seed 6: passed',
      'seed 7: failed',
      'seeds 1 to 2: passed',
      'seed 3: passed',
      'all of them together met every property: failed',
      'one seed is not asked for all: passed',
    ])
  })

  test('names the failing seed, shows the report, writes the replay file, and says how to run it again', () => {
    expect(first.out).toMatch(/✗ violation {2}lock {2}seed 7 {2}history/)
    expect(first.out).toContain('npx seedfall replay .seedfall/lock-7.json')
    expect(first.out).toContain(`npx seedfall run ${lockFile} --seed 7`)
    expect(first.out).toContain("SEEDFALL_SEED=7 npx vitest -t 'increments are kept'")
    const replay = JSON.parse(readFileSync(path.join(home, '.seedfall/lock-7.json'), 'utf8')) as object
    expect(replay).toMatchObject({ scenario: 'lock', file: lockFile, seed: '7', found: { check: 'history' } })
  })

  test('tells the place of a property that no run met', () => {
    expect(first.out).toContain(
      `never-met: every run passed, but none came to:\n'a seven' (sometimes): asked 3 times and never true in 3 runs, stated at ${dieFile}:5`,
    )
    expect(first.out).toContain("'an eight' (reachable): never reached in 3 runs")
  })

  test('remembers what failed, and tries it first the next time', async () => {
    expect(readdirSync(path.join(home, '.seedfall/failed'))).toHaveLength(1)
    const { tests } = await nested()
    expect(tests.slice(0, 3)).toEqual(['the seed that failed last time: 7: failed', 'seed 5: passed', 'seed 6: passed'])
  })
})

test('a number of seeds that is none is a misuse', () => {
  expect(() => simTest('never', steady, { seeds: 0 })).toThrow('simTest: seeds must be a positive integer or a range')
  expect(() => simTest('never', steady, { seeds: 5, seedsPerTest: 0 })).toThrow('simTest: seedsPerTest must be a positive integer, not 0')
})
