import path from 'node:path'
import type { Host } from '../../sim/host/seam.js'
import { type PeerAddress, RealHost } from '../../sim/real/index.js'
import { Agent } from '../../systems/orchestrator/agent/agent.js'
import { OrchestratorClient } from '../../systems/orchestrator/client.js'
import { ControlPlane } from '../../systems/orchestrator/control/control-plane.js'
import type { Resources } from '../../systems/orchestrator/definition.js'
import { Machine } from '../../systems/orchestrator/hypervisor/machine.js'
import { Storage } from '../../systems/orchestrator/storage/storage.js'
import { ProcessDriver } from './process-driver.js'

export interface LocalClusterOptions {
  /** Each part has a directory of its own below it. */
  readonly data: string
  readonly machine: string
  /** The first of the ports that the parts listen on. */
  readonly firstPort: number
  readonly capacity: Resources
  readonly log: (line: string) => void
  /** A part ended: nothing goes on without it. */
  readonly onEnd: (why: string) => void
}

/** All parts of an orchestrator in one process of this machine, each on a real host of its own; its VMs are local processes. */
export class LocalCluster {
  readonly driver = new ProcessDriver()
  readonly client: OrchestratorClient
  readonly #hosts: readonly RealHost[]

  static async start(options: LocalClusterOptions): Promise<LocalCluster> {
    const roles = ['control', 'storage', 'machine', 'agent']
    const peers: Record<string, PeerAddress> = {}
    for (const [i, role] of roles.entries()) peers[`${role}-1`] = { machine: options.machine, port: options.firstPort + i }
    const open = (role: string, config: unknown, listens = true) =>
      RealHost.open({
        cluster: 'orchestrator',
        role,
        ordinal: 1,
        peers,
        ...(listens ? { listen: peers[`${role}-1`] as PeerAddress } : {}),
        data: path.join(options.data, role),
        config,
        log: { least: 'info', write: options.log },
        onExit: (reason) => options.onEnd(`${role}: ${reason}`),
      })
    const hosts: RealHost[] = []
    const up = async (role: string, config: unknown): Promise<Host> => {
      const host = await open(role, config)
      hosts.push(host)
      return host
    }
    try {
      await Storage.boot(await up('storage', null))
      await ControlPlane.boot(await up('control', null))
      const cluster = new LocalCluster(hosts, new OrchestratorClient(await pushed(hosts, open('client', null, false)), ['control-1']))
      await Machine.boot(await up('machine', { capacity: options.capacity, guestWrites: 0 }), cluster.driver)
      Agent.boot(await up('agent', null))
      return cluster
    } catch (error) {
      for (const host of hosts.reverse()) await host.close()
      throw error
    }
  }

  private constructor(hosts: readonly RealHost[], client: OrchestratorClient) {
    this.#hosts = hosts
    this.client = client
  }

  /** Ends all processes, then all parts. */
  async stop(): Promise<void> {
    await this.driver.stopAll()
    for (const host of [...this.#hosts].reverse()) await host.close()
  }
}

async function pushed(hosts: RealHost[], opening: Promise<RealHost>): Promise<RealHost> {
  const host = await opening
  hosts.push(host)
  return host
}
