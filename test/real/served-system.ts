import path from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import type { HostName } from '../../sim/host/seam.js'
import type { PeerAddress, RealHost } from '../../sim/real/index.js'
import type { AnyScenario } from '../../sim/run/scenario.js'
import { type BuiltProgram, buildProgram } from './built-program.js'
import { RealClients } from './real-clients.js'
import { freshAddress, openHost, temporaryFolder } from './real-hosts.js'
import { ServedProcess } from './served-process.js'

export interface ServedSystem {
  /** Starts every host as a process of its own; they are killed after the test. */
  start(scenario: string, hosts: readonly HostName[]): Promise<{ addresses: Readonly<Record<HostName, PeerAddress>>; processes: ServedProcess[] }>
  /** Clients of the workload, on real hosts in this process. */
  clients(
    scenario: AnyScenario,
    addresses: Readonly<Record<HostName, PeerAddress>>,
    count: number,
    options: Record<string, number>,
  ): Promise<{ clients: RealClients; host: RealHost }>
}

/** Scenario files, compiled once for all tests of a file. */
export function servedSystem(scenarios: readonly string[]): ServedSystem {
  let program: BuiltProgram | undefined
  const started: ServedProcess[] = []
  beforeAll(async () => {
    program = await buildProgram(scenarios)
  })
  afterAll(() => program?.[Symbol.dispose]())
  afterEach(async () => {
    for (const served of started.splice(0)) await served.kill()
  })
  return {
    async start(scenario, hosts) {
      const addresses: Record<HostName, PeerAddress> = Object.fromEntries(hosts.map((host) => [host, freshAddress()]))
      const data = temporaryFolder()
      const processes = hosts.map((host) => new ServedProcess({ program: program as BuiltProgram, scenario, host, addresses, data: path.join(data, host) }))
      started.push(...processes)
      await Promise.all(processes.map((served) => served.start()))
      return { addresses, processes }
    },
    async clients(scenario, addresses, count, options) {
      const hosts: RealHost[] = []
      for (let ordinal = 1; ordinal <= count; ordinal++)
        hosts.push(await openHost({ role: 'client', ordinal, cluster: scenario.system.name, peers: addresses, config: options }))
      return { clients: new RealClients(scenario, options, hosts), host: hosts[0] as RealHost }
    },
  }
}
