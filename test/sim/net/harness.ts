import {
  type Host,
  type NetworkDescription,
  type Scenario,
  type SimulateOptions,
  type Simulation,
  s,
  scenario,
  simulate,
  system,
  workload,
} from '../../../sim/index.js'

/** A scenario of equal hosts `node-1` … and no clients, for tests that look at the network and the kernel. */
export function nodes<P>(count: number, boot: (host: Host) => P | Promise<P>, network: NetworkDescription = 'lan'): Scenario<{ node: P }, null, null> {
  return scenario({
    name: 'nodes',
    system: system({ name: 'nodes', roles: { node: { count, boot } }, survives: {} }),
    workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
    invariants: [],
    faults: { strategy: 'none' },
    duration: s(3_600),
    healAt: s(3_600),
    network,
  })
}

export function start<P>(
  count: number,
  boot: (host: Host) => P | Promise<P>,
  options: SimulateOptions & { network?: NetworkDescription } = {},
): Promise<Simulation<{ node: P }>> {
  const { network, ...rest } = options
  return simulate(nodes(count, boot, network), { seed: '42', faults: 'none', ...rest })
}
