import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import lock from '../../../../examples/lock.scenario.js'
import { type AnyScenario, type Host, ms, s, scenario, system, type Violation, workload } from '../../../../sim/index.js'
import { featuresOf, fingerprintOf, normalText } from '../../../../sim/run/campaign/fingerprint.js'
import { SeedRunner } from '../../../../sim/run/campaign/run-seed.js'

const runner = () => new SeedRunner((error) => String(error))

/** The fingerprints of those seeds that fail. */
async function fingerprints(of: AnyScenario, seeds: readonly number[], duration = s(6)): Promise<string[]> {
  const found: string[] = []
  const runs = runner()
  for (const seed of seeds) {
    const run = await runs.run(seed, { scenario: of, duration })
    if (run?.result.failure) found.push(run.result.failure.fingerprint)
  }
  return found
}

/** Two mistakes in one process, of which a seed shows one. */
const twoMistakes = scenario({
  name: 'two-mistakes',
  system: system({
    name: 'two-mistakes',
    roles: {
      server: {
        count: 3,
        boot: (host: Host) => {
          host.clock.timer(ms(1 + host.random.int(50)), () => {
            if (host.random.int(2) === 0) parse(`{ ${host.random.int(1_000)}`)
            else forget(host.random.int(1_000))
          })
        },
      },
    },
    survives: {},
  }),
  workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
  invariants: [],
  faults: { strategy: 'none' },
  duration: s(1),
  healAt: s(1),
})
const parse = (text: string): unknown => JSON.parse(text)
function forget(number: number): never {
  throw new Error(`number ${number} is forgotten`)
}

describe('A fingerprint', () => {
  test('is the same for all seeds that show one mistake', async () => {
    const found = await fingerprints(lock as AnyScenario, [1, 3, 7, 11], s(10))
    expect(found.length).toBeGreaterThan(2)
    expect(new Set(found).size).toBe(1)
  })

  test('tells the mistakes of two systems apart, and two mistakes of one', async () => {
    const found = await fingerprints(twoMistakes as AnyScenario, [1, 2, 3, 4, 5, 6, 7, 8])
    expect(found).toHaveLength(8)
    expect(new Set(found).size).toBe(2)
    const others = await fingerprints(lock as AnyScenario, [1])
    expect(new Set([...found, ...others]).size).toBe(3)
  })

  const violation: Violation = { check: 'ElectionSafety', message: 'events-1: broker-2 and broker-3 both lead term 7', step: 900, at: 5e8, host: 'broker-3' }
  const event = 'broker message vote-response'
  const print = (more: Partial<Violation> = {}, at = event) => fingerprintOf(featuresOf('violation', { ...violation, ...more }, at))

  test('hangs on neither time nor numbers nor which host of a role', () => {
    expect(print({ message: 'events-3: broker-1 and broker-5 both lead term 1,207', step: 12, at: 3, host: 'broker-1' })).toBe(print())
  })

  test('hangs on the check, the words, the role and what happened', () => {
    const prints = [
      print(),
      print({ check: 'VoteOnce' }),
      print({ message: 'a leader lacks entry 7' }),
      print({ host: 'gateway-1' }),
      print({}, 'broker disk sync'),
    ]
    expect(new Set(prints).size).toBe(prints.length)
  })

  test('of a throw is that of its function, wherever it stands in its file', () => {
    const crash = (stack: string, message = 'on server-1: Error: no') =>
      fingerprintOf(featuresOf('crashed', { ...violation, check: 'Error', message, host: 'server-1', stack }, 'server timer'))
    const stack = (place: string, name = 'forget') => `Error: no\n    at ${name} (${place})\n    at Timeout._onTimeout (/a/kernel.ts:4:5)`
    expect(crash(stack('/home/a/my.scenario.ts:8:9'))).toBe(crash(stack('file:///builds/b/my.scenario.ts:18:2')))
    expect(crash(stack('/home/a/my.scenario.ts:8:9'))).not.toBe(crash(stack('/home/a/my.scenario.ts:8:9', 'remember')))
  })

  test('of what a judge names is not that of how it tells it', () => {
    const judged = (message: string, check: string) => fingerprintOf(featuresOf('violation', { ...violation, check, message, host: null }, 'client reply read'))
    expect(judged('read 7, which no order explains', 'not linearizable (kv)')).toBe(judged('read 7 after 8 was acknowledged', 'not linearizable (kv)'))
    expect(judged('an increment is lost', 'history')).not.toBe(judged('a key is lost', 'history'))
  })
})

describe('A message without what differs from seed to seed', () => {
  test.each([
    ['client-3 counted what another client did', 'client counted what another client did'],
    ['the sum was 2,153, and is 6 now', 'the sum was #, and is # now'],
    ['key \'a b\' holds {"x": [1]} and [2]', 'key … holds …'],
    ['member-2 is booting, member-3 is booting 30.5 s after faults ended', 'member is booting # s after faults ended'],
    ['more than 50000 steps; the busiest: a>b ping (4 sent)', 'more than # steps'],
    ['block 9f0c2b7e11aa was torn\nsecond line', 'block # was torn'],
  ])('%s', (message, text) => {
    expect(normalText(message)).toBe(text)
  })

  test('changes with no number that stands in it', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.nat(1_000), (one, other, ordinal) => {
        const text = (number: number, host: number) => normalText(`replica-${host}: expected ${number}, got ${number + 1} of 3`)
        expect(text(other, ordinal)).toBe(text(one, 1))
      }),
    )
  })
})

describe('A runner of seeds', () => {
  test('proves a replay for the first failure of a sort and for shorter ones only', async () => {
    const runs = runner()
    const first = await runs.run(1, { scenario: lock as AnyScenario, duration: s(4) }, 'lock.scenario.ts')
    expect(JSON.parse(first!.replay!)).toMatchObject({ seed: '1', file: 'lock.scenario.ts', found: { outcome: 'violation' } })
    const again = await runs.run(1, { scenario: lock as AnyScenario, duration: s(4) })
    expect(again).toEqual({ result: first!.result })
  })

  test('gives nothing for a run that was interrupted', async () => {
    expect(await runner().run(1, { scenario: lock as AnyScenario, signal: AbortSignal.abort() })).toBe(null)
  })
})
