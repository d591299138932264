import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { AmbientUse } from '../../../sim/ambient/ambient-use.js'
import { type Host, ms, run } from '../../../sim/index.js'
import { uses } from './fixtures/dependency.js'
import { alone, runAlone } from './harness.js'

const dependency = new URL('./fixtures/dependency.ts', import.meta.url).pathname
const lines = readFileSync(dependency, 'utf8').split('\n')
/** Where the fixture says it. */
const lineOf = (name: string): number => lines.findIndex((line) => line.trimStart().startsWith(`'${name}': `) || line.trimStart().startsWith(`${name}: `)) + 1

test.each(Object.keys(uses))('%s in a dependency ends the run, with the file and the line', async (name) => {
  const report = await runAlone(() => uses[name]!())
  expect(report.outcome).toBe('crashed')
  expect(report.violation).toMatchObject({ check: 'AmbientUse', host: 'node-1', at: ms(5) })
  const message = report.violation!.message
  expect(message).toMatch(new RegExp(`^on node-1: ${name.replace(/[().]/g, '\\$&').replace(', promisified', '')} was used at `))
  expect(message).toContain(`${dependency}:${lineOf(name)}:`)
  expect(message).toMatch(/: use host\.|: another thread answers/)
})

test('catching what is thrown does not help', async () => {
  const report = await runAlone(() => {
    try {
      Date.now()
    } catch {
      // As a library would that falls back to something else.
    }
  })
  expect(report.outcome).toBe('crashed')
})

test('a use after an await is in its step as well', async () => {
  const report = await runAlone(async (host) => {
    await host.clock.sleep(ms(1))
    await Promise.resolve()
    Math.random()
  })
  expect(report.violation).toMatchObject({ check: 'AmbientUse', at: ms(6) })
})

test('a date of a given time, and ending a timer that is none, are no uses', async () => {
  const seen: unknown[] = []
  const report = await runAlone(() => {
    clearTimeout(undefined)
    seen.push(new Date(86_400_000).toISOString(), Date.UTC(1970, 0, 2), new Date(1) instanceof Date, new Date(1).constructor === Date)
  })
  expect(report.outcome).toBe('passed')
  expect(seen).toEqual(['1970-01-02T00:00:00.000Z', 86_400_000, true, true])
})

test('a process may print', async () => {
  const report = await runAlone(() => console.log('seen'))
  expect(report.outcome).toBe('passed')
})

test('outside of steps everything is what it was, also while runs go on', async () => {
  let outside = 0
  const other = setInterval(() => {
    if (Date.now() > 0 && performance.now() > 0 && Math.random() < 1 && crypto.randomUUID().length === 36) outside++
  }, 1)
  const busy = (host: Host) => {
    const work = () => {
      for (let i = 0; i < 3_000; i++) host.random.u32()
    }
    host.clock.every(100_000, work)
  }
  const both = await Promise.all([run({ scenario: alone(busy), seed: '1' }), run({ scenario: alone(busy), seed: '2' }), runAlone(() => Date.now())])
  clearInterval(other)
  expect(both.map(({ outcome }) => outcome)).toEqual(['passed', 'passed', 'crashed'])
  expect(outside).toBeGreaterThan(0)
  await expect(promisify(setTimeout)(1, 'later')).resolves.toBe('later')
  expect([setTimeout.name, Date.name, Date.length, Math.random.name]).toEqual(['setTimeout', 'Date', 7, 'random'])
  class Later extends Date {}
  expect(new Later(5)).toBeInstanceOf(Later)
  expect(Date.now()).toBeGreaterThan(1.7e12)
  expect(createRequire(import.meta.url)('node:timers').setTimeout.name).toBe('setTimeout')
})

test("'off' lets it happen", async () => {
  const report = await runAlone(() => Date.now(), { ambient: 'off' })
  expect(report.outcome).toBe('passed')
})

test('a scenario may say what happens', async () => {
  const report = await run({ scenario: { ...alone(() => Date.now()), ambient: 'off' }, seed: '1' })
  expect(report.outcome).toBe('passed')
})

test('the error names what to use instead', () => {
  const caller = (): AmbientUse => new AmbientUse('Date.now()', 'use host.clock.wallMillis()', caller)
  const error = caller()
  expect(error.code).toBe('ambient-use')
  expect(error.message).toMatch(/^Date\.now\(\) was used at .*traps\.test\.ts:\d+:\d+: use host\.clock\.wallMillis\(\)/)
})

test('drawing by one macrotask a step has no guard, and no virtual faces', async () => {
  expect((await runAlone(() => Date.now(), { drain: 'macrotask' })).outcome).toBe('passed')
  await expect(runAlone(() => Date.now(), { drain: 'macrotask', ambient: 'virtual' })).rejects.toThrow("leave out drain: 'macrotask'")
})
