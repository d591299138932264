import path from 'node:path'
import { s } from '../../sim/host/durations.js'
import type { Host } from '../../sim/host/seam.js'
import { DirectoryObjectStore } from '../../sim/real/directory-object-store.js'
import { type PeerAddress, type ProcessCrashed, RealHost } from '../../sim/real/index.js'
import { scenario, system, workload } from '../../sim/run/scenario.js'
import { simulate } from '../../sim/run/simulation.js'
import { freshAddress, temporaryFolder } from '../real/real-hosts.js'
import type { CaseHost, CasePrograms, CaseWorld, ConformanceCase, Kind } from './conformance-case.js'

/** The least size of a part of an upload that is not the last: small, so that cases are quick. */
export const leastPartBytes = 64

const hosts: readonly CaseHost[] = ['c', 'b', 'a']

/** Runs the case on hosts of one kind and answers what its programs saw. */
export function runCase(subject: ConformanceCase, kind: Kind): Promise<unknown[]> {
  return kind === 'simulated' ? runSimulated(subject) : runReal(subject)
}

/** The programs of one run: which have ended. */
class Programs {
  readonly seen: unknown[] = []
  readonly #programs: CasePrograms
  readonly #unfinished = new Set<CaseHost>()

  constructor(subject: ConformanceCase) {
    this.#programs = subject.programs((observation) => this.seen.push(observation))
    for (const name of hosts) if (this.#programs[name] !== undefined && !subject.endless?.includes(name)) this.#unfinished.add(name)
  }

  /** The hosts that the case needs. */
  get hosts(): readonly CaseHost[] {
    return hosts.filter((name) => this.#programs[name] !== undefined)
  }

  get areDone(): boolean {
    return this.#unfinished.size === 0
  }

  async drive(world: CaseWorld): Promise<void> {
    await this.#programs.drive?.(world)
  }

  start(name: CaseHost, host: Host): void {
    const program = this.#programs[name]
    if (program === undefined) return
    host.spawn('case', async () => {
      await program(host)
      this.#unfinished.delete(name)
    })
  }
}

async function runSimulated(subject: ConformanceCase): Promise<unknown[]> {
  const programs = new Programs(subject)
  const role = (name: CaseHost) => ({ count: 1, boot: (host: Host) => programs.start(name, host) })
  const world = scenario({
    name: 'conformance',
    system: system<Record<CaseHost, void>>({ name: 'conformance', roles: { c: role('c'), b: role('b'), a: role('a') }, survives: {} }),
    workload: workload<null, null>({ clients: 0, generate: () => null, perform: async () => null }),
    invariants: [],
    faults: { strategy: 'none' },
    objects: { leastPartBytes },
    duration: s(60),
    healAt: s(60),
  })
  await using simulation = await simulate(world, { seed: subject.name, faults: 'none', clients: false })
  const until = (holds: () => boolean) => simulation.until(holds, { within: s(120) })
  await programs.drive({
    until,
    crash: async (host) => simulation.crash(`${host}-1`),
    restart: async (host) => simulation.restart(`${host}-1`),
  })
  await until(() => programs.areDone)
  return programs.seen
}

async function runReal(subject: ConformanceCase): Promise<unknown[]> {
  const programs = new Programs(subject)
  const crashes: ProcessCrashed[] = []
  const folder = temporaryFolder()
  const peers: Record<string, PeerAddress> = Object.fromEntries(hosts.map((name) => [`${name}-1`, freshAddress()]))
  const objects = new DirectoryObjectStore({ directory: path.join(folder, 'objects'), leastPartBytes })
  const running = new Map<CaseHost, RealHost>()
  const open = async (role: CaseHost) => {
    const listen = peers[`${role}-1`] as PeerAddress
    const data = path.join(folder, role)
    const host = await RealHost.open({
      cluster: 'conformance',
      role,
      ordinal: 1,
      listen,
      peers,
      data,
      objects,
      onCrash: (crash) => crashes.push(crash),
      onExit: () => {},
      log: { write: () => {} },
    })
    running.set(role, host)
    return host
  }
  const until = async (holds: () => boolean) => {
    for (let i = 0; i < 4_000 && !holds(); i++) {
      if (crashes[0] !== undefined) throw crashes[0].cause
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    if (!holds()) throw new Error(`the programs did not end; seen so far: ${JSON.stringify(programs.seen)}`)
  }
  try {
    for (const name of programs.hosts) await open(name)
    for (const name of programs.hosts) programs.start(name, running.get(name) as RealHost)
    await programs.drive({
      until,
      crash: async (name) => running.get(name)?.close(),
      restart: async (name) => programs.start(name, await open(name)),
    })
    await until(() => programs.areDone)
    return programs.seen
  } finally {
    for (const host of running.values()) await host.close()
  }
}
