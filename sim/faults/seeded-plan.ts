import { ms } from '../host/durations.js'
import type { Nanos } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { PlannedStep } from '../kernel/kernel.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { Agenda } from './agenda.js'
import type { FaultCatalogue } from './catalogue.js'
import type { Drawn, FaultDefinition } from './definition.js'
import type { InjectionArgs } from './injection.js'
import type { SimulatedFaultWorld } from './simulated-fault-world.js'
import type { FaultStrategy } from './strategies/strategy.js'

/** How often a draw that waits for the budget looks again. */
export const pollNanos = ms(25)
/** How long it waits before it is given up. */
const patienceNanos = ms(3_000)

/** What a seeded plan works with. */
export interface SeededPlanParts {
  readonly world: SimulatedFaultWorld
  readonly catalogue: FaultCatalogue
  readonly agenda: Agenda
  readonly key: Key
  readonly strategy: FaultStrategy
  /** Does what was drawn, in the step that it is called in. */
  inject(definition: FaultDefinition, site: string, args: InjectionArgs): void
}

/**
 * The faults that a seed brings: each armed kind is drawn again and again, at intervals about its own mean, every draw from a stream of its own
 * (kind, ordinal), so that switching one kind off shifts no other. Draws are kept within the budget of the system: one that would harm a host too many
 * harms one that is away already, or waits for a while.
 */
export class SeededPlan {
  readonly world: SimulatedFaultWorld
  readonly catalogue: FaultCatalogue
  readonly key: Key
  /** Definitions of the armed kinds. */
  readonly armed: readonly FaultDefinition[]
  readonly #parts: SeededPlanParts
  readonly #strategy: FaultStrategy

  constructor(parts: SeededPlanParts) {
    this.world = parts.world
    this.catalogue = parts.catalogue
    this.key = parts.key
    this.#parts = parts
    this.#strategy = parts.strategy
    this.armed = parts.catalogue.definitions.filter(({ kind }) => this.world.isArmed(kind))
    const { aim } = parts.strategy
    if (aim !== undefined) this.world.aim = (random) => aim.call(parts.strategy, random)
  }

  start(): void {
    for (const definition of this.armed) {
      const { kind } = definition
      const random = Stream.of(deriveKey(this.key, kind), 'start')
      for (const drawn of definition.drawAtStart?.(this.world, random) ?? []) {
        this.at(0, () => {
          this.world.opportunity(kind)
          return this.step(definition, drawn)
        })
      }
      const isTimed = definition.draw !== undefined && this.world.option(`${kind}.everyMillis`) > 0
      if (isTimed && this.#strategy.drawsItself?.(definition) !== true) this.#planNext(definition, 1, 0)
    }
    this.#strategy.start?.(this)
  }

  /** Decides something at a time of the storm; after it nothing is decided any more. */
  at(time: Nanos, decide: () => PlannedStep | null): void {
    this.#parts.agenda.plan(time, () => (this.world.isOver ? null : decide()))
  }

  /** The step in which what was drawn is done. */
  step(definition: FaultDefinition, { site, args }: Drawn): PlannedStep {
    return { label: `${definition.kind} ${site}`, run: () => this.#parts.inject(definition, site, args) }
  }

  isWithinBudget({ takes, isBlackout, exceedsBudget }: Drawn): boolean {
    if (exceedsBudget === true) return false
    const { budget } = this.world
    return isBlackout === true || takes.every((host) => budget.isHeld(host.name)) || budget.allows(takes.map((host) => host.name))
  }

  moment(host: SimulatedHost, name: string): void {
    this.#strategy.moment?.(this, host, name)
  }

  #planNext(definition: FaultDefinition, ordinal: number, since: Nanos): void {
    const { kind } = definition
    const every = this.world.option(`${kind}.everyMillis`)
    const random = Stream.of(deriveKey(this.key, `${kind} times`), ordinal)
    // From a fifth of the mean to nearly twice it.
    const due = since + Math.round((every * 1_000_000 * (200 + random.int(1_601))) / 1_000)
    this.at(this.#strategy.timeOf?.(due) ?? due, () => {
      this.#planNext(definition, ordinal + 1, due)
      this.world.opportunity(kind)
      const stream = Stream.of(deriveKey(this.key, kind), ordinal)
      const drawn = definition.draw?.(this.world, stream) ?? null
      return drawn === null ? null : this.#tryStep(definition, drawn, stream, this.world.kernel.now + patienceNanos)
    })
  }

  #tryStep(definition: FaultDefinition, drawn: Drawn | null, random: Stream, until: Nanos): PlannedStep | null {
    const { world } = this
    if (drawn !== null && this.isWithinBudget(drawn)) return this.step(definition, drawn)
    // Who is away already costs the budget nothing.
    const held = world.systemHosts.filter((host) => world.budget.isHeld(host.name))
    const again = world.aimingAt(held, () => definition.draw?.(world, random) ?? null)
    if (again !== null && this.isWithinBudget(again)) return this.step(definition, again)
    if (world.kernel.now >= until) {
      world.counts.of(definition.kind).heldBack++
      return null
    }
    this.at(world.kernel.now + pollNanos, () => this.#tryStep(definition, definition.draw?.(world, random) ?? null, random, until))
    return null
  }
}
