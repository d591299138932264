import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ms, type RunReport, type RunRequest, run, type TraceRecord } from '../../../sim/index.js'
import { start } from '../net/harness.js'
import { busyScenario, storm, type Variation } from './busy-scenario.js'

const seed = '6'
const folder = mkdtempSync(join(tmpdir(), 'seedfall-'))
/** The busy run as one file, so that every Node.js can run it as it is. */
const program = join(folder, 'busy-run.mjs')
const execute = promisify(execFile)

const answerOf = ({ outcome, steps, traceHash }: RunReport): string => `${outcome} ${steps} ${traceHash}`
const answer = async (request: Partial<RunRequest> = {}, variation: Variation = {}): Promise<string> =>
  answerOf(await run({ scenario: busyScenario(variation), seed, ...storm, ...request }))

async function inProcess(node: string): Promise<string> {
  const { stdout } = await execute(node, [program, seed])
  return stdout.trim()
}

function inWorker(): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, { workerData: { seed } })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

beforeAll(async () => {
  const source = fileURLToPath(new URL('./busy-run.ts', import.meta.url))
  await build({ entryPoints: [source], outfile: program, bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' })
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the same run has the same hash', () => {
  let expected = ''
  beforeAll(async () => {
    const report = await run({ scenario: busyScenario(), seed, ...storm })
    expected = answerOf(report)
    // The run must have something in it, or its hash proves nothing.
    expect(report.outcome).toBe('passed')
    expect(report.steps).toBeGreaterThan(10_000)
    expect(report.faults.filter(({ injections }) => injections > 0).length).toBeGreaterThanOrEqual(12)
    expect(report.history.length).toBeGreaterThan(500)
  })

  test('again in this process', async () => {
    expect(await answer()).toBe(expected)
  })

  test('in another process', async () => {
    expect(await inProcess(process.execPath)).toBe(expected)
  }, 20_000)

  test('in a worker thread', async () => {
    expect(await inWorker()).toBe(expected)
  }, 20_000)

  test('in eight workers that start together', async () => {
    expect(new Set(await Promise.all(Array.from({ length: 8 }, inWorker)))).toEqual(new Set([expected]))
  }, 60_000)

  test('with the trace on', async () => {
    let steps = 0
    let notes = 0
    const trace = { step: (_: TraceRecord) => void steps++, note: (_: TraceRecord) => void notes++ }
    expect(await answer({ trace })).toBe(expected)
    expect(steps).toBe(Number(expected.split(' ')[1]))
    expect(notes).toBeGreaterThan(0)
  })

  test('with one macrotask a step instead of the synchronous drain', async () => {
    expect(await answer({ drain: 'macrotask' })).toBe(expected)
  }, 20_000)

  test('while other work wants the event loop', async () => {
    let turns = 0
    const other = setInterval(() => turns++, 1)
    expect(await answer()).toBe(expected)
    clearInterval(other)
    expect(turns).toBeGreaterThan(0)
  })

  test('while another simulation runs beside it', async () => {
    expect(await Promise.all([answer(), answer({ seed: '5' }), answer()])).toEqual([expected, expect.not.stringContaining(expected), expected])
  })

  test('after twenty idle major garbage collections', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    for (let i = 0; i < 20; i++) {
      collect()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    expect(await answer()).toBe(expected)
  }, 20_000)

  const versions = fileURLToPath(new URL('../../../.node-versions/', import.meta.url))
  const binaries = (existsSync(versions) ? readdirSync(versions) : [])
    .flatMap((name) => [join(versions, name, 'bin/node'), join(versions, name, 'node_modules/node/bin/node')])
    .filter((path) => existsSync(path))
  test.skipIf(binaries.length === 0)(
    binaries.length === 0 ? 'on every Node.js version at hand (skipped: there is none in .node-versions)' : 'on every Node.js version at hand',
    async () => {
      for (const binary of binaries) expect([binary, await inProcess(binary)]).toEqual([binary, expected])
    },
    60_000,
  )
})

describe('microtasks', () => {
  const drains = ['sync', 'macrotask'] as const

  test('fifty nested awaits end within their step, whichever way it is drained', async () => {
    const [sync, macrotask] = await Promise.all(drains.map((drain) => answer({ drain }, { nested: 50 })))
    expect(sync).toBe(macrotask)
    // Awaits take no virtual time and no step.
    expect(sync).toBe(await answer({}, { nested: 0 }))
  }, 20_000)

  test('a rejection that is handled later in its step is no crash', async () => {
    const [sync, macrotask] = await Promise.all(drains.map((drain) => answer({ drain }, { floating: true })))
    expect(sync).toMatch(/^passed/)
    expect(sync).toBe(macrotask)
  }, 20_000)
})

describe('failures', () => {
  test.each(['sync', 'macrotask'] as const)('a rejection that nobody handles ends the run at its step (%s)', async (drain) => {
    const simulation = await start<unknown>(
      2,
      (host) => {
        host.clock.every(ms(1), () => {
          if (host.name === 'node-2' && host.clock.monotonic() === ms(7)) void Promise.resolve().then(() => Promise.reject(new Error('forgotten')))
        })
      },
      { drain },
    )
    await expect(simulation.advance(ms(20))).rejects.toThrow('crashed: Error: on node-2: forgotten')
    // Two boots, then two timers a millisecond: the second of the seventh.
    expect(simulation.failure?.violation).toMatchObject({ step: 16, at: ms(7), host: 'node-2' })
  })

  test.each(['sync', 'macrotask'] as const)('a rejection elsewhere in the program is left to the program (%s)', async (drain) => {
    const simulation = await start<unknown>(1, () => null, { drain })
    const outside: unknown[] = []
    const listener = (reason: unknown) => outside.push(reason)
    const others = process.listeners('unhandledRejection')
    process.removeAllListeners('unhandledRejection')
    process.on('unhandledRejection', listener)
    await simulation.advance(ms(1))
    void Promise.reject(new Error('outside'))
    await new Promise((resolve) => setTimeout(resolve, 5))
    process.off('unhandledRejection', listener)
    for (const other of others) process.on('unhandledRejection', other)
    expect(outside).toHaveLength(1)
    expect(simulation.failure).toBeNull()
  })
})

describe('different runs have different hashes', () => {
  test.each<[string, Partial<RunRequest>, Variation]>([
    ['another seed', { seed: '33' }, {}],
    ['one flipped bit in a payload', {}, { flipByte: true }],
    ['two simultaneous events exchanged', {}, { swapTimers: true }],
    ['another salt', { plan: { injections: 'seeded', salt: 'x' } }, {}],
  ])('%s', async (_name, request, variation) => {
    expect(await answer(request, variation)).not.toBe(await answer())
  })

  test('and they part at the step that differs, not before', async () => {
    const hashesOf = async (variation: Variation) => {
      const records: TraceRecord[] = []
      await run({ scenario: busyScenario(variation), seed, ...storm, trace: { step: (record) => records.push({ ...record }) } })
      return records
    }
    const [a, b] = [await hashesOf({}), await hashesOf({ swapTimers: true })]
    const first = a.findIndex((record, index) => record.hash !== b[index]?.hash)
    expect(a[first]).toMatchObject({ at: 50_000_000, host: 'gossiper-2', kind: 'timer' })
    expect(a.slice(first).every((record, index) => record.hash !== b[first + index]?.hash)).toBe(true)
  })
})
