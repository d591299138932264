import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { simTest } from '../../../sim/run/vitest.js'
import { repository } from '../../../tools/repository.js'
import steady from '../../cli/fixtures/steady.scenario.js'

simTest('a scenario that holds passes its seeds', steady, { seeds: 2 })

/** Beside the tests, so that vitest's own configuration applies, and under a name that it does not collect by itself. */
const folder = mkdtempSync(path.join(repository, 'test', 'nested-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function nested(options: string, env: Record<string, string> = {}, of: 'lock' | 'neverMet' = 'lock'): Promise<string> {
  const file = path.join(folder, 'lock.test.ts')
  writeFileSync(
    file,
    `import { simTest } from 'seedfall/vitest'\nimport lock from '../../examples/lock.scenario.js'\nimport neverMet from '../cli/fixtures/never-met.scenario.js'\n\nsimTest('increments are kept', ${of}, ${options})\n`,
  )
  const vitest = path.join(repository, 'node_modules/vitest/vitest.mjs')
  const { SEEDFALL_SEED: _, ...inherited } = process.env
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [vitest, 'run', '--reporter=verbose', file],
      { cwd: repository, env: { ...inherited, NO_COLOR: '1', ...env } },
      (_failure, out, error) => resolve(out + error),
    )
  })
}

test('a failure names the seed, shows the report, and says how to run it again', async () => {
  const out = await nested("{ seeds: 3, firstSeed: 4, file: 'examples/lock.scenario.ts' }", { SEEDFALL_SEED: '1' })
  expect(out).toMatch(/✗ violation {2}lock {2}seed 1 {2}history/)
  expect(out).toContain('npx seedfall run examples/lock.scenario.ts --seed 1')
  expect(out).toContain("SEEDFALL_SEED=1 npx vitest -t 'increments are kept'")
})

test('seeds are counted from the first one on, and the first that fails ends the test', async () => {
  expect(await nested('{ seeds: 4, firstSeed: 5 }')).toMatch(/lock {2}seed 7 /)
})

test('requireSometimes fails when no run met a property, and names it', async () => {
  const out = await nested('{ seeds: 2, requireSometimes: true }', {}, 'neverMet')
  expect(out).toContain("never-met: every run passed, but none came to:\n'a seven' (sometimes): asked 2 times and never true in 2 runs")
  expect(out).toContain("'an eight' (reachable): never reached in 2 runs")
})

test('a number of seeds that is none is a misuse', () => {
  expect(() => simTest('never', steady, { seeds: 0 })).toThrow('simTest: seeds must be a positive integer, not 0')
})
