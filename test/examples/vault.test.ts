import { describe, expect, test } from 'vitest'
import vault from '../../examples/vault.scenario.js'
import vaultUnchecked from '../../examples/vault-unchecked.scenario.js'
import { type AnyScenario, type RunReport, run } from '../../sim/index.js'

const silent = ['disk.rot', 'disk.misdirect-read', 'disk.misdirect-write', 'disk.sync-lie', 'disk.wipe']
const kinds = ['net.drop', 'net.partition', 'net.delay', 'process.crash', 'process.pause', 'power.loss', 'disk.lost', 'disk.torn', ...silent]
const options = {
  thinkMicros: 25_000,
  'disk.wipe.everyMillis': 1_000,
  'disk.wipe.restartMillis': 100,
  'disk.rot.everyMillis': 200,
  'disk.misdirect-read.everyMillis': 1_500,
  'disk.misdirect-write.everyMillis': 1_500,
  'disk.sync-lie.everyMillis': 2_000,
}
const storm = (scenario: unknown, seed: number): Promise<RunReport> => run({ scenario: scenario as AnyScenario, seed: String(seed), kinds, options })

describe('the map one of whose disks may do anything', () => {
  test('stays right through storms in which every silent harm acts, on one disk of a run', async () => {
    const acted = new Map<string, number>()
    for (let seed = 1; seed <= 5; seed++) {
      const { outcome, violation, faults, injections } = await storm(vault, seed)
      expect([seed, outcome, violation?.message]).toEqual([seed, 'passed', undefined])
      for (const { kind, injections: count } of faults) acted.set(kind, (acted.get(kind) ?? 0) + count)
      expect(new Set(injections.filter(({ kind }) => silent.includes(kind)).map(({ site }) => site)).size).toBe(1)
    }
    for (const kind of silent) expect(acted.get(kind), kind).toBeGreaterThan(0)
  })

  test('falls where its replicas have no checksums', async () => {
    let found: string | undefined
    for (let seed = 1; seed <= 20 && found === undefined; seed++) found = (await storm(vaultUnchecked, seed)).violation?.check
    expect(found).toBe('not linearizable (kv)')
  })
})
