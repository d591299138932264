import { ms } from '../../host/durations.js'
import type { PlannedStep } from '../../kernel/kernel.js'
import { deriveKey } from '../../kernel/mix.js'
import { Stream } from '../../kernel/stream.js'
import type { OptionRange } from '../../run/scenario.js'
import type { FaultDefinition } from '../definition.js'
import { pollNanos, type SeededPlan } from '../seeded-plan.js'
import type { SimulatedFaultWorld } from '../simulated-fault-world.js'
import type { FaultStrategy } from './strategy.js'

export const rollingOptions: Readonly<Record<string, OptionRange>> = {
  'rolling.pauseMillis': { min: 100, max: 4_000, log: true, why: 'mean time from one host being back to the next being harmed' },
}

/**
 * One host after another, in their order and for ever: each crashes, is paused or upgraded, and only when everybody is back it is the next one's
 * turn, as in a rolling restart. The other kinds come at random beside it.
 */
export class RollingStrategy implements FaultStrategy {
  readonly #world: SimulatedFaultWorld
  constructor(world: SimulatedFaultWorld) {
    this.#world = world
  }

  drawsItself({ kind, takesDown, draw }: FaultDefinition): boolean {
    return takesDown === true && draw !== undefined && kind.startsWith('process.')
  }

  start(plan: SeededPlan): void {
    const kinds = plan.armed.filter((definition) => this.drawsItself(definition) && this.#world.option(`${definition.kind}.everyMillis`) > 0)
    if (kinds.length > 0 && this.#world.systemHosts.length > 0) this.#planTurn(plan, kinds, 0)
  }

  #planTurn(plan: SeededPlan, kinds: readonly FaultDefinition[], turn: number): void {
    const random = Stream.of(deriveKey(plan.key, 'rolling'), turn)
    const pause = ms(1 + random.int(2 * Math.max(1, this.#world.option('rolling.pauseMillis'))))
    plan.at(this.#world.kernel.now + pause, () => this.#harm(plan, kinds, turn, random))
  }

  #harm(plan: SeededPlan, kinds: readonly FaultDefinition[], turn: number, random: Stream): PlannedStep | null {
    const world = this.#world
    const host = world.systemHosts[turn % world.systemHosts.length]
    const definition = random.pick(kinds)
    const drawn = world.budget.unavailable === 0 && host !== undefined ? world.aimingAt([host], () => definition.draw?.(world, random) ?? null) : null
    if (drawn === null || !plan.isWithinBudget(drawn)) {
      plan.at(world.kernel.now + pollNanos, () => this.#harm(plan, kinds, turn, random))
      return null
    }
    world.opportunity(definition.kind)
    this.#planTurn(plan, kinds, turn + 1)
    return plan.step(definition, drawn)
  }
}
