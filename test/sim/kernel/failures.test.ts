import { describe, expect, test } from 'vitest'
import { run } from '../../../sim/index.js'
import { nodes } from '../net/harness.js'

/** Ways to throw that no caller sees. */
const ways: [string, () => void][] = [
  [
    'a microtask',
    () =>
      queueMicrotask(() => {
        throw new Error('stray')
      }),
  ],
  ['a promise', () => void Promise.reject(new Error('stray'))],
  [
    'a tick',
    () =>
      process.nextTick(() => {
        throw new Error('stray')
      }),
  ],
  [
    'a listener of an abort signal',
    () => {
      const controller = new AbortController()
      controller.signal.addEventListener('abort', () => {
        throw new Error('stray')
      })
      controller.abort()
    },
  ],
]

describe.each(['sync', 'macrotask'] as const)('with %s draining', (drain) => {
  test.each(ways)('what %s throws is the crash of its step', async (_way, act) => {
    const surroundings = () => [process.nextTick, globalThis.queueMicrotask, process.listeners('unhandledRejection')]
    const before = surroundings()
    const scenario = nodes(2, (host) => host.clock.timer(host.name === 'node-1' ? 7 : 9, host.name === 'node-1' ? act : () => undefined))
    const report = await run({ scenario, seed: '1', duration: 100, drain })
    expect(report).toMatchObject({ outcome: 'crashed', violation: { check: 'Error', message: 'on node-1: stray', host: 'node-1', at: 7 } })
    expect(surroundings()).toEqual(before)
  })

  test('a tick gets its arguments and runs inside the step', async () => {
    const seen: unknown[] = []
    const scenario = nodes(1, (host) => host.clock.timer(7, () => process.nextTick((...args: unknown[]) => seen.push(...args, host.clock.monotonic()), 1, 2)))
    expect((await run({ scenario, seed: '1', duration: 100, drain })).outcome).toBe('passed')
    expect(seen).toEqual([1, 2, 7])
  })
})
