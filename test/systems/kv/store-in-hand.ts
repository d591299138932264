import { type FaultKind, type Host, ms, type SimulateOptions, type Simulation, s, scenario, simulate, system, us, workload } from '../../../sim/index.js'
import type { BatchOperation } from '../../../systems/kv/batch.js'
import type { GivenOptions } from '../../../systems/kv/options.js'
import { type KvPartition, type KvStore, open } from '../../../systems/kv/store.js'

type Process = { readonly host: Host; readonly store: KvStore }
type Roles = { store: Process }
type Job = (process: Process) => Promise<void>

/** Small pages and files, so that little data does much. */
export const small: GivenOptions = {
  pageBytes: 512,
  filePages: 16,
  manifestBytes: 4_096,
  indexCacheBytes: 4_096,
  dataCacheBytes: 0,
  filterBytes: 0,
  upkeepEvery: s(3_600),
}

/** One store on a simulated host without faults of its own: the test says what it does, and what befalls it. */
export class StoreInHand implements AsyncDisposable {
  private constructor(
    readonly simulation: Simulation<Roles>,
    readonly jobs: Job[],
  ) {}

  static async start(options: GivenOptions = small, given: SimulateOptions & { readonly objects?: boolean } = {}): Promise<StoreInHand> {
    const jobs: Job[] = []
    const { objects, ...rest } = given
    const boot = async (host: Host): Promise<Process> => {
      const process = { host, store: await open(host, options) }
      host.clock.every(us(100), () => {
        for (const job of jobs.splice(0)) host.spawn('job', () => job(process))
      })
      return process
    }
    const of = scenario({
      name: 'store-in-hand',
      system: system<Roles>({ name: 'store', roles: { store: { count: 1, boot } }, survives: { down: 1 } }),
      workload: workload({ clients: 0, generate: () => 0, perform: async () => 0 }),
      invariants: [],
      faults: { strategy: 'none' },
      duration: s(3_600),
      healAt: s(3_600),
      ...(objects ? { objects: {} } : {}),
    })
    const simulation = await simulate(of, { seed: '1', faults: 'none', clients: false, ...rest })
    const hand = new StoreInHand(simulation, jobs)
    await hand.untilUp()
    return hand
  }

  async untilUp(): Promise<void> {
    await this.simulation.until(({ hosts }) => hosts.store[0]?.status === 'up', { within: s(60) })
  }

  get process(): Process {
    const process = this.simulation.world.hosts.store[0]?.process
    if (process === undefined) throw new Error('the store is down')
    return process
  }

  /** What the work answers, done by the store's own process; rejects as it does. */
  async ask<T>(work: (store: KvStore, host: Host) => Promise<T>): Promise<T> {
    let answer: { readonly kind: 'ok'; readonly value: T } | { readonly kind: 'failed'; readonly error: unknown } | undefined
    this.jobs.push(async ({ store, host }) => {
      try {
        answer = { kind: 'ok', value: await work(store, host) }
      } catch (error) {
        answer = { kind: 'failed', error }
      }
    })
    await this.simulation.until(() => answer !== undefined, { within: s(600) })
    if (answer?.kind !== 'ok') throw answer?.error
    return answer.value
  }

  on<T>(work: (partition: KvPartition) => Promise<T>, table = 't'): Promise<T> {
    return this.ask(async (store) => work(await store.partition(table)))
  }

  /** Begins work whose end nobody waits for. */
  begin(work: (partition: KvPartition) => Promise<unknown>): void {
    this.jobs.push(async ({ store }) => {
      await work(await store.partition('t')).catch(() => {})
    })
  }

  write(batch: readonly BatchOperation[]): Promise<void> {
    return this.on((partition) => partition.batchWrite(batch))
  }

  /** Everything there is, as text. */
  all(): Promise<Record<string, string>> {
    return this.on(async (partition) => {
      const found: Record<string, string> = {}
      for await (const { key, value } of partition.scan()) found[text(key)] = text(value)
      return found
    })
  }

  async crash(): Promise<void> {
    this.simulation.crash('store-1')
    await this.restart()
  }

  async powerLoss(): Promise<void> {
    this.simulation.powerLoss('store-1')
    await this.restart()
  }

  async restart(): Promise<void> {
    this.simulation.restart('store-1')
    await this.untilUp()
  }

  advance(by = ms(1)): Promise<void> {
    return this.simulation.advance(by)
  }

  inject(kind: FaultKind, site: string, args: Record<string, unknown>): void {
    this.simulation.inject({ kind, site, args: args as never })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.simulation.finish({ judge: false })
  }
}

export const bytes = (words: string): Uint8Array => new TextEncoder().encode(words)
export const text = (of: Uint8Array): string => new TextDecoder().decode(of)
export const put = (key: string, value: string, expiresAtMillis?: number): BatchOperation => ({
  kind: 'put',
  key: bytes(key),
  value: bytes(value),
  ...(expiresAtMillis === undefined ? {} : { expiresAtMillis }),
})
export const del = (key: string): BatchOperation => ({ kind: 'delete', key: bytes(key) })
