import type { HostDisk } from '../disk/host-disk.js'
import { Misuse } from '../host/errors.js'
import { baseVersion, type HostVersion } from '../host/host-version.js'
import type { MachineWorld } from '../host/machine-world.js'
import { clientRole, isOutsideSystem, storeRole } from '../host/outside-role.js'
import { processorModels } from '../host/processor-model.js'
import type { DurableView, Host, HostName } from '../host/seam.js'
import { SimulatedHost } from '../host/simulated-host.js'
import type { Kernel } from '../kernel/kernel.js'
import type { SimulatedStore } from '../objects/simulated-store.js'
import { storeHost } from '../objects/store-protocol.js'
import { versionsOf } from './role-versions.js'
import type { AnyScenario } from './scenario.js'
import { hostCount, type Topology } from './topology.js'
import { type ClientContext, WorkloadClient } from './workload-client.js'

/** The run that the machines belong to. */
export interface HostsOf extends MachineWorld, ClientContext {
  readonly kernel: Kernel
  readonly store: SimulatedStore | null
  diskOf(host: SimulatedHost): HostDisk
}

/** The machines of a run: those of the system's roles first, then the clients', then the object store's. */
export function buildHosts(run: HostsOf, topology: Topology | undefined): SimulatedHost[] {
  const { system } = run.scenario
  const hosts: SimulatedHost[] = []
  const durable = (host: SimulatedHost): DurableView => run.diskOf(host).durable
  const stepCosts = processorModels[run.options['cpu.model'] ?? 0] ?? null
  const add = (name: HostName, role: string, versions: readonly HostVersion[]) => {
    hosts.push(new SimulatedHost(run, name, role, hosts.length, versions, durable, isOutsideSystem(role) ? null : stepCosts))
  }
  for (const [role, definition] of Object.entries(system.roles as AnyScenario['system']['roles'])) {
    if (isOutsideSystem(role)) throw new Misuse(`no role of a system may be called '${role}'`)
    for (let ordinal = 1; ordinal <= hostCount(run.scenario, role, topology); ordinal++) {
      add(`${role}-${ordinal}`, role, versionsOf(definition, ordinal, run.options))
    }
  }
  const clients = hostCount(run.scenario, clientRole, topology)
  for (let client = 1; client <= clients; client++) {
    const boot = (host: Host) => {
      const process = new WorkloadClient(host, run, client)
      host.spawn('workload', () => process.run())
      return process
    }
    add(`${clientRole}-${client}`, clientRole, [{ name: baseVersion, boot, config: run.options }])
  }
  const { store } = run
  if (store !== null) add(storeHost, storeRole, [{ name: baseVersion, boot: (host) => store.boot(host), config: undefined }])
  return hosts
}

/** Host names by role, in their order. */
export function peersOf(hosts: readonly SimulatedHost[]): Record<string, readonly HostName[]> {
  const peers: Record<string, HostName[]> = {}
  for (const host of hosts) {
    const names = peers[host.role]
    if (names === undefined) peers[host.role] = [host.name]
    else names.push(host.name)
  }
  for (const names of Object.values(peers)) Object.freeze(names)
  return Object.freeze(peers)
}
