import { ms, s } from '../host/durations.js'
import type { Nanos } from '../host/seam.js'
import type { LoopEnd } from '../kernel/kernel.js'
import type { Outcome, RunHeader, RunReport, RunRequest } from './report.js'
import type { Eventually } from './scenario.js'
import { setUp } from './setup.js'
import { Simulation } from './simulation.js'

/** What a run's seed decides before its first step: to be printed first. Throws `Misuse` for options or kinds that do not exist. */
export function headerOf(request: RunRequest): RunHeader {
  return setUp(request).header
}

/** One whole run: storm until `healAt`, calm until the clients are done, then what must come true, then the judge. */
export async function run(request: RunRequest): Promise<RunReport> {
  const simulation = new Simulation(request, { clients: true, autoRestart: true })
  return simulation.report(await new WholeRun(simulation).outcome())
}

const pollEvery = ms(10)
/** A host must be up again this soon after faults ended. */
const recoveryBound = s(30)

class WholeRun {
  readonly #simulation: Simulation<Record<string, unknown>>
  constructor(simulation: Simulation<Record<string, unknown>>) {
    this.#simulation = simulation
  }

  async outcome(): Promise<Outcome> {
    const simulation = this.#simulation
    const { header, healAt } = simulation.setup
    const storm = await this.#runTo(healAt)
    if (storm !== null) return storm
    simulation.engine.heal()
    const calm = (await this.#runTo(header.durationNanos)) ?? (await this.#clientsFinish()) ?? (await this.#comesTrue())
    return calm ?? this.#judge()
  }

  async #runTo(time: Nanos): Promise<Outcome | null> {
    const simulation = this.#simulation
    const { stallNanos } = simulation.setup.limits
    while (simulation.kernel.now < time) {
      const next = Math.min(time, simulation.kernel.now + Math.min(stallNanos, s(1)))
      const end = await simulation.runTo(next)
      const ended = this.#ended(end) ?? this.#stalled()
      if (ended !== null) return ended
      if (end === 'empty' && simulation.history.openCount > 0) return this.#stall('nothing is left to happen')
    }
    return null
  }

  /** No operation starts any more; those under way must end. */
  async #clientsFinish(): Promise<Outcome | null> {
    const simulation = this.#simulation
    simulation.areClientsDone = true
    for (;;) {
      if (simulation.history.openCount === 0) return null
      const end = await simulation.runTo(simulation.kernel.now + pollEvery)
      const ended = this.#ended(end) ?? this.#stalled()
      if (ended !== null) return ended
      if (end === 'empty' && simulation.history.openCount > 0) return this.#stall('nothing is left to happen')
    }
  }

  /** Every `eventually` must hold at some moment within its bound, counted from the last host's recovery or the clients' end. */
  async #comesTrue(): Promise<Outcome | null> {
    const simulation = this.#simulation
    const { scenario, world, kernel } = simulation
    const clientsDoneAt = kernel.now
    let waiting: readonly Eventually<Record<string, unknown>>[] = scenario.eventually ?? []
    for (;;) {
      const held = waiting.filter((property) => property.holds(world))
      for (const property of held) simulation.recordEventually(property.name, true)
      waiting = waiting.filter((property) => !held.includes(property))
      const areUp = simulation.systemHosts.every((host) => host.status === 'up')
      if (waiting.length === 0 && areUp) return null
      const since = Math.max(clientsDoneAt, simulation.lastBootAt)
      if (!areUp && kernel.now > clientsDoneAt + recoveryBound) {
        const missing = simulation.systemHosts.filter((host) => host.status !== 'up').map((host) => `${host.name} is ${host.status}`)
        return this.#stall(`${missing.join(', ')} ${recoveryBound / 1e9} s after faults ended`)
      }
      const late = areUp ? waiting.find((property) => kernel.now > since + property.within) : undefined
      if (late !== undefined) {
        simulation.recordEventually(late.name, false)
        simulation.fail('violation', late.name, `did not come true within ${late.within / 1e9} s after the last host recovered`, null)
        return 'violation'
      }
      const ended = this.#ended(await simulation.runTo(kernel.now + pollEvery))
      if (ended !== null) return ended
    }
  }

  #judge(): Outcome {
    const simulation = this.#simulation
    const { scenario, history } = simulation
    const broken = scenario.workload.judge?.(history.records)
    if (typeof broken === 'string') simulation.fail('violation', 'history', broken, null)
    else if (broken !== undefined) simulation.failHistory(broken)
    return simulation.failure?.outcome ?? 'passed'
  }

  #ended(end: LoopEnd): Outcome | null {
    const { failure } = this.#simulation
    if (failure !== null) return failure.outcome
    if (end === 'interrupted') return 'interrupted'
    // `untilStep` was reached: what the run was so far.
    return end === 'steps' ? 'passed' : null
  }

  /** An operation is unfinished, and no client got on for too long while no fault was to blame. */
  #stalled(): Outcome | null {
    const { history, kernel, setup } = this.#simulation
    if (history.openCount === 0) return null
    const oldest = history.unfinished()[0]
    const since = Math.max(history.lastProgress, oldest?.invokedAt ?? 0, setup.header.strategy === 'none' ? 0 : Math.min(setup.healAt, kernel.now))
    if (kernel.now - since < setup.limits.stallNanos) return null
    return this.#stall(`no operation finished for ${(kernel.now - since) / 1e9} s`)
  }

  #stall(why: string): Outcome {
    const simulation = this.#simulation
    const waits = simulation.report('stalled').states.flatMap((state) => state.waitingFor.slice(0, 3).map((what) => `${state.name} waits for ${what}`))
    const unfinished = simulation.history.unfinished().slice(0, 3)
    const operations = unfinished.map((operation) => `client-${operation.client} ${JSON.stringify(operation.op)}`)
    simulation.fail(
      'stalled',
      'progress',
      [why, ...(operations.length > 0 ? [`unfinished: ${operations.join('; ')}`] : []), ...waits.slice(0, 12)].join('\n  '),
      null,
    )
    return 'stalled'
  }
}
