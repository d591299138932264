import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Host, ms, type NetError, protocol, s } from '../../../sim/index.js'
import type { TraceRecord } from '../../../sim/kernel/trace.js'
import { start } from '../net/harness.js'

const Api = protocol<{ answer: { req: number; res: number }; never: { req: null; res: null } }>('api')

function serve(host: Host): void {
  host.net.serve(Api, {
    answer: async (after) => {
      await host.clock.sleep(after)
      return after
    },
    never: () => new Promise(() => undefined),
  })
}

describe('the deadlines of calls', () => {
  test('leave nothing in the trace when calls are answered in time', async () => {
    const calls = 50
    const simulation = await start<unknown>(2, (host) => {
      serve(host)
      if (host.name === 'node-2') return
      host.spawn('caller', async () => {
        for (let i = 0; i < calls; i++) await host.net.call(Api, 'node-2', 'answer', ms(1), { timeout: ms(10 + (i % 3)) })
      })
    })
    await simulation.advance(s(5))
    const { steps, outcome } = await simulation.finish()
    expect(outcome).toBe('passed')
    // A boot a host, the task, and of each call the request, the sleep and the reply.
    expect(steps).toBe(2 + 1 + 3 * calls)
  })

  test('expire at their own time, in steps caused by the steps that made the calls', async () => {
    const records: TraceRecord[] = []
    const expired: [string, number][] = []
    const callSteps: number[] = []
    const simulation = await start<unknown>(
      2,
      (host) => {
        serve(host)
        if (host.name === 'node-2') return
        for (const [name, at, timeout] of [
          ['first', ms(1), ms(20)],
          ['shorter', ms(2), ms(5)],
          ['together', ms(3), ms(20)],
          ['with it', ms(3), ms(20)],
        ] as const)
          host.clock.timer(at, () => {
            callSteps.push(simulation.kernel.steps)
            host.net.call(Api, 'node-2', 'never', null, { timeout }).catch((error: NetError) => expired.push([`${name} ${error.code}`, simulation.kernel.now]))
          })
      },
      { trace: { step: (record) => records.push({ ...record }) } },
    )
    await simulation.advance(s(1))
    expect(expired).toEqual([
      ['shorter timeout', ms(7)],
      ['first timeout', ms(21)],
      ['together timeout', ms(23)],
      ['with it timeout', ms(23)],
    ])
    const causes = records.filter(({ kind }) => kind === 'timeout').map(({ cause }) => cause)
    expect(causes).toEqual([callSteps[1], callSteps[0], callSteps[2], callSteps[3]])
  })

  test('say that nothing is left to happen as soon as no call waits any more', async () => {
    const simulation = await start<unknown>(1, (host) => {
      serve(host)
      host.spawn('caller', () => host.net.call(Api, 'node-1', 'answer', 0, { timeout: s(100) }).then(() => undefined))
    })
    expect(await simulation.runTo(s(1))).toBe('empty')
  })

  test('refuse a time that is not an integer of nanoseconds', async () => {
    for (const timeout of [-1, 0.5, Number.NaN]) {
      const simulation = await start<unknown>(1, (host) => void host.net.call(Api, 'node-1', 'never', null, { timeout }))
      await expect(simulation.advance(ms(1))).rejects.toThrow(`integer of nanoseconds from 0 on, not ${timeout}`)
    }
  })

  test('are never early by the clock of the caller, nor late by more than its changes round, whatever is answered meanwhile', async () => {
    const call = fc.record({
      at: fc.integer({ min: 0, max: s(2) }),
      timeout: fc.constantFrom(ms(5), ms(300), s(1)),
      answerAfter: fc.integer({ min: 0, max: s(2) }),
    })
    const change = fc.record({ at: fc.integer({ min: 0, max: s(3) }), ppm: fc.integer({ min: -900_000, max: 900_000 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 1, maxLength: 12 }), fc.array(change, { maxLength: 4 }), async (calls, changes) => {
        const late: number[] = []
        let settled = 0
        const simulation = await start<unknown>(2, (host) => {
          serve(host)
          if (host.name === 'node-2') return
          for (const { at, timeout, answerAfter } of calls)
            host.clock.timer(at, () => {
              const deadline = host.clock.monotonic() + timeout
              host.net.call(Api, 'node-2', 'answer', answerAfter, { timeout }).then(
                () => {
                  settled++
                  expect(host.clock.monotonic()).toBeLessThanOrEqual(deadline)
                },
                () => {
                  settled++
                  late.push(host.clock.monotonic() - deadline)
                },
              )
            })
        })
        for (const { at, ppm } of changes.toSorted((a, b) => a.at - b.at)) {
          await simulation.advance(at - simulation.kernel.now)
          simulation.host('node-1')?.changeClock((clock, now) => clock.drift(ppm, now))
        }
        await simulation.advance(s(60))
        expect((await simulation.finish()).outcome).toBe('passed')
        expect(settled).toBe(calls.length)
        for (const nanos of late) {
          expect(nanos).toBeGreaterThanOrEqual(0)
          expect(nanos).toBeLessThanOrEqual(2 * (changes.length + 1))
        }
      }),
      { numRuns: 60 },
    )
  })
})
