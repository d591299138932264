import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pack } from '../../tools/pack.js'
import { repository } from '../../tools/repository.js'

const root = mkdtempSync(path.join(tmpdir(), 'seedfall-package-'))
const user = path.join(root, 'user')

beforeAll(async () => {
  const tarball = await pack(root)
  mkdirSync(user)
  writeFileSync(path.join(user, 'package.json'), '{}\n')
  const installed = await shell('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball])
  if (installed.code !== 0) throw new Error(installed.error)
  copyFileSync(path.join(repository, 'examples/lock.scenario.ts'), path.join(user, 'my.scenario.ts'))
  for (const name of ['store.scenario.ts', 'lease.scenario.ts']) copyFileSync(path.join(repository, 'examples', name), path.join(user, name))
}, 240_000)

afterAll(() => rmSync(root, { recursive: true, force: true }))

interface Ended {
  readonly code: number
  readonly out: string
  readonly error: string
}

/** Runs a program in the fresh folder; a failing one answers as well. */
function shell(command: string, words: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(command, words, { cwd: user, maxBuffer: 1 << 24 }, (failure, out, error) =>
      resolve({ code: failure === null ? 0 : Number(failure.code), out, error }),
    )
  })
}

/** What its optional parts are used with, linked as if the user had installed it. */
function withPeers(): void {
  for (const name of ['fast-check', 'vitest']) {
    const link = path.join(user, 'node_modules', name)
    if (!existsSync(link)) symlinkSync(path.join(repository, 'node_modules', name), link)
  }
}

describe('the packed package, installed in a fresh folder', () => {
  test.each(['none', 'commonjs', 'module'])(
    "runs a user's scenario and its replay, with package type %s",
    async (type) => {
      writeFileSync(path.join(user, 'package.json'), JSON.stringify({ ...(type === 'none' ? {} : { type }), dependencies: { seedfall: '*' } }))
      const { code, out } = await shell('npx', ['seedfall', 'run', 'my.scenario.ts', '--seed', '1'])
      expect(out).toContain('✗ violation  lock  seed 1')
      expect(out).toContain('replay    npx seedfall replay .seedfall/lock-1.json')
      expect(code).toBe(1)
      const replayed = await shell('npx', ['seedfall', 'replay', '.seedfall/lock-1.json'])
      expect(replayed.out).toContain('the same run, event for event')
      expect(replayed.code).toBe(1)
      // A file that is compiled to CommonJS has a copy of the package of its own: what it throws is known all the same.
      const leased = await shell('npx', ['seedfall', 'run', 'lease.scenario.ts', '--seed', '1', '--duration', '1s'])
      expect(leased.out).toContain('✓ passed  lease  seed 1')
    },
    180_000,
  )

  test('shrinks a failure on worker threads and writes a test of it', async () => {
    const { code, out, error } = await shell('npx', ['seedfall', 'shrink', '.seedfall/lock-1.json', '--jobs', '2', '--test', 'lock.test.ts'])
    expect(error).toBe('')
    expect(out).toMatch(/after +1 injection +2 operations/)
    expect(code).toBe(0)
    expect(readFileSync(path.join(user, 'lock.test.ts'), 'utf8')).toContain("import scenario from './my.scenario.js'")
  }, 120_000)

  test("hunts through a user's scenario on threads of their own", async () => {
    const { code, out } = await shell('npx', [
      'seedfall',
      'hunt',
      'my.scenario.ts',
      '--seeds',
      '4',
      '--first-seed',
      '1',
      '--jobs',
      '2',
      '--duration',
      '5s',
      '--json',
    ])
    expect(JSON.parse(out)).toMatchObject({ isComplete: true, scenarios: [{ scenario: 'lock', ranges: [[1, 4]] }], failures: [{ check: 'history' }] })
    expect(code).toBe(1)
  }, 60_000)

  test('lists its own scenarios, and runs one', async () => {
    const { out } = await shell('npx', ['seedfall', 'list'])
    expect(out).toMatch(/^broker +broker, 5 hosts/m)
    const { code, out: json } = await shell('npx', ['seedfall', 'broker', '--seed', '1', '--duration', '1s', '--json'])
    expect(JSON.parse(json)).toMatchObject({ scenario: 'broker', outcome: 'passed' })
    expect(code).toBe(0)
  }, 180_000)

  test("a user's code type-checks strictly against it", async () => {
    writeFileSync(path.join(user, 'package.json'), JSON.stringify({ type: 'module' }))
    writeFileSync(
      path.join(user, 'use.ts'),
      `import { simulate } from 'seedfall'
import * as raft from 'seedfall/raft'
import * as broker from 'seedfall/broker'
import { simTest } from 'seedfall/vitest'
import { checkSeeds } from 'seedfall/testing'
import { assertSimulation, faultPlans, operations, simProperty, topologies } from 'seedfall/fast-check'
import * as fc from 'fast-check'
import store from './store.scenario.js'
const op = fc.record({ f: fc.constant('write' as const), value: fc.nat() })
export const property = async () => simProperty(store, { plan: await faultPlans(store), operations: operations(store, op), topology: topologies(store, { replica: { min: 2 } }) })
export { assertSimulation, broker, checkSeeds, raft, simTest, simulate }
`,
    )
    withPeers()
    const tsc = path.join(repository, 'node_modules/typescript/bin/tsc')
    const options = ['--noEmit', '--strict', '--noUncheckedIndexedAccess', '--target', 'es2022', '--lib', 'esnext,dom', '--module', 'nodenext']
    const { code, out } = await shell(process.execPath, [tsc, ...options, 'my.scenario.ts', 'store.scenario.ts', 'use.ts'])
    expect(out).toBe('')
    expect(code).toBe(0)
  }, 180_000)

  test("a user's tests run with its helpers", async () => {
    writeFileSync(path.join(user, 'package.json'), JSON.stringify({ type: 'module' }))
    withPeers()
    writeFileSync(
      path.join(user, 'lock.test.ts'),
      `import test from 'node:test'
import assert from 'node:assert'
import { checkSeeds } from 'seedfall/testing'
import { assertSimulation, faultPlans } from 'seedfall/fast-check'
import scenario from './my.scenario.js'
const lock = { ...scenario, duration: 4e9, healAt: 3.9e9 }
test('seeds', () => assert.rejects(checkSeeds(lock, { seeds: '1..1', file: 'my.scenario.ts' }), /npx seedfall replay .seedfall.lock-1.json/))
test('plans', async () => {
  await assert.rejects(assertSimulation(lock, { plan: await faultPlans(lock, { seeds: 1 }) }, {}, { seed: 1, numRuns: 500 }), /Property failed after .* to 1 injection under seed/)
})
`,
    )
    const { code, out, error } = await shell(process.execPath, ['--import', 'tsx', '--test', 'lock.test.ts'])
    expect(out + error).toContain('pass 2')
    expect(code).toBe(0)
  }, 180_000)

  test('keeps a failure in a corpus, and reads what the sources of a scenario and of its systems state', async () => {
    await shell('npx', ['seedfall', 'run', 'my.scenario.ts', '--seed', '1', '--duration', '4s'])
    const added = await shell('npx', ['seedfall', 'corpus', 'add', '.seedfall/lock-1.json'])
    expect(added.out).toContain('✓ kept  corpus/lock-history.json')
    expect(await shell('npx', ['seedfall', 'corpus', 'check'])).toMatchObject({ code: 0, out: expect.stringContaining('1 as expected') })
    const { out } = await shell('npx', ['seedfall', 'properties', 'raft', 'my.scenario.ts'])
    expect(out).toMatch(/reachable {4}a snapshot is installed +node_modules\/seedfall\/dist\/systems\/raft\/applied-state\.js:\d+/)
    expect(out).toContain('my.scenario.ts  0 properties in 1 file')
  }, 180_000)

  test('holds the examples and the pages that the README speaks of', () => {
    for (const file of ['examples/store.scenario.ts', 'examples/store-fixed.scenario.ts', 'docs/writing-a-system.md', 'README.md'])
      expect(existsSync(path.join(user, 'node_modules/seedfall', file)), file).toBe(true)
  })

  test('holds nothing but what it needs', async () => {
    for (const name of ['fast-check', 'vitest']) rmSync(path.join(user, 'node_modules', name), { force: true })
    const { out } = await shell('npm', ['ls', '--all', '--parseable'])
    const names = out
      .trim()
      .split('\n')
      .map((line) => line.split('node_modules/').at(-1)!)
    expect(names).toContain('tsx')
    expect(names).not.toContain('vitest')
    expect(names).not.toContain('typescript')
  })
})
