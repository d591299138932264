import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as elapsed } from 'node:timers/promises'
import fakeTimers from '@sinonjs/fake-timers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Host, ms, run, simulate } from '../../../sim/index.js'
import { alone, runAlone } from './harness.js'

const epoch = Date.UTC(2026, 0, 1)

/** What a program does with timers: every line of it is one call, some inside call-backs. */
type Act = { kind: 'timeout' | 'interval'; delay: number; clears?: number; then?: readonly Act[] }

interface Timers {
  setTimeout(call: () => void, delay: number): unknown
  setInterval(call: () => void, delay: number): unknown
  clearTimeout(timer: never): void
  now(): number
}

/** Carries the program out; the record says what fired when. */
function perform(acts: readonly Act[], timers: Timers, fired: string[]): void {
  const made: unknown[] = []
  let ids = 0
  const start = (list: readonly Act[]): void => {
    for (const { kind, delay, clears, then = [] } of list) {
      const id = ids++
      let rounds = 0
      const call = (): void => {
        fired.push(`${id} at ${timers.now() - epoch}`)
        if (kind === 'interval' && ++rounds === 3) timers.clearTimeout(made[id] as never)
        start(then)
        if (clears !== undefined && made.length > 0) timers.clearTimeout(made[clears % made.length] as never)
      }
      made[id] = kind === 'timeout' ? timers.setTimeout(call, delay) : timers.setInterval(call, delay)
    }
  }
  start(acts)
}

const leaf: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom('timeout' as const, 'interval' as const),
  delay: fc.integer({ min: 1, max: 40 }),
  clears: fc.option(fc.nat(20), { nil: undefined }) as fc.Arbitrary<number>,
})
const act: fc.Arbitrary<Act> = fc.tuple(leaf, fc.array(leaf, { maxLength: 2 })).map(([one, then]) => (one.kind === 'timeout' ? { ...one, then } : one))

test('timers fire when and in the order in which fake-timers fires them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 1, maxLength: 8 }), async (acts) => {
      const clock = fakeTimers.createClock(epoch)
      const expected: string[] = []
      perform(acts, { setTimeout: clock.setTimeout, setInterval: clock.setInterval, clearTimeout: clock.clearTimeout, now: () => clock.now }, expected)
      clock.tick(900)

      const fired: string[] = []
      const boot = () => perform(acts, { setTimeout, setInterval, clearTimeout, now: () => Date.now() - 5 }, fired)
      const report = await run({ scenario: { ...alone(boot), duration: ms(905), healAt: ms(905) }, seed: '1', ambient: 'virtual' })
      expect(report.outcome).toBe('passed')
      expect(fired).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})

test('every clock shows its host, and equal runs draw equally from every source', async () => {
  const looks: unknown[] = []
  const look = async (host: Host) => {
    await elapsed(3)
    looks.push(
      [Date.now() - epoch, new Date().toISOString(), performance.now(), process.hrtime.bigint(), process.hrtime([0, 1_000]), host.clock.monotonic()],
      [Math.random(), crypto.randomUUID(), randomBytes(4).toString('hex'), randomInt(1_000), [...crypto.getRandomValues(new Uint16Array(2))]],
    )
  }
  expect((await runAlone(look, { ambient: 'virtual' })).outcome).toBe('passed')
  expect((await runAlone(look, { ambient: 'virtual' })).outcome).toBe('passed')
  const [clocks, draws, clocksAgain, drawsAgain] = looks
  expect(clocks).toEqual([8, '2026-01-01T00:00:00.008Z', 8, 8_000_000n, [0, 7_999_000], 8_000_000])
  expect(clocksAgain).toEqual(clocks)
  expect(drawsAgain).toEqual(draws)
  expect((draws as unknown[])[1]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test("a dependency's draws do not shift the process's own", async () => {
  const drawn: number[] = []
  await runAlone((host) => drawn.push(host.random.u32()), { ambient: 'virtual' })
  await runAlone((host) => [Math.random(), drawn.push(host.random.u32())], { ambient: 'virtual' })
  expect(drawn[1]).toBe(drawn[0])
})

test('timers die with their process, and another host has its own', async () => {
  const fired: string[] = []
  const act = (host: Host) => {
    setInterval(() => fired.push(host.name), 10)
  }
  const simulation = await simulate(alone(act, 2), { faults: 'none', ambient: 'virtual' })
  await simulation.advance(ms(16))
  simulation.crash('node-1')
  await simulation.advance(ms(10))
  expect(fired).toEqual(['node-1', 'node-2', 'node-2'])
})

test('an aborted wait rejects as Node does, and what has no face is trapped', async () => {
  const seen: unknown[] = []
  const report = await runAlone(
    async () => {
      const signal = AbortSignal.timeout(2)
      await elapsed(50, 'value', { signal }).catch((error: Error) => seen.push(error.name, (signal.reason as Error).name))
      await fetch('http://127.0.0.1:9/')
    },
    { ambient: 'virtual' },
  )
  expect(seen).toEqual(['AbortError', 'TimeoutError'])
  expect(report.violation?.message).toMatch(/fetch was used at .*virtual\.test\.ts/)
})
