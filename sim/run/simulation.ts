import type { Injection, InjectionArgs } from '../faults/injection.js'
import { Misuse } from '../host/errors.js'
import type { HostName, Nanos } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { World } from '../host/world.js'
import type { LoopEnd } from '../kernel/kernel.js'
import type { LinkOverride } from '../net/link-profiles.js'
import { shown } from './check-scenario.js'
import type { Outcome, RunReport, RunRequest, Violation } from './report.js'
import type { Scenario } from './scenario.js'
import { SimulatedRun } from './simulated-run.js'

/**
 * A run in the hand: hosts, network, disks, faults and clients of one scenario under one seed, advanced as the caller likes.
 * `run` drives the same object through a whole run.
 */
export class Simulation<Roles extends Record<string, unknown>> extends SimulatedRun<Roles> implements AsyncDisposable {
  #report: RunReport | null = null

  /** Lets `by` nanoseconds of virtual time pass. Rejects with `SimulationFailed` when the run breaks. */
  async advance(by: Nanos): Promise<void> {
    if (!Number.isSafeInteger(by) || by < 0) throw new Misuse(`advance(by) takes an integer of nanoseconds from 0 on, not ${by}`)
    this.#mustGoOn('advance')
    this.#throwFailure(await this.runTo(this.kernel.now + by))
  }

  /** Runs until `holds`, checked after every step; rejects when it does not within the given virtual time. */
  async until(holds: (world: World<Roles>) => boolean, options: { within: Nanos }): Promise<void> {
    if (typeof holds !== 'function') throw new Misuse(`until(holds, { within }) takes a function of the world first, not ${shown(holds)}`)
    const within = isOptions(options) ? options.within : undefined
    if (!Number.isSafeInteger(within) || (within as number) < 0)
      throw new Misuse(`until(holds, { within }) takes a bound in nanoseconds, such as { within: s(5) }, not ${shown(within ?? options)}`)
    this.#mustGoOn('until')
    if (holds(this.world)) return
    this.stopWhen = holds
    const end = await this.runTo(this.kernel.now + options.within)
    const isMet = this.stopWhen === null
    this.stopWhen = null
    this.#throwFailure(end)
    if (!isMet && !holds(this.world)) throw new Error(`until(…) did not come true within ${options.within} ns of virtual time (seed ${this.seed})`)
  }

  /** Cuts every link between hosts of different groups; hosts in no group keep all theirs. `heal` ends it. */
  partition(...groups: HostName[][]): void {
    if (groups.filter((group) => group.length > 0).length < 2) throw new Misuse('partition(…) takes two groups of hosts or more, each a list of names')
    const names = groups.flat()
    for (const name of names) this.#named(name)
    const twice = names.find((name, i) => names.indexOf(name) !== i)
    if (twice !== undefined) throw new Misuse(`partition(…): ${twice} is named twice, and a host is in one group at most`)
    this.inject({ kind: 'net.partition', site: 'drive', ordinal: 0, args: { shape: 'split', groups, forNanos: null } })
  }

  /** Links are so from now on: `'client>broker'` one way, `'broker-1<>broker-2'` both; a side is a host, a role or `*`. */
  shapeLinks(links: string, override: LinkOverride): void {
    this.network.shape(links, override)
  }

  /** Ends every partition and every noise on packets. */
  heal(): void {
    this.engine.healNetwork()
  }

  /** The process dies; the page cache lives. It stays down until `restart`. */
  crash(host: HostName): void {
    this.#named(host)
    this.inject({ kind: 'process.crash', site: host, ordinal: 0, args: { beforeEffect: 0, atOnce: true, restartAfterNanos: null } })
  }

  /** The machines lose power together; what was not synced may be lost. They stay down until `restart`. */
  powerLoss(...hosts: HostName[]): void {
    if (hosts.length === 0) throw new Misuse('powerLoss(…) takes the names of one host or more')
    for (const host of hosts) this.#named(host)
    this.inject({ kind: 'power.loss', site: hosts.join(','), ordinal: 0, args: { hosts, restartAfterNanos: hosts.map(() => null) } })
  }

  pause(host: HostName): void {
    this.#named(host)
    this.inject({ kind: 'process.pause', site: host, ordinal: 0, args: { forNanos: null } })
  }

  resume(host: HostName): void {
    this.engine.resume(this.#named(host))
  }

  /**
   * Starts a host's process anew, after killing the one that runs. `version`: as another version of its role. `wipe`: on an empty disk.
   * `graceNanos`: it is asked to stop, and killed when it still runs after so long.
   */
  restart(host: HostName, options: { version?: string; wipe?: boolean; graceNanos?: Nanos } = {}): void {
    const machine = this.#named(host)
    const { version, wipe, graceNanos } = options
    if (version !== undefined) machine.useVersion(version)
    const start = () => {
      if (wipe) this.diskOf(machine).wipe()
      machine.start(0)
    }
    if (graceNanos !== undefined && machine.life !== null) this.engine.world.stop(machine, graceNanos, start)
    else {
      machine.kill(true)
      start()
    }
  }

  /** One occurrence of any fault kind, now. Throws when it finds no site. */
  inject(injection: Omit<Injection, 'at' | 'ordinal'> & { ordinal?: number; args: InjectionArgs }): void {
    this.engine.injectNow({ ordinal: 0, ...injection, at: this.kernel.now })
  }

  /**
   * Ends the run and says how it went: what broke on the way, or what the workload's judge says of the operations so far (`judge: false` leaves that out).
   * It waits for nothing, so that `recovery` and `eventually` are not asked: `until` is for those. Idempotent; nothing moves after it.
   */
  async finish({ judge = true }: { judge?: boolean } = {}): Promise<RunReport> {
    if (this.#report !== null) return this.#report
    if (judge) this.judge()
    this.#report = this.report(this.failure?.outcome ?? 'passed')
    this.endLives()
    return this.#report
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.finish({ judge: false })
  }

  #mustGoOn(call: string): void {
    if (this.#report !== null) throw new Misuse(`${call}: this simulation is finished`)
  }

  #named(name: HostName): SimulatedHost {
    const host = this.byName.get(name)
    if (host === undefined) throw new Misuse(`there is no host '${name}': this simulation has ${[...this.byName.keys()].join(', ')}`)
    return host
  }

  #throwFailure(end: LoopEnd): void {
    if (this.failure !== null) {
      this.endLives()
      throw new SimulationFailed(this.failure.outcome, this.failure.violation, this.scenario.name, this.seed)
    }
    if (end === 'interrupted') throw new Error('the simulation was interrupted')
  }
}

const isOptions = (options: unknown): options is { readonly within?: unknown } => typeof options === 'object' && options !== null

/** What `simulate` takes beside a scenario. */
export type SimulateOptions = Omit<RunRequest, 'scenario' | 'seed'> & {
  readonly seed?: string
  /** `'none'`: no seeded faults. */
  readonly faults?: 'none'
  /** False: the workload's clients do not start. */
  readonly clients?: boolean
}

/** Thrown by `advance` and `until` when the run breaks: the report says what the runner would have said. */
export class SimulationFailed extends Error {
  override readonly name = 'SimulationFailed'
  constructor(
    readonly outcome: Outcome,
    readonly violation: Violation,
    scenario: string,
    seed: string,
  ) {
    super(`${outcome}: ${violation.check}: ${violation.message} (${scenario}, seed ${seed}, step ${violation.step} at ${violation.at} ns)`, {
      cause: violation.stack,
    })
  }
}

/** Starts a simulation of a scenario to be driven by hand. Without a seed it is `'0'`. */
export async function simulate<Roles extends Record<string, unknown>, Op, Result>(
  scenario: Scenario<Roles, Op, Result>,
  options: SimulateOptions = {},
): Promise<Simulation<Roles>> {
  const { seed = '0', faults, clients = true, ...rest } = options
  if (faults !== undefined && faults !== 'none') throw new Misuse(`simulate: faults is 'none' or not given, not ${shown(faults)}`)
  if (faults === 'none' && rest.strategy !== undefined && rest.strategy !== 'none')
    throw new Misuse(`simulate: faults: 'none' and strategy: '${rest.strategy}' contradict each other`)
  const request: RunRequest = { ...rest, scenario, seed, ...(faults === 'none' ? { strategy: 'none' as const } : {}) }
  return new Simulation<Roles>(request, { clients, autoRestart: faults !== 'none' })
}
