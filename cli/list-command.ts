import { stockFaults } from '../sim/faults/catalogue.js'
import { duration } from '../sim/report/numbers.js'
import { stockScenarios } from './load-scenario.js'
import type { Terminal } from './terminal.js'

/** `list`: Seedfall's own scenarios. */
export async function list(isJson: boolean, { out, paint }: Terminal): Promise<void> {
  const scenarios = (await stockScenarios()).map(({ name, system, faults, duration: durationNanos, invariants }) => ({
    name,
    system: system.name,
    hosts: Object.values(system.roles).reduce((sum: number, role) => sum + (role as { count: number }).count, 0),
    strategy: faults.strategy,
    durationNanos,
    invariants: invariants.length,
  }))
  if (isJson) {
    out(JSON.stringify(scenarios))
    return
  }
  for (const { name, system, hosts, strategy, durationNanos, invariants } of scenarios) {
    out(`${paint.strong(name.padEnd(24))}  ${system}, ${hosts} hosts, ${strategy} faults, ${duration(durationNanos)}, ${invariants} invariants`)
  }
}

/** `list --faults`: the stock fault kinds. */
export function listFaults(isJson: boolean, { out, paint }: Terminal): void {
  const kinds = stockFaults.definitions.map(({ kind, meaning, options }) => ({ kind, meaning, options }))
  if (isJson) {
    out(JSON.stringify(kinds))
    return
  }
  for (const { kind, meaning } of kinds) out(`${paint.strong(kind.padEnd(28))}  ${meaning}`)
}
