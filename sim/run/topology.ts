import { Misuse } from '../host/errors.js'
import { clientRole } from '../host/outside-role.js'
import type { AnyScenario } from './scenario.js'

/** How many hosts of a role there are, and how many clients (`client`), where it is not what the scenario says. */
export type Topology = Readonly<Record<string, number>>

/** Hosts of a role, or clients. */
export function hostCount({ system, workload }: AnyScenario, role: string, topology: Topology | undefined): number {
  const scenarios = role === clientRole ? workload.clients : (system.roles as Readonly<Record<string, { readonly count: number }>>)[role]?.count
  return topology?.[role] ?? scenarios ?? 0
}

/** Throws `Misuse` for a role that the scenario does not have, and for more hosts than it has. */
export function checkTopology(scenario: AnyScenario, topology: Topology): void {
  const roles = [...Object.keys(scenario.system.roles), clientRole]
  for (const [role, count] of Object.entries(topology)) {
    if (!roles.includes(role))
      throw new Misuse(`the topology names a role '${role}', which scenario ${scenario.name} does not have: it has ${roles.join(', ')}`)
    const most = hostCount(scenario, role, undefined)
    const least = role === clientRole ? 0 : 1
    if (!Number.isSafeInteger(count) || count < least || count > most)
      throw new Misuse(`the topology says ${count} hosts for '${role}': scenario ${scenario.name} has ${most}, and it may be fewer, from ${least} on`)
  }
}
