import { expect, test } from 'vitest'
import { run, s } from '../../../sim/index.js'
import { registerStore } from './register-store.js'

type Fates = Record<string, readonly { readonly kind?: string; readonly sectors?: string }[]>

test('garbage in torn sectors stays with as many hosts as may be down, the same ones all through a run', async () => {
  const chosen = new Set<string>()
  let garbled = 0
  for (let seed = 0; seed < 6; seed++) {
    const options = { 'power.loss.everyMillis': 500, 'power.loss.blackoutPerMille': 700, 'disk.torn.perMille': 1_000, thinkMicros: 20_000 }
    const { injections, outcome } = await run({ scenario: registerStore, seed: `${seed}`, kinds: ['power.loss', 'disk.torn'], options, duration: s(10) })
    expect(outcome).toBe('passed')
    const allowed = new Set(injections.map(({ args }) => (args as { garbage: string[] }).garbage.join()))
    expect(allowed.size).toBe(1)
    for (const host of allowed) chosen.add(host)
    for (const { args } of injections) {
      for (const [host, fates] of Object.entries((args as { fates?: Fates }).fates ?? {})) {
        if (fates.some(({ sectors }) => sectors?.includes('g'))) {
          expect([...allowed]).toEqual([host])
          garbled++
        }
      }
    }
  }
  expect(garbled).toBeGreaterThan(0)
  expect(chosen.size).toBeGreaterThan(1)
})
