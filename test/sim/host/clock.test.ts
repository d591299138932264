import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { MachineClock } from '../../../sim/host/machine-clock.js'
import { type Host, ms, type NetError, protocol, s } from '../../../sim/index.js'
import { start } from '../net/harness.js'

const epochMillis = 1_767_225_600_000
const Silent = protocol<{ ask: { req: null; res: null } }>('silent')

/** One host, whose clock the test changes, and what virtual time it was when its `run` noted something. */
async function oneHost(run: (host: Host, note: (what: string) => void) => void) {
  const noted: [string, number][] = []
  let host: Host | undefined
  const simulation = await start<unknown>(1, (booted) => {
    host = booted
    run(booted, (what) => noted.push([what, simulation.kernel.now]))
  })
  const machine = simulation.host('node-1')
  const change = (act: (clock: MachineClock, now: number) => void) => machine?.changeClock(act)
  await simulation.advance(0)
  return { simulation, noted, change, clock: (host as Host).clock }
}

describe('time on a host whose clock is not true', () => {
  test('timers, sleeps, intervals and time limits of calls run at its rate', async () => {
    const { simulation, noted, change, clock } = await oneHost((host, note) => {
      host.clock.timer(ms(110), () => note('timer'))
      void host.clock.sleep(ms(220)).then(() => note('sleep'))
      const every = host.clock.every(ms(330), () => {
        note('every')
        every.cancel()
      })
      host.net.serve(Silent, { ask: () => new Promise(() => undefined) })
      host.net.call(Silent, 'node-1', 'ask', null, { timeout: ms(440) }).catch((error: unknown) => note((error as NetError).code))
    })
    change((machine, now) => machine.drift(100_000, now))
    await simulation.advance(ms(500))
    expect(noted).toEqual([
      ['timer', ms(100)],
      ['sleep', ms(200)],
      ['every', ms(300)],
      ['timeout', ms(400)],
    ])
    expect(clock.monotonic()).toBe(ms(550))
    expect(clock.wallMillis()).toBe(epochMillis + 550)
  })

  test('the time limit of a connect that is under way when the rate changes does, too', async () => {
    let gaveUpAt = 0
    const simulation = await start<unknown>(2, (host) => {
      if (host.name === 'node-2') return
      host.clock.timer(ms(10), () => void host.net.connect('node-2', 80, { timeout: ms(200) }).catch(() => (gaveUpAt = simulation.kernel.now)))
    })
    await simulation.advance(ms(1))
    simulation.powerLoss('node-2')
    await simulation.advance(ms(109))
    simulation.host('node-1')?.changeClock((clock, now) => clock.drift(-500_000, now))
    await simulation.advance(s(1))
    // Half of it at true time, the other half at half of that.
    expect(gaveUpAt).toBe(ms(10) + ms(100) + ms(200))
  })

  test('a timer that was set before a freeze comes later by its length', async () => {
    const { simulation, noted, change, clock } = await oneHost((host, note) => host.clock.timer(ms(100), () => note('timer')))
    await simulation.advance(ms(40))
    change((machine, now) => machine.freeze(s(3), now))
    await simulation.advance(s(1))
    expect(clock.monotonic()).toBe(ms(40))
    await simulation.advance(s(5))
    expect(noted).toEqual([['timer', s(3) + ms(100)]])
  })

  test('a cancelled timer stays cancelled, and others can still be, after their times changed', async () => {
    const timers: { cancel(): void }[] = []
    const { simulation, noted, change } = await oneHost((host, note) => {
      for (const name of ['first', 'second', 'third']) timers.push(host.clock.timer(ms(100), () => note(name)))
    })
    timers[0]?.cancel()
    change((machine, now) => machine.drift(-500_000, now))
    timers[1]?.cancel()
    await simulation.advance(s(1))
    expect(noted).toEqual([['third', ms(200)]])
  })

  test('no timer or sleep is ever early by the clock of its own host, and none is late by more than the changes round', async () => {
    const delay = fc.integer({ min: 0, max: s(2) })
    const change = fc.record({
      at: fc.integer({ min: 0, max: s(3) }),
      ppm: fc.integer({ min: -900_000, max: 900_000 }),
      freeze: fc.option(fc.integer({ min: 0, max: s(1) })),
      stepBy: fc.integer({ min: -s(9), max: s(9) }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(delay, { minLength: 1, maxLength: 8 }), fc.array(change, { maxLength: 8 }), async (delays, changes) => {
        const late: number[] = []
        const { simulation, change: apply } = await oneHost((host) => {
          const { clock } = host
          for (const wanted of delays) {
            const deadline = clock.monotonic() + wanted
            clock.timer(wanted, () => {
              late.push(clock.monotonic() - deadline)
              const again = clock.monotonic() + wanted
              void clock.sleep(wanted).then(() => late.push(clock.monotonic() - again))
            })
          }
        })
        for (const { at, ppm, freeze, stepBy } of changes.toSorted((a, b) => a.at - b.at)) {
          await simulation.advance(at - simulation.kernel.now)
          apply((clock, now) => {
            clock.drift(ppm, now)
            if (freeze !== null) clock.freeze(freeze, now)
            clock.step(stepBy)
          })
        }
        await simulation.advance(s(60))
        expect(late).toHaveLength(delays.length * 2)
        for (const nanos of late) {
          expect(nanos).toBeGreaterThanOrEqual(0)
          expect(nanos).toBeLessThanOrEqual(2 * (changes.length + 1))
        }
      }),
    )
  })
})
