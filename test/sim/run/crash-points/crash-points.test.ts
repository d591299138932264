import { describe, expect, test } from 'vitest'
import kvCrash from '../../../../scenarios/kv-crash.scenario.js'
import { exploreCrashPoints, type Host, ms, protocol, s, scenario, system, workload } from '../../../../sim/index.js'

const Sum = protocol<{ add: { req: number; res: number } }>('crash-points-sum')

/** Keeps a sum; without `syncs` it answers before the sum is durable. */
const sums = (syncs: boolean) =>
  scenario({
    name: 'sum',
    system: system({
      name: 'sum',
      roles: {
        sum: {
          count: 1,
          boot: async (host: Host) => {
            const kept = await host.disk.readFile('sum')
            let sum = kept === null ? 0 : (kept[0] as number)
            host.net.serve(Sum, {
              add: async (amount) => {
                sum += amount
                if (syncs) await host.disk.replace('sum', Uint8Array.of(sum))
                else {
                  const file = await host.disk.open('sum', { create: true })
                  await file.writeAt(0, Uint8Array.of(sum))
                }
                return sum
              },
            })
            return {}
          },
        },
      },
      survives: { down: 1 },
    }),
    workload: workload<number, number>({
      clients: 1,
      generate: () => 1,
      perform: (host) => host.net.call(Sum, 'sum-1', 'add', 1, { timeout: ms(5) }),
      think: () => 10_000,
      judge: (history) => {
        let last = 0
        for (const { outcome } of history) {
          if (outcome.kind !== 'ok') continue
          if (outcome.result <= last) return `the sum was ${last}, and is ${outcome.result} now`
          last = outcome.result
        }
      },
    }),
    invariants: [],
    faults: { strategy: 'none' },
    duration: s(1),
    healAt: s(1),
  })

describe('At every point of a short run', () => {
  test('a process that answers too early comes back to a state that it must not be in', async () => {
    const found = await exploreCrashPoints({ scenario: sums(false), seed: '1', steps: 40, outcomes: 4 })
    expect(found.failures.length).toBeGreaterThan(0)
    expect(found.failures.every(({ outcome }) => outcome.startsWith('power loss'))).toBe(true)
  })

  test('one that syncs first comes back to one that it may be in', async () => {
    const found = await exploreCrashPoints({ scenario: sums(true), seed: '1', steps: 40, outcomes: 4 })
    expect(found.failures).toEqual([])
    expect(found.points).toBeGreaterThan(20)
    expect(found.powerLosses).toBeGreaterThan(found.points)
  })

  test('a store comes back with all that was acknowledged', async () => {
    const options = { thinkMicros: 3_000, pageKilobytesHalved: 0, valueBytes: 800, filePages: 8 }
    const found = await exploreCrashPoints({ scenario: kvCrash, seed: '1', firstStep: 40, steps: 90, outcomes: 3, options })
    expect(found.failures).toEqual([])
    expect(found.crashes + found.powerLosses).toBeGreaterThan(100)
  })
})
