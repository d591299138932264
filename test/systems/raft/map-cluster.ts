import { RaftObservation, raftInvariants } from '../../../invariants/raft/index.js'
import { type Host, type HostName, ms, type Simulation, s, scenario, simulate, system, workload } from '../../../sim/index.js'
import type { RaftNodeOptions } from '../../../systems/raft/raft-node-options.js'
import { type MapAnswer, type MapCommand, MapMember, mapApi, snapshotDirectory } from '../../../systems/raft/replicated-map.js'
import { durableSnapshot } from '../../../systems/raft/snapshot-file.js'

type Roles = { member: MapMember; driver: object }

/** Five members of the replicated map without faults of their own, all invariants on, and a driver that asks what the test wants asked. */
export class MapCluster implements AsyncDisposable {
  readonly #jobs: ((host: Host) => void)[]
  private constructor(
    readonly simulation: Simulation<Roles>,
    jobs: ((host: Host) => void)[],
  ) {
    this.#jobs = jobs
  }

  static async start(seed: string, options: Partial<RaftNodeOptions> = {}): Promise<MapCluster> {
    const jobs: ((host: Host) => void)[] = []
    const cluster = new MapCluster(await simulate(mapScenario(jobs, options), { seed, faults: 'none', clients: false }), jobs)
    await cluster.untilLeader()
    return cluster
  }

  get members(): readonly HostName[] {
    return this.simulation.world.hosts.member.map(({ name }) => name)
  }

  /** The process on a host that is up. */
  member(name: HostName): MapMember {
    const process = this.simulation.world.host(name)?.process
    if (!(process instanceof MapMember)) throw new Error(`${name} is not up`)
    return process
  }

  /** The leader of the highest term among those that are up. */
  get leader(): HostName | undefined {
    const leaders = this.simulation.world.hosts.member.filter(({ process }) => process?.node.isLeader)
    return leaders.sort((a, b) => (b.process?.node.term ?? 0) - (a.process?.node.term ?? 0))[0]?.name
  }

  async untilLeader(among: readonly HostName[] = this.members): Promise<HostName> {
    const find = () => among.find((name) => this.simulation.world.hosts.member.find((host) => host.name === name)?.process?.node.isLeader)
    await this.simulation.until(() => find() !== undefined, { within: s(3) })
    return find() as HostName
  }

  async untilAllApplied(names: readonly HostName[], index: number, within = s(5)): Promise<void> {
    const areUp = () => names.every((name) => this.simulation.world.host(name)?.status === 'up')
    await this.simulation.until(() => areUp() && names.every((name) => this.member(name).node.applied >= index), { within })
  }

  read(to: HostName, key: string): Promise<MapAnswer<number | null>> {
    return this.#ask((host) => host.net.call(mapApi, to, 'read', { key }, { timeout: s(2) }))
  }

  update(to: HostName, command: MapCommand): Promise<MapAnswer<boolean>> {
    return this.#ask((host) => host.net.call(mapApi, to, 'update', command, { timeout: s(2) }))
  }

  put(to: HostName, key: string, value: number, ballast = 0): Promise<MapAnswer<boolean>> {
    return this.update(to, { f: 'put', key, value, ballast })
  }

  async #ask<T>(call: (host: Host) => Promise<T>): Promise<T> {
    let settled: { kind: 'answer'; answer: T } | { kind: 'error'; error: unknown } | null = null
    this.#jobs.push((host) => {
      call(host).then(
        (answer) => {
          settled = { kind: 'answer', answer }
        },
        (error: unknown) => {
          settled = { kind: 'error', error }
        },
      )
    })
    await this.simulation.until(() => settled !== null, { within: s(4) })
    const { kind, ...outcome } = settled as unknown as { kind: 'answer' | 'error'; answer?: T; error?: unknown }
    if (kind === 'error') throw outcome.error
    return outcome.answer as T
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulation.finish()
  }
}

function mapScenario(jobs: ((host: Host) => void)[], options: Partial<RaftNodeOptions>) {
  return scenario({
    name: 'map-cluster',
    system: system<Roles>({
      name: 'map-cluster',
      roles: {
        member: { count: 5, boot: (host: Host) => MapMember.boot(host), config: () => options },
        driver: {
          count: 1,
          boot(host: Host): object {
            host.clock.every(ms(1), () => {
              for (const job of jobs.splice(0)) job(host)
            })
            return {}
          },
        },
      },
      survives: { down: 2, blackout: true },
    }),
    workload: workload<null, null>({ clients: 0, generate: () => null, perform: async () => null }),
    invariants: raftInvariants<Roles>(
      new RaftObservation({
        nodes: (process) => (process instanceof MapMember ? [process.node] : []),
        durableState: (host) => durableSnapshot(host.durable, snapshotDirectory),
        digest: (process) => (process as MapMember).state.digest,
      }),
    ),
    faults: { strategy: 'none' },
    duration: s(60),
    healAt: s(60),
  })
}
