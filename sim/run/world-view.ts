import type { HostName } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { HostView, World } from '../host/world.js'
import type { Kernel } from '../kernel/kernel.js'

/** The world that invariants, properties, aims and tests see. */
export function worldOf<Roles extends Record<string, unknown>>(
  kernel: Kernel,
  systemHosts: readonly SimulatedHost[],
  byName: ReadonlyMap<HostName, SimulatedHost>,
): World<Roles> {
  const hosts: Record<string, HostView<unknown>[]> = {}
  for (const host of systemHosts) {
    const views = hosts[host.role]
    if (views === undefined) hosts[host.role] = [host]
    else views.push(host)
  }
  const world = {
    get now() {
      return kernel.now
    },
    hosts,
    all: systemHosts,
    host: (name: HostName) => {
      const host = byName.get(name)
      return host?.isOfSystem === true ? host : undefined
    },
  }
  return world as unknown as World<Roles>
}
