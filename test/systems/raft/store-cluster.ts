import { RaftObservation, raftInvariants } from '../../../invariants/raft/index.js'
import { type Host, type HostName, ms, type Simulation, s, scenario, simulate, system, workload } from '../../../sim/index.js'
import { mapDirectory } from '../../../systems/raft/many-maps.js'
import type { RaftGroup } from '../../../systems/raft/raft-group.js'
import type { RaftNode } from '../../../systems/raft/raft-node.js'
import { RaftStore } from '../../../systems/raft/raft-store.js'
import { MapState } from '../../../systems/raft/replicated-map.js'
import { durableSnapshot, SnapshotFile } from '../../../systems/raft/snapshot-file.js'

/** A host's store, and what a test wants done there. */
export class StoreProcess {
  readonly #host: Host
  readonly states = new Map<string, MapState>()

  constructor(
    host: Host,
    readonly store: RaftStore,
  ) {
    this.#host = host
  }

  get nodes(): readonly RaftNode<boolean>[] {
    return this.store.nodes as RaftNode<boolean>[]
  }

  /** Those that the process began with: what invariants look at never changes in a life. */
  observed: readonly RaftNode<boolean>[] = []

  node(group: string): RaftNode<boolean> | undefined {
    return this.nodes.find((node) => node.group === group)
  }

  /** Starts a member of a group of all stores. */
  begin(group: string, more: Partial<Pick<RaftGroup<boolean>, 'voters' | 'options'>> = {}): Promise<RaftNode<boolean>> {
    const state = new MapState()
    this.states.set(group, state)
    const stateMachine = new SnapshotFile(this.#host.disk, mapDirectory(group), state)
    return this.store.start<boolean>({ group, peers: this.#host.peers[this.#host.role] ?? [], stateMachine, ...more })
  }

  /** What the state machine of a group that has left keeps here is the host's to remove. */
  async erase(group: string): Promise<void> {
    const directory = mapDirectory(group)
    for (const name of await this.#host.disk.list(directory)) await this.#host.disk.remove(`${directory}/${name}`)
    await this.#host.disk.syncDirectory(directory)
  }

  put(group: string, key: string, value: number): Promise<boolean> {
    return (this.node(group) as RaftNode<boolean>).propose(new TextEncoder().encode(JSON.stringify({ f: 'put', key, value, ballast: 100 })))
  }
}

type Roles = { store: StoreProcess }
type Jobs = Map<HostName, ((process: StoreProcess) => void)[]>

/** Three hosts with a `RaftStore` each, without faults of their own, all invariants on. Tests say what the stores do. */
export class StoreCluster implements AsyncDisposable {
  readonly simulation: Simulation<Roles>
  readonly #jobs: Jobs

  private constructor(simulation: Simulation<Roles>, jobs: Jobs) {
    this.simulation = simulation
    this.#jobs = jobs
  }

  /** `groups`: those that each life of a host begins with, given what its store holds. */
  static async start(groups: (store: RaftStore) => readonly string[], options: { walSegmentBytes?: number } = {}): Promise<StoreCluster> {
    const jobs: Jobs = new Map()
    return new StoreCluster(await simulate(storeScenario(groups, jobs, options), { seed: '1', faults: 'none', clients: false }), jobs)
  }

  get hosts(): readonly HostName[] {
    return this.simulation.world.hosts.store.map(({ name }) => name)
  }

  get nodes(): readonly RaftNode<boolean>[] {
    return this.simulation.world.hosts.store.flatMap(({ process }) => process?.nodes ?? [])
  }

  process(host: HostName): StoreProcess {
    const process = this.simulation.world.hosts.store.find(({ name }) => name === host)?.process
    if (process === undefined) throw new Error(`${host} is not up`)
    return process
  }

  leader(group: string): RaftNode<boolean> | undefined {
    return this.nodes.find((node) => node.group === group && node.isLeader)
  }

  async untilLed(...groups: readonly string[]): Promise<void> {
    await this.simulation.until(() => groups.every((group) => (this.leader(group)?.commit ?? 0) > 0), { within: s(3) })
  }

  async untilAllRest(): Promise<void> {
    await this.simulation.until(() => this.nodes.every(({ machineState }) => machineState.isResting), { within: s(3) })
  }

  /** Runs `job` on a host, and waits for what it answers. */
  async on<T>(host: HostName, job: (process: StoreProcess) => Promise<T>): Promise<T> {
    const settled: { answer?: T; error?: unknown }[] = []
    this.begin(host, (process) => {
      job(process).then(
        (answer) => settled.push({ answer }),
        (error: unknown) => settled.push({ error }),
      )
    })
    await this.simulation.until(() => settled.length > 0, { within: s(4) })
    const [outcome] = settled
    if (outcome !== undefined && 'error' in outcome) throw outcome.error
    return outcome?.answer as T
  }

  /** The same, without waiting: it begins within a millisecond. */
  begin(host: HostName, job: (process: StoreProcess) => void): void {
    this.process(host)
    this.#jobs.get(host)?.push(job)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulation.finish()
  }
}

function storeScenario(groups: (store: RaftStore) => readonly string[], jobs: Jobs, { walSegmentBytes = 4_096 }: { walSegmentBytes?: number }) {
  return scenario({
    name: 'store-cluster',
    system: system<Roles>({
      name: 'store-cluster',
      roles: {
        store: {
          count: 3,
          async boot(host: Host): Promise<StoreProcess> {
            const raft = { walSegmentBytes, compactAfterEntries: 10, trailingEntries: 2 }
            const store = await RaftStore.open(host, { directory: 'raft', raft, restAfterHeartbeats: 3, mostSegments: 2 })
            const process = new StoreProcess(host, store)
            await Promise.all(groups(store).map((group) => process.begin(group)))
            process.observed = process.nodes.slice()
            const wanted: ((process: StoreProcess) => void)[] = []
            jobs.set(host.name, wanted)
            host.clock.every(ms(1), () => {
              for (const job of wanted.splice(0)) job(process)
            })
            return process
          },
        },
      },
      survives: { down: 1, blackout: true },
    }),
    workload: workload<null, null>({ clients: 0, generate: () => null, perform: async () => null }),
    invariants: raftInvariants<Roles>(
      new RaftObservation({
        nodes: (process) => (process instanceof StoreProcess ? process.observed : []),
        durableState: (host, { group }) => durableSnapshot(host.durable, mapDirectory(group)),
        digest: (process, { group }) => (process as StoreProcess).states.get(group)?.digest ?? 0,
      }),
    ),
    faults: { strategy: 'none' },
    duration: s(60),
    healAt: s(60),
  })
}
