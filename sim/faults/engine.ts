import { ms } from '../host/durations.js'
import { Misuse } from '../host/errors.js'
import type { Nanos, Random } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { PlannedStep } from '../kernel/kernel.js'
import { deriveKey, hashString, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import { Agenda } from './agenda.js'
import type { FaultCatalogue } from './catalogue.js'
import { type Drawn, type FaultDefinition, isOccurrence } from './definition.js'
import type { FaultCount, FaultKind, Injection, InjectionArgs } from './injection.js'
import { type FaultyRun, SimulatedFaultWorld } from './simulated-fault-world.js'

/**
 * Brings the faults of a run: those that the seed draws, kept within the budget, or exactly a given list.
 *
 * Timed kinds come at drawn intervals, each draw from a stream of its own (kind, ordinal), so that switching one kind off shifts no other.
 * What was injected is kept complete, so that the list alone makes the same run again.
 */
export class FaultEngine {
  readonly world: SimulatedFaultWorld
  readonly #run: FaultyRun
  readonly #catalogue: FaultCatalogue
  readonly #key: Key
  readonly #plan: 'seeded' | readonly Injection[]
  readonly #agenda: Agenda
  /** Injections that found their site: an episode by starting, a single occurrence by striking. */
  readonly #foundSite = new Set<Injection>()
  readonly #ordinals = new Map<string, number>()

  constructor(run: FaultyRun, catalogue: FaultCatalogue, plan: 'seeded' | readonly Injection[], autoRestart: boolean) {
    this.#run = run
    this.#catalogue = catalogue
    this.#plan = plan
    this.#agenda = new Agenda(run.kernel)
    this.#key = deriveKey(run.kernel.key, 'faults')
    this.world = new SimulatedFaultWorld(run, plan === 'seeded', autoRestart)
    if (run.setup.header.strategy === 'targeted') this.world.aim = (random) => this.#target(random)
    for (const kind of run.setup.header.armed) this.world.counts.of(kind).armed = true
  }

  // ---------------------------------------------------------------- the plan

  start(): void {
    if (this.#plan === 'seeded') this.#startSeeded()
    else this.#startListed(this.#plan)
  }

  #startSeeded(): void {
    for (const kind of this.#run.setup.header.armed) {
      const definition = this.#catalogue.get(kind)
      const key = deriveKey(this.#key, kind)
      for (const drawn of definition.drawAtStart?.(this.world, Stream.of(key, 'start')) ?? []) this.#agenda.plan(0, () => this.#step(definition, drawn))
      if (definition.draw !== undefined && this.world.option(`${kind}.everyMillis`) > 0) this.#planNext(definition, 1)
    }
  }

  #startListed(injections: readonly Injection[]): void {
    const occurrences = new Map<FaultDefinition, Injection[]>()
    for (const injection of injections) {
      this.world.injected(injection)
      const definition = this.#catalogue.get(injection.kind)
      if (isOccurrence(definition, injection)) {
        const so = occurrences.get(definition)
        if (so === undefined) occurrences.set(definition, [injection])
        else so.push(injection)
      } else
        this.#agenda.plan(injection.at, () => ({
          label: `${injection.kind} ${injection.site}`,
          run: () => {
            this.world.opportunity(injection.kind)
            this.#apply(definition, injection)
          },
        }))
    }
    for (const [definition, listed] of occurrences) definition.replayOccurrences?.(this.world, listed)
  }

  /** One occurrence, now; throws when it finds no site. */
  injectNow(injection: Injection): void {
    const definition = this.#catalogue.get(injection.kind)
    if (definition.apply === undefined) throw new Misuse(`${injection.kind} has no injections of its own: it is part of another kind's`)
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
    this.world.end((label) => label.startsWith('net.'))
  }

  /** The machine goes on; what it was held for ends. */
  resume(host: SimulatedHost): void {
    this.world.end((label) => label === `process.pause ends ${host.name}`)
    host.resume()
  }

  // ---------------------------------------------------------------- drawing

  #planNext(definition: FaultDefinition, ordinal: number): void {
    const { kind } = definition
    const every = this.world.option(`${kind}.everyMillis`)
    const random = Stream.of(deriveKey(this.#key, `${kind} times`), ordinal)
    // From a fifth of the mean to nearly twice it.
    const gap = Math.round((every * 1_000_000 * (200 + random.int(1_601))) / 1_000)
    this.#agenda.plan(this.world.kernel.now + gap, () => this.#draw(definition, ordinal))
  }

  #draw(definition: FaultDefinition, ordinal: number): PlannedStep | null {
    if (this.world.isOver) return null
    this.#planNext(definition, ordinal + 1)
    const { kind } = definition
    const counter = this.world.counts.of(kind)
    counter.opportunities++
    const drawn = definition.draw?.(this.world, Stream.of(deriveKey(this.#key, kind), ordinal)) ?? null
    if (drawn === null) return null
    if (!this.#isWithinBudget(drawn)) {
      counter.heldBack++
      return null
    }
    return this.#step(definition, drawn)
  }

  #isWithinBudget(drawn: Drawn): boolean {
    const { budget } = this.world
    return drawn.isBlackout === true || drawn.takes.every((host) => budget.isHeld(host.name)) || budget.allows(drawn.takes.map((host) => host.name))
  }

  /** The step in which what was drawn is done. */
  #step(definition: FaultDefinition, drawn: Drawn): PlannedStep {
    const { kind } = definition
    const { site, args } = drawn
    return { label: `${kind} ${site}`, run: () => this.#inject(definition, site, args) }
  }

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

  /** Three draws of four go to a host that the system's targets name. */
  #target(random: Random): SimulatedHost | null {
    const { targets } = this.#run.scenario.system
    if (targets !== undefined && random.int(4) > 0) {
      const name = random.pick(Object.keys(targets))
      const aimed: string | undefined = targets[name]?.(this.#run.world)
      const host = aimed === undefined ? undefined : this.world.host(aimed)
      if (host !== undefined) return host
    }
    return this.world.anyHost(random)
  }

  /** A process marked a moment: `targeted` runs may let it crash just after. */
  moment(host: SimulatedHost, name: string): void {
    if (this.#run.setup.header.strategy !== 'targeted' || this.world.isOver || this.#plan !== 'seeded' || !this.world.isArmed('process.crash')) return
    const ordinal = this.#nextOrdinal('process.crash', `${host.name} ${name}`)
    const random = Stream.of(deriveKey(deriveKey(this.#key, 'moments'), `${host.name} ${name}`), ordinal)
    if (random.int(400) !== 0 || host.crash !== null || !this.world.budget.allows([host.name])) return
    const restartMillis = 1 + random.int(Math.max(1, this.world.option('process.crash.restartMillis')))
    const args = { beforeEffect: 1 + random.int(3), restartAfterNanos: ms(restartMillis) }
    const definition = this.#catalogue.get('process.crash')
    this.#agenda.plan(this.world.kernel.now + momentDelay, () => {
      if (this.world.isOver || host.life === null || host.crash !== null || !this.world.budget.allows([host.name])) return null
      this.world.opportunity('process.crash')
      return this.#step(definition, { site: host.name, args, takes: [host] })
    })
  }

  // ---------------------------------------------------------------- the report

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
      injections: world.injections,
      occurrences: world.occurrences,
      faults: world.counts.list(this.#catalogue.kinds),
      stale: this.#plan === 'seeded' ? [] : this.#plan.filter(isStale),
      faultStatistics: Object.fromEntries([...world.statistics].sort(([a], [b]) => (a < b ? -1 : 1))),
    }
  }
}

/** A crash at a moment comes just after the step that marked it. */
const momentDelay: Nanos = 1
