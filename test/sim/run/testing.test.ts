import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { FailedSeeds } from '../../../sim/run/node/failed-seeds.js'
import { checkSeeds } from '../../../sim/run/testing.js'
import { repository } from '../../../tools/repository.js'
import neverMet from '../../cli/fixtures/never-met.scenario.js'
import steady from '../../cli/fixtures/steady.scenario.js'

/** Runs `node --test` on a file, in a fresh folder: nothing of vitest is there. */
function nodeTest(text: string, env: Record<string, string>): Promise<{ out: string; code: number; folder: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-node-test-'))
  const file = path.join(folder, 'lock.test.mts')
  writeFileSync(file, text)
  const { NODE_TEST_CONTEXT: _, SEEDFALL_SEED: __, ...inherited } = process.env
  const words = ['--import', path.join(repository, 'node_modules/tsx/dist/loader.mjs'), '--test', '--test-reporter=tap', file]
  const options = { cwd: folder, env: { ...inherited, TSX_TSCONFIG_PATH: path.join(repository, 'tsconfig.json'), ...env } }
  return new Promise((resolve) => {
    execFile(process.execPath, words, options, (failure, out, error) =>
      resolve({ out: out + error, code: failure === null ? 0 : Number(failure.code), folder }),
    )
  })
}

const inSource = (file: string) => JSON.stringify(path.join(repository, file))

test("Node's own test runner fails with the report, the replay file and the commands, for the seeds that the environment asks for", async () => {
  const file = path.join(repository, 'examples/lock.scenario.ts')
  const text = `import test from 'node:test'
import { FailedSeeds } from '../../../sim/run/node/failed-seeds.js'
import { checkSeeds } from ${inSource('sim/run/testing.ts')}
import lock from ${inSource('examples/lock.scenario.ts')}
import steady from ${inSource('test/cli/fixtures/steady.scenario.ts')}
test('increments are kept', () => checkSeeds({ ...lock, duration: 9e9, healAt: 8e9 }, { seeds: '5..6', file: ${JSON.stringify(file)} }))
test('steady', () => checkSeeds(steady, { seeds: 100_000 }))
`
  const { out, code, folder } = await nodeTest(text, { SEEDFALL_SEEDS: '6..7' })
  expect(code).toBe(1)
  expect(out).toContain('not ok 1 - increments are kept')
  expect(out).toContain('✗ violation  lock  seed 7  history')
  expect(out).toContain('npx seedfall replay .seedfall/lock-7.json')
  expect(out).toContain('SEEDFALL_SEED=7 and the command of your tests')
  expect(out).toContain('\nok 2 - steady')
  expect(JSON.parse(readFileSync(path.join(folder, '.seedfall/lock-7.json'), 'utf8'))).toMatchObject({ scenario: 'lock', seed: '7', file })
}, 120_000)

test('checkSeeds answers what the runs said of their properties, and fails for what none met where that is asked', async () => {
  expect(await checkSeeds(steady, { seeds: 3 })).toMatchObject({ runs: 3 })
  const { neverMet: names } = await checkSeeds(neverMet, { seeds: 2 })
  expect(names.map(({ name }) => name)).toEqual(['a seven', 'an eight'])
  await expect(checkSeeds(neverMet, { seeds: 2, requireSometimes: true })).rejects.toThrow(
    "never-met: every run passed, but none came to:\n'a seven' (sometimes)",
  )
  await expect(checkSeeds(neverMet, { seeds: 1, requireSometimes: true })).resolves.toMatchObject({ runs: 1 })
})

test('what was never met is told though the file that states it cannot be read', async () => {
  const failing = checkSeeds(neverMet, { seeds: 2, requireSometimes: true, file: 'gone.scenario.ts' })
  await expect(failing).rejects.toThrow(/never reached in 2 runs\n {2}where they are stated cannot be told: ENOENT/)
})

test('a failure is told though nothing can be written', async () => {
  const home = process.cwd()
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-testing-'))
  writeFileSync(path.join(folder, '.seedfall'), 'a file where the folder would be')
  process.chdir(folder)
  try {
    const judge = () => 'it is not what it should be'
    const wrong = { ...steady, workload: { ...steady.workload, judge } }
    await expect(checkSeeds(wrong, { seeds: '4..5', file: 'steady.scenario.ts' })).rejects.toThrow(
      /steady {2}seed 4 {2}history.*forgotten +the next run will not try this seed first: .*replay +not written: .*SEEDFALL_SEED=4/s,
    )
  } finally {
    process.chdir(home)
  }
})

test('a run that its scenario breaks from outside fails with the seed in the message', async () => {
  const judge = () => {
    throw new TypeError('cannot judge')
  }
  const broken = { ...steady, workload: { ...steady.workload, judge } }
  const home = process.cwd()
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-testing-'))
  process.chdir(folder)
  try {
    await expect(checkSeeds(broken, { seeds: '4..5' })).rejects.toMatchObject({
      message: expect.stringMatching(/^steady, seed 4: cannot judge\n {2}.*SEEDFALL_SEED=4/),
      seed: '4',
      cause: expect.any(TypeError),
    })
    expect(new FailedSeeds(folder, 'steady', 'checkSeeds').seeds()).toEqual(['4'])
  } finally {
    process.chdir(home)
  }
})

test('checkSeeds is ended by its signal, and is no failure of the seed', async () => {
  const ended = checkSeeds(steady, { seeds: 3, signal: AbortSignal.abort() })
  await expect(ended).rejects.toThrow(/seed 1: ended from outside after \d+ steps/)
})
