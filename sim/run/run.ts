import { ms, s } from '../host/durations.js'
import type { Nanos } from '../host/seam.js'
import type { LoopEnd } from '../kernel/kernel.js'
import type { Outcome, RunHeader, RunReport, RunRequest } from './report.js'
import type { Eventually, Recovery } from './scenario.js'
import { setUp } from './setup.js'
import { Simulation } from './simulation.js'

/** What a run's seed decides before its first step: to be printed first. Throws `Misuse` for options or kinds that do not exist. */
export function headerOf(request: RunRequest): RunHeader {
  return setUp(request).header
}

/** One whole run: storm until `healAt`, then recovery while clients go on, calm until they are done, then what must come true, then the judge. */
export async function run(request: RunRequest): Promise<RunReport> {
  const simulation = new Simulation(request, { clients: true, autoRestart: true })
  const report = simulation.report(await new WholeRun(simulation).outcome())
  simulation.endLives()
  if (simulation.engine.broken !== null) throw simulation.engine.broken
  if (simulation.guard?.hasUnnamedIo !== true) return report
  // The same run once more, slower, to name the place. Where it goes another way, which real answers can make it do, the first report stands.
  const named = await run({ ...request, trace: undefined, namesIo: true })
  return named.outcome === 'crashed' ? named : report
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
    const calm = (await this.#recovers()) ?? (await this.#runTo(header.durationNanos)) ?? (await this.#clientsFinish()) ?? (await this.#comesTrue())
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

  /** Every `recovery` must come true within its bound, counted from the end of faults or the last host's recovery after it. Clients go on. */
  async #recovers(): Promise<Outcome | null> {
    const simulation = this.#simulation
    const { scenario, world, kernel, history, setup } = simulation
    const recoveries: readonly Recovery<Record<string, unknown>>[] = scenario.recovery ?? []
    let since = -1
    let waiting: { readonly property: Recovery<Record<string, unknown>>; readonly holds: () => boolean }[] = []
    while (recoveries.length > 0) {
      const missing = this.#missingHosts(setup.healAt)
      if (missing === null) {
        const from = Math.max(setup.healAt, simulation.lastBootAt)
        if (from !== since) waiting = recoveries.map((property) => ({ property, holds: property.begin(world, history.records) }))
        since = from
        waiting = waiting.filter(({ property, holds }) => {
          const held = holds()
          if (held) simulation.recordEventually(property.name, true)
          return !held
        })
        if (waiting.length === 0) return null
        const late = waiting.find(({ property }) => kernel.now > since + property.within)
        if (late !== undefined) return this.#late(late.property)
      } else if (missing !== 'booting') return missing
      const ended = this.#ended(await simulation.runTo(kernel.now + pollEvery)) ?? this.#stalled()
      if (ended !== null) return ended
    }
    return null
  }

  /** Every `eventually` must hold at some moment within its bound, counted from the clients' end or the last host's recovery after it. */
  async #comesTrue(): Promise<Outcome | null> {
    const simulation = this.#simulation
    const { scenario, kernel } = simulation
    const clientsDoneAt = kernel.now
    let waiting: readonly Eventually<Record<string, unknown>>[] = scenario.eventually ?? []
    for (;;) {
      const held = waiting.filter((property) => this.#holds(property))
      for (const property of held) simulation.recordEventually(property.name, true)
      waiting = waiting.filter((property) => !held.includes(property))
      const missing = this.#missingHosts(clientsDoneAt)
      if (waiting.length === 0 && missing === null) return null
      const since = Math.max(clientsDoneAt, simulation.lastBootAt)
      if (missing !== null && missing !== 'booting') return missing
      const late = missing === null ? waiting.find((property) => kernel.now > since + property.within) : undefined
      if (late !== undefined) return this.#late(late)
      const ended = this.#ended(await simulation.runTo(kernel.now + pollEvery))
      if (ended !== null) return ended
    }
  }

  #holds(property: Eventually<Record<string, unknown>>): boolean {
    const { world, answers } = this.#simulation
    return 'ask' in property ? answers.get(property.name) === null : property.holds(world)
  }

  #late({ name, within }: { readonly name: string; readonly within: Nanos }): Outcome {
    const simulation = this.#simulation
    const answer = simulation.answers.get(name)
    simulation.recordEventually(name, false)
    const stuck = simulation.report('violation').states.flatMap(({ name: host, saidToWait }) => saidToWait.map((what) => `\n  ${host}: ${what}`))
    const why = `${typeof answer === 'string' ? `: ${answer}` : ''}${stuck.slice(0, 12).join('')}`
    simulation.fail('violation', name, `did not come true within ${within / 1e9} s after the last host recovered${why}`, null)
    return 'violation'
  }

  /** null: all are up. A host that stays away for too long after faults ended is a stall. */
  #missingHosts(calmSince: Nanos): Outcome | 'booting' | null {
    const { systemHosts, kernel } = this.#simulation
    if (systemHosts.every((host) => host.status === 'up')) return null
    if (kernel.now <= calmSince + recoveryBound) return 'booting'
    const missing = systemHosts.filter((host) => host.status !== 'up').map((host) => `${host.name} is ${host.status}`)
    return this.#stall(`${missing.join(', ')} ${recoveryBound / 1e9} s after faults ended`)
  }

  #judge(): Outcome {
    const simulation = this.#simulation
    simulation.judge()
    return simulation.failure?.outcome ?? 'passed'
  }

  #ended(end: LoopEnd): Outcome | null {
    const { failure, setup } = this.#simulation
    if (failure !== null) return failure.outcome
    // A short stretch may end before the kernel asks.
    if (end === 'interrupted' || setup.request.signal?.aborted === true) return 'interrupted'
    // `untilStep` was reached: what the run was so far.
    return end === 'steps' ? 'passed' : null
  }

  /** An operation is unfinished, and no client got on for too long while no fault was to blame. */
  #stalled(): Outcome | null {
    const { history, kernel, setup } = this.#simulation
    if (history.openCount === 0) return null
    const since = Math.max(history.lastProgress, history.oldest()?.invokedAt ?? 0, setup.header.strategy === 'none' ? 0 : Math.min(setup.healAt, kernel.now))
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
