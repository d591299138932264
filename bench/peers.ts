import { obstacleTo } from '../sim/faults/armable.js'
import { type FaultKind, type Host, type NetworkProfile, type Options, type Scenario, s, scenario, stockFaults, system, workload } from '../sim/index.js'

const survives = { down: 1, blackout: true }

/** A scenario of equal hosts and no clients: what benches of the kernel and the network run on. */
export function peers<P>(count: number, boot: (host: Host) => P, network: NetworkProfile = 'lan'): Scenario<{ peer: P }, null, null> {
  return scenario({
    name: 'peers',
    system: system({ name: 'peers', roles: { peer: { count, boot } }, survives }),
    workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
    invariants: [],
    faults: { strategy: 'random' },
    duration: s(86_400),
    healAt: s(86_400),
    network,
  })
}

/** Every fault kind that peers can meet armed, and none ever due. */
export const armedAtRateZero: { readonly kinds: readonly FaultKind[]; readonly options: Options } = {
  kinds: stockFaults.definitions
    .filter((definition) => obstacleTo(definition, 'random', { system: { name: 'peers', survives } }) === null)
    .map(({ kind }) => kind),
  options: {
    ...Object.fromEntries(stockFaults.definitions.filter(({ options }) => options.everyMillis !== undefined).map(({ kind }) => [`${kind}.everyMillis`, 0])),
    // Steps take no time: the exchange has a known length.
    'cpu.model': 0,
  },
}
