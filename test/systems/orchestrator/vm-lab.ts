import { VmObservation, type VmRoles, vmInvariants } from '../../../invariants/orchestrator/index.js'
import { leadingState, unsettled } from '../../../invariants/orchestrator/settled.js'
import { vmCluster } from '../../../scenarios/orchestrator/vm-cluster.js'
import { type Host, ms, type Simulation, s, scenario, simulate, workload } from '../../../sim/index.js'
import { type Asked, OrchestratorClient } from '../../../systems/orchestrator/client.js'
import type { CommandResult } from '../../../systems/orchestrator/control/commands.js'
import type { Order } from '../../../systems/orchestrator/control/control-api.js'
import type { VmRecord } from '../../../systems/orchestrator/control/records.js'
import { definitionDefaults, type VmDefinition } from '../../../systems/orchestrator/definition.js'
import { Machine } from '../../../systems/orchestrator/hypervisor/machine.js'

type LabRoles = VmRoles & { driver: object }

/** A small cluster without faults of its own, all invariants on, and an operator that does what the test wants done. */
export class VmLab implements AsyncDisposable {
  readonly observation: VmObservation
  readonly simulation: Simulation<LabRoles>
  readonly #jobs: ((client: OrchestratorClient) => void)[]

  private constructor(simulation: Simulation<LabRoles>, observation: VmObservation, jobs: ((client: OrchestratorClient) => void)[]) {
    this.simulation = simulation
    this.observation = observation
    this.#jobs = jobs
  }

  static async start(seed: string, machines = 3): Promise<VmLab> {
    const jobs: ((client: OrchestratorClient) => void)[] = []
    const observation = new VmObservation()
    const cluster = vmCluster({ name: 'vm-lab', machines, survives: { down: 1 } })
    const driver = {
      count: 1,
      boot(host: Host): object {
        const client = new OrchestratorClient(host)
        host.clock.every(ms(1), () => {
          for (const job of jobs.splice(0)) job(client)
        })
        return {}
      },
    }
    const lab = scenario({
      name: 'vm-lab',
      system: { ...cluster, roles: { ...cluster.roles, driver } } as never,
      workload: workload<null, null>({ clients: 0, generate: () => null, perform: async () => null }),
      invariants: vmInvariants(observation) as never,
      faults: { strategy: 'none' },
      duration: s(3_600),
      healAt: s(3_600),
    })
    const simulation = (await simulate(lab, { seed, faults: 'none', clients: false })) as unknown as Simulation<LabRoles>
    const started = new VmLab(simulation, observation, jobs)
    await started.order({ kind: 'set-tenant', tenant: 'acme', quota: { vms: 10, vcpus: 40, memoryMib: 40_000 } })
    await simulation.until(({ hosts }) => leadingStateOf(hosts)?.hosts.size === machines, { within: s(5) })
    return started
  }

  order(order: Order): Promise<Asked<CommandResult>> {
    return this.#ask((client) => client.order(order))
  }

  async create(name: string, definition: Partial<VmDefinition> = {}): Promise<void> {
    await this.order({ kind: 'create', name, tenant: 'acme', definition: { ...definitionDefaults, ...definition } })
    await this.settle()
  }

  vm(name: string): VmRecord | undefined {
    return this.state?.vmNamed(name)
  }

  get state() {
    return leadingState(this.simulation.world as never)
  }

  machine(name: string): Machine {
    const process = this.simulation.world.host(name)?.process
    if (!(process instanceof Machine)) throw new Error(`${name} is not up`)
    return process
  }

  /** Until every VM is what it is to be. */
  settle(within = s(30)): Promise<void> {
    const isSettled = () => this.state !== undefined && unsettled(this.simulation.world as never, this.state) === null
    return this.simulation.until(isSettled, { within })
  }

  async #ask<T>(call: (client: OrchestratorClient) => Promise<T>): Promise<T> {
    let settled: { readonly answer: T } | null = null
    this.#jobs.push((client) => {
      void call(client).then((answer) => {
        settled = { answer }
      })
    })
    await this.simulation.until(() => settled !== null, { within: s(10) })
    return (settled as unknown as { answer: T }).answer
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulation.finish()
  }
}

function leadingStateOf(hosts: Simulation<LabRoles>['world']['hosts']) {
  return hosts.control.find(({ process }) => process?.node.isLeader)?.process?.state
}
