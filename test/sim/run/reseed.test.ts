import { describe, expect, test } from 'vitest'
import raft from '../../../scenarios/raft.scenario.js'
import type { Reseed } from '../../../sim/faults/injection.js'
import { s } from '../../../sim/host/durations.js'
import type { TraceRecord, TraceSink } from '../../../sim/kernel/trace.js'
import { run } from '../../../sim/run/run.js'

class Hashes implements TraceSink {
  readonly steps: string[] = []
  step({ hash }: TraceRecord): void {
    this.steps.push(hash)
  }
}

async function hashes(reseed: readonly Reseed[]): Promise<string[]> {
  const trace = new Hashes()
  const { outcome } = await run({ scenario: raft, seed: '3', duration: s(1), plan: { injections: [], reseed }, trace })
  expect(outcome).toBe('passed')
  return trace.steps
}

const plain = await hashes([])

describe('a run that is reseeded after a step', () => {
  test('is the same up to it, and another one soon after', async () => {
    const other = await hashes([{ step: 500, seed: 'a' }])
    expect(other.slice(0, 500)).toEqual(plain.slice(0, 500))
    const differs = other.findIndex((hash, i) => hash !== plain[i])
    expect(differs).toBeGreaterThanOrEqual(500)
    expect(differs).toBeLessThan(600)
  })

  test('is the same under the same seed, and another under another', async () => {
    const [one, again, other] = [await hashes([{ step: 500, seed: 'a' }]), await hashes([{ step: 500, seed: 'a' }]), await hashes([{ step: 500, seed: 'b' }])]
    expect(again).toEqual(one)
    expect(other.at(-1)).not.toBe(one.at(-1))
  })

  test('may be so several times, in the order of the steps', async () => {
    const twice = await hashes([
      { step: 800, seed: 'b' },
      { step: 500, seed: 'a' },
    ])
    const once = await hashes([{ step: 500, seed: 'a' }])
    expect(twice.slice(0, 800)).toEqual(once.slice(0, 800))
    expect(twice.at(-1)).not.toBe(once.at(-1))
  })

  test('keeps what its clients draw up to it, and draws anew after it', async () => {
    const history = async (reseed: readonly Reseed[]) => (await run({ scenario: raft, seed: '3', duration: s(1), plan: { injections: [], reseed } })).history
    const [one, other] = [await history([]), await history([{ step: 2_000, seed: 'a' }])]
    const early = one.filter(({ invokedAtStep }) => invokedAtStep < 2_000)
    expect(other.slice(0, early.length).map(({ op }) => op)).toEqual(early.map(({ op }) => op))
    expect(other.map(({ op }) => op)).not.toEqual(one.map(({ op }) => op))
  })

  test('has steps that there are', async () => {
    await expect(hashes([{ step: 0, seed: 'a' }])).rejects.toThrow('plan.reseed lists { step, seed }')
  })
})
