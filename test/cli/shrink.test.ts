import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { parseReplay } from '../../sim/run/replay.js'
import { repository } from '../../tools/repository.js'
import { example, freshFolder, seedfall, seedfallHere } from './seedfall.js'

const folder = freshFolder()
/** In a folder of its own, as a user has it. */
const scenario = 'lock.scenario.ts'

beforeAll(async () => {
  copyFileSync(example('lock'), path.join(folder, scenario))
  copyFileSync(example('lock-fixed'), path.join(folder, 'lock-fixed.scenario.ts'))
  mkdirSync(path.join(folder, 'node_modules/seedfall'), { recursive: true })
  symlinkSync(path.join(repository, 'node_modules/vitest'), path.join(folder, 'node_modules/vitest'))
  await seedfallHere(['run', scenario, '--seed', '1', '--duration', '4s'], folder)
}, 60_000)

describe('seedfall shrink FILE', () => {
  test('tells the story, proves it minimal, and writes a replay that is the same run', async () => {
    const { code, out, error } = await seedfall(['shrink', '.seedfall/lock-1.json', '--jobs', '2', '--test', 'lock-1.test.ts'], folder)
    expect(error).toBe('')
    expect(out).toMatch(/^lock {2}seed 1 .*\n✓ shrunk {2}lock {2}seed 1 {2}history\n\n {2}1\. At 0\.\d{6} s counter-1 stands still for \d+ ms\.\n/)
    expect(out).toMatch(/before +\d+ injections?.*\n.*after +1 injection {2}2 operations/s)
    expect(out).toContain('no injection can be left out: each was, under 4 sets of latencies')
    expect(out).toContain('replay    npx seedfall replay .seedfall/lock-1.shrunk.json')
    expect(code).toBe(0)
    const again = await seedfallHere(['replay', '.seedfall/lock-1.shrunk.json'], folder)
    expect(again.out).toContain('the same run, event for event')
    expect(again.code).toBe(1)
  })

  test('--json is one object, and one worker finds what two found', async () => {
    const { code, out } = await seedfallHere(['shrink', '.seedfall/lock-1.json', '--jobs', '1', '--json', '--out', 'small/one.json'], folder)
    expect(JSON.parse(out)).toMatchObject({
      scenario: 'lock',
      seed: '1',
      check: 'history',
      isMinimal: true,
      stopped: null,
      after: { injections: 1, operations: 2 },
      story: [expect.stringContaining('counter-1 stands still'), expect.any(String), expect.any(String), expect.any(String)],
      replay: 'small/one.json',
    })
    expect(code).toBe(0)
    const [one, other] = ['small/one.json', '.seedfall/lock-1.shrunk.json'].map((file) => parseReplay(readFileSync(path.join(folder, file), 'utf8')))
    expect(one).toEqual(other)
  })

  test('writes a test that fails with what is wrong, and passes once it is repaired', async () => {
    const alias = { seedfall: path.join(repository, 'sim/index.ts') }
    writeFileSync(path.join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify({ resolve: { alias }, test: { pool: 'threads' } })}\n`)
    const failing = await vitest('lock-1.test.ts')
    expect(failing.out).toMatch(/history: client-\d counted what another client did: an increment is lost: expected 'violation' to be 'passed'/)
    expect(failing.code).toBe(1)
    const text = readFileSync(path.join(folder, 'lock-1.test.ts'), 'utf8')
    expect(text).toMatch(/\/\*\*\n \* 1\. At .* counter-1 stands still/)
    writeFileSync(path.join(folder, 'repaired.test.ts'), text.replace("'./lock.scenario.js'", "'./lock-fixed.scenario.js'"))
    expect(await vitest('repaired.test.ts')).toMatchObject({ code: 0 })
  })

  test('Ctrl-C keeps the smallest run so far, and exits with 130', async () => {
    const { code, out } = await seedfall(['shrink', scenario, '--seed', '7', '--jobs', '2', '--out', 'stopped.json'], folder, 'Ctrl-C')
    expect(out).toContain('not proved: it was interrupted')
    expect(code).toBe(130)
    expect((await seedfallHere(['replay', 'stopped.json'], folder)).out).toContain('the same run, event for event')
  })

  test('keeps it when time is up', async () => {
    const target = path.join(folder, 'soon.json')
    const { code, out } = await seedfallHere(['shrink', '.seedfall/lock-1.json', '--time', '1ms', '--out', 'soon.json'], folder)
    expect(out).toContain('not proved: time was up')
    expect(code).toBe(0)
    expect(existsSync(target)).toBe(true)
  })
})

describe('seedfall why FILE', () => {
  test('names what is necessary and draws from when on it was certain', async () => {
    const { code, out } = await seedfallHere(['why', '.seedfall/lock-1.shrunk.json', '--runs', '6'], folder)
    expect(out).toMatch(/1\. At 0\.\d{6} s counter-1 stands still for \d+ ms\.\n {5}necessary: 0 of 6 runs without it fail/)
    expect(out).toMatch(/100% │ *[▁▂▃▄▅▆▇█]+/)
    expect(out).toMatch(/certain +from 0\.\d{6} s on \(step \d+\): all 6 other courses from there fail/)
    expect(code).toBe(0)
  })

  test('--json has the chances by time', async () => {
    const { out } = await seedfallHere(['why', '.seedfall/lock-1.shrunk.json', '--runs', '4', '--json'], folder)
    const report = JSON.parse(out)
    expect(report).toMatchObject({ scenario: 'lock', isComplete: true, injections: [{ isNecessary: true, runs: 4, failures: 0, told: expect.any(String) }] })
    expect(report.chances[0]).toMatchObject({ injections: 0, failures: 0, runs: 4 })
    expect(report.chances.at(-1)).toMatchObject({ injections: 1, failures: 4, runs: 4 })
  })
})

describe('bad input is said in a line, with exit code 2', () => {
  test.each([
    [['shrink', scenario], 'needs the seed of a run that fails: --seed N; or name a replay file'],
    [['shrink', 'lock-fixed.scenario.ts', '--seed', '1'], 'lock-fixed.scenario.ts passes under seed 1: there is nothing to shrink'],
    [['shrink', '.seedfall/lock-1.json', '--seed', '2'], 'is a replay and has its seed: leave out --seed'],
    [['shrink', 'gone.json'], 'gone.json cannot be read: no such file'],
    [['shrink', '.seedfall/lock-1.json', '--out', '.'], '. cannot be written: it is a folder; name a file'],
    [['shrink', '.seedfall/lock-1.json', '--test', '.seedfall'], '.seedfall cannot be written: it is a folder; name a file'],
    [['why', scenario], 'needs the seed of a run that fails'],
  ])('%j', async (words, says) => {
    const { code, error } = await seedfallHere(words, folder)
    expect(error).toContain(says)
    expect(error.trim().split('\n')).toHaveLength(1)
    expect(code).toBe(2)
  })
})

function vitest(file: string): Promise<{ code: number; out: string }> {
  const bin = path.join(repository, 'node_modules/vitest/vitest.mjs')
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [bin, 'run', file, '--reporter=default', '--no-color'],
      { cwd: folder, env: { ...process.env, NO_COLOR: '1' } },
      (failure, out, error) => resolve({ code: failure === null ? 0 : Number(failure.code), out: out + error }),
    )
  })
}
