import { ms, s } from '../../../sim/index.js'
import { VmLab } from './vm-lab.js'

export type Side = 'source' | 'target'

export interface Ran {
  /** What came to the two machines while the migration lasted. */
  readonly entrances: Readonly<Record<Side, number>>
  readonly owner: Side | null
  readonly generation: number
  /** Virtual milliseconds from the order until everything was as it should be. */
  readonly settledMs: number
}

/** One migration with all invariants on; `dies`: who loses its process when the `at`-th thing since its beginning comes to `clock`. */
export async function migrate(dies: readonly Side[], clock: Side, at: number): Promise<Ran> {
  await using lab = await VmLab.start('crash-points', 2)
  await lab.create('web', { memoryMib: 128 })
  const source = lab.vm('web')?.host as string
  const target = source === 'machine-1' ? 'machine-2' : 'machine-1'
  const names = { source, target }
  const began = lab.simulation.world.now
  await lab.order({ kind: 'migrate', name: 'web', target })
  const machines = { source: lab.machine(source), target: lab.machine(target) }
  const before = { source: machines.source.looks, target: machines.target.looks }
  const passed = (side: Side) => machines[side].looks - before[side]
  if (dies.length > 0) {
    await lab.simulation.until(() => passed(clock) >= at, { within: s(20) })
    for (const side of dies) lab.simulation.crash(names[side])
    await lab.simulation.advance(ms(700))
    for (const side of dies) lab.simulation.restart(names[side])
  }
  await lab.settle()
  const vm = lab.vm('web')
  const owner = vm?.host === source ? 'source' : vm?.host === target ? 'target' : null
  const settledMs = Math.round((lab.simulation.world.now - began) / 1_000_000)
  return { entrances: { source: passed('source'), target: passed('target') }, owner, generation: vm?.generation ?? 0, settledMs }
}

/** Who dies, and at whose boundaries. */
export const deaths: readonly { readonly dies: readonly Side[]; readonly clock: Side }[] = [
  { dies: ['source'], clock: 'source' },
  { dies: ['source'], clock: 'target' },
  { dies: ['target'], clock: 'source' },
  { dies: ['target'], clock: 'target' },
  { dies: ['source', 'target'], clock: 'source' },
  { dies: ['source', 'target'], clock: 'target' },
]

export interface CrashRow {
  readonly dies: string
  readonly boundaries: string
  readonly runs: number
  readonly withSource: number
  readonly withTarget: number
  readonly withNobody: number
  readonly slowestMs: number
}

/** Every boundary of one row: the migration ends or rolls back, and one side owns the guest. */
export async function everyBoundary({ dies, clock }: (typeof deaths)[number], last: number): Promise<CrashRow> {
  const owners = { source: 0, target: 0, nobody: 0 }
  let slowestMs = 0
  for (let at = 1; at <= last; at++) {
    const { owner, settledMs } = await migrate(dies, clock, at)
    owners[owner ?? 'nobody']++
    slowestMs = Math.max(slowestMs, settledMs)
  }
  return { dies: dies.join(' and '), boundaries: clock, runs: last, withSource: owners.source, withTarget: owners.target, withNobody: owners.nobody, slowestMs }
}
