import { ms } from '../host/durations.js'
import { Misuse } from '../host/errors.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import { deriveKey, hashString } from '../kernel/mix.js'
import type { Strategy } from '../run/scenario.js'
import { Agenda } from './agenda.js'
import { BrokenInjection, checkArgs } from './broken-injection.js'
import type { FaultCatalogue } from './catalogue.js'
import { type FaultDefinition, isOccurrence } from './definition.js'
import type { FaultCount, FaultKind, Injection, InjectionArgs } from './injection.js'
import { SeededPlan } from './seeded-plan.js'
import { type FaultyRun, SimulatedFaultWorld } from './simulated-fault-world.js'
import { strategyOf } from './strategies/index.js'

/**
 * Brings the faults of a run: those that the seed draws (`SeededPlan`), or exactly a given list. What was injected is kept complete, so that the list
 * alone makes the same run again.
 */
export class FaultEngine {
  readonly world: SimulatedFaultWorld
  readonly #run: FaultyRun
  readonly #catalogue: FaultCatalogue
  readonly #plan: 'seeded' | readonly Injection[]
  readonly #agenda: Agenda
  readonly #seeded: SeededPlan | null = null
  /** Injections that found their site: an episode by starting, a single occurrence by striking. */
  readonly #foundSite = new Set<Injection>()
  /** A listed injection that could not be applied: the list is at fault, not the system. */
  broken: BrokenInjection | null = null
  readonly #ordinals = new Map<string, number>()

  constructor(run: FaultyRun, catalogue: FaultCatalogue, plan: 'seeded' | readonly Injection[], autoRestart: boolean) {
    this.#run = run
    this.#catalogue = catalogue
    this.#plan = plan
    this.#agenda = new Agenda(run.kernel)
    this.world = new SimulatedFaultWorld(run, plan === 'seeded', autoRestart)
    const { armed, strategy } = run.setup.header
    for (const kind of armed) if (catalogue.get(kind).needs !== 'sites') this.world.counts.of(kind).armed = true
    if (plan === 'seeded' && armed.length > 0) this.#seeded = this.#seededPlan(strategy)
  }

  #seededPlan(strategy: Strategy): SeededPlan {
    const key = deriveKey(this.#run.kernel.key, 'faults')
    return new SeededPlan({
      world: this.world,
      catalogue: this.#catalogue,
      agenda: this.#agenda,
      key,
      strategy: strategyOf(strategy, this.world),
      inject: (definition, site, args) => this.#inject(definition, site, args),
    })
  }

  // ---------------------------------------------------------------- the plan

  start(): void {
    if (this.#plan === 'seeded') this.#seeded?.start()
    else this.#startListed(this.#plan)
  }

  #startListed(injections: readonly Injection[]): void {
    const occurrences = new Map<FaultDefinition, Injection[]>()
    for (const injection of injections) {
      const definition = this.#catalogue.get(injection.kind)
      checkArgs(definition, injection)
      this.world.injected(injection)
      if (isOccurrence(definition, injection)) {
        const so = occurrences.get(definition)
        if (so === undefined) occurrences.set(definition, [injection])
        else so.push(injection)
      } else
        this.#agenda.plan(injection.at, () => ({
          label: `${injection.kind} ${injection.site}`,
          run: () => {
            this.world.opportunity(injection.kind)
            try {
              this.#apply(definition, injection)
            } catch (error) {
              this.broken = brokenBy(injection, error)
              throw this.broken
            }
          },
        }))
    }
    // Where two kinds strike one packet their order counts: it must not hang on which is listed first.
    for (const kind of this.#catalogue.kinds) {
      const definition = this.#catalogue.get(kind)
      const listed = occurrences.get(definition)
      if (listed === undefined) continue
      this.world.opportunity(definition.kind, listed.length)
      try {
        definition.replayOccurrences?.(this.world, listed)
      } catch (error) {
        throw brokenBy(listed[0] as Injection, error)
      }
    }
  }

  /** One occurrence, now; throws when it finds no site. */
  injectNow(injection: Injection): void {
    const definition = this.#catalogue.get(injection.kind)
    if (definition.apply === undefined) throw new Misuse(`${injection.kind} has no injections of its own: it is part of another kind's`)
    checkArgs(definition, injection)
    this.world.injected(injection)
    if (this.#apply(definition, injection)) return
    this.world.injections.pop()
    throw new Misuse(`${injection.kind} at ${injection.site} finds nothing to harm now`)
  }

  /** Faults end: networks mend, paused machines go on, hosts that are down start. */
  heal(): void {
    const { world } = this
    world.isHealed = true
    world.end(() => true)
    for (const host of world.systemHosts) {
      host.crash = null
      host.crashBeforeEffect = 0
      world.diskOf(host).healSectors()
      if (host.life === null) host.start(ms(1))
    }
  }

  /** Every partition and every noise on packets ends; a clog ends when it was drawn to, since what waits in it keeps its order. */
  healNetwork(): void {
    this.world.end((label) => label.startsWith('net.') || label.startsWith('conn.'))
  }

  /** The machine goes on; what it was held for ends. */
  resume(host: SimulatedHost): void {
    this.world.end((label) => label === `process.pause ends ${host.name}`)
    host.resume()
  }

  // ---------------------------------------------------------------- injecting

  #inject(definition: FaultDefinition, site: string, args: InjectionArgs): void {
    const { kind } = definition
    const injection: Injection = { kind, site, ordinal: this.#nextOrdinal(kind, site), at: this.world.kernel.now, args }
    this.world.injected(injection)
    if (!this.#apply(definition, injection)) throw new Misuse(`fault kind ${kind} was drawn for ${site} and finds no site there: its draw must answer null`)
  }

  #apply(definition: FaultDefinition, injection: Injection): boolean {
    const { kernel } = this.world
    kernel.fold(hashString(`${injection.kind} ${injection.site}`))
    if (kernel.sink !== undefined) kernel.note(null, 0, injection.kind, `${injection.site} ${JSON.stringify(injection.args)}`)
    const found = definition.apply?.(this.world, injection) ?? false
    if (found) this.#foundSite.add(injection)
    return found
  }

  #nextOrdinal(kind: FaultKind, site: string): number {
    const name = `${kind} ${site}`
    const ordinal = (this.#ordinals.get(name) ?? 0) + 1
    this.#ordinals.set(name, ordinal)
    return ordinal
  }

  /** A process marked a moment: the strategy may aim at it. */
  moment(host: SimulatedHost, name: string): void {
    this.#seeded?.moment(host, name)
  }

  // ---------------------------------------------------------------- the report

  /** A single packet or operation is listed by its ordinal, and may come at another time than in the run that it was taken from. */
  #asItActed(injection: Injection): Injection {
    const at = this.world.acting.get(injection)
    if (at === undefined || at === injection.at || !isOccurrence(this.#catalogue.get(injection.kind), injection)) return injection
    return { ...injection, at }
  }

  report(): {
    injections: readonly Injection[]
    occurrences: readonly Injection[]
    faults: readonly FaultCount[]
    stale: readonly Injection[]
    faultStatistics: Readonly<Record<string, number>>
  } {
    const { world } = this
    const isStale = (injection: Injection) => !this.#foundSite.has(injection) && !world.acting.has(injection)
    return {
      injections: this.#plan === 'seeded' ? world.injections : world.injections.map((injection) => this.#asItActed(injection)),
      occurrences: world.occurrences,
      faults: world.counts.list(this.#catalogue.kinds),
      stale: this.#plan === 'seeded' ? [] : this.#plan.filter(isStale),
      faultStatistics: Object.fromEntries([...world.statistics].sort(([a], [b]) => (a < b ? -1 : 1))),
    }
  }
}

const brokenBy = (injection: Injection, error: unknown): BrokenInjection =>
  error instanceof BrokenInjection ? error : new BrokenInjection(injection, error instanceof Error ? error.message : String(error))
