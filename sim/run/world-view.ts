import type { HostName, Nanos } from '../host/seam.js'
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
  return new WorldView(kernel, hosts, systemHosts, byName) as unknown as World<Roles>
}

/** A class: an object literal with a getter gets a hidden class of its own, which the engine keeps, and through it the run, until its next full collection. */
class WorldView {
  readonly #kernel: Kernel
  readonly #byName: ReadonlyMap<HostName, SimulatedHost>

  constructor(
    kernel: Kernel,
    readonly hosts: Readonly<Record<string, readonly HostView<unknown>[]>>,
    readonly all: readonly SimulatedHost[],
    byName: ReadonlyMap<HostName, SimulatedHost>,
  ) {
    this.#kernel = kernel
    this.#byName = byName
  }

  get now(): Nanos {
    return this.#kernel.now
  }

  host(name: HostName): HostView<unknown> | undefined {
    const host = this.#byName.get(name)
    return host?.isOfSystem === true ? host : undefined
  }
}
