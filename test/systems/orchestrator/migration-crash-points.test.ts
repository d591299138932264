import { describe, expect, test } from 'vitest'
import { ms, s } from '../../../sim/index.js'
import { VmLab } from './vm-lab.js'

interface Ran {
  /** What the two machines did while the migration lasted. */
  readonly entrances: { readonly source: number; readonly target: number }
  readonly owner: string | null
  readonly generation: number
}

/** One migration; `dies`: who loses its process when the `at`-th thing since its beginning comes to it. */
async function migrate(dies: readonly ('source' | 'target')[], clock: 'source' | 'target', at: number): Promise<Ran> {
  await using lab = await VmLab.start('crash-points', 2)
  await lab.create('web', { memoryMib: 128 })
  const source = lab.vm('web')?.host as string
  const target = source === 'machine-1' ? 'machine-2' : 'machine-1'
  const names = { source, target }
  await lab.order({ kind: 'migrate', name: 'web', target })
  const machines = { source: lab.machine(source), target: lab.machine(target) }
  const began = { source: machines.source.looks, target: machines.target.looks }
  const passed = (side: 'source' | 'target') => machines[side].looks - began[side]
  if (dies.length > 0) {
    await lab.simulation.until(() => passed(clock) >= at, { within: s(20) })
    for (const side of dies) lab.simulation.crash(names[side])
    await lab.simulation.advance(ms(700))
    for (const side of dies) lab.simulation.restart(names[side])
  }
  await lab.settle()
  const vm = lab.vm('web')
  return { entrances: { source: passed('source'), target: passed('target') }, owner: vm?.host ?? null, generation: vm?.generation ?? 0 }
}

describe('A migration, whoever dies at whatever message', () => {
  test.each([
    { dies: ['source'] as const, clock: 'source' as const },
    { dies: ['target'] as const, clock: 'target' as const },
    { dies: ['source', 'target'] as const, clock: 'source' as const },
  ])('leaves one owner that runs it when $dies dies', async ({ dies, clock }) => {
    const whole = await migrate([], clock, 0)
    const last = Math.min(whole.entrances[clock], 60)
    expect(last).toBeGreaterThan(8)
    const ends = new Map<string, number>()
    for (let at = 1; at <= last; at++) {
      const { owner, generation } = await migrate(dies, clock, at)
      expect(owner, `after thing ${at}`).not.toBeNull()
      expect(generation).toBeGreaterThan(0)
      ends.set(owner as string, (ends.get(owner as string) ?? 0) + 1)
    }
    // Early deaths leave it with the source, late ones with the target.
    if (dies.length === 1) expect(ends.size).toBeGreaterThan(1)
  })
})
