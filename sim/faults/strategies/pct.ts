import type { Nanos } from '../../host/seam.js'
import { deriveKey } from '../../kernel/mix.js'
import { Stream } from '../../kernel/stream.js'
import type { OptionRange } from '../../run/scenario.js'
import type { SeededPlan } from '../seeded-plan.js'
import type { SimulatedFaultWorld } from '../simulated-fault-world.js'
import type { FaultStrategy } from './strategy.js'

export const pctOptions: Readonly<Record<string, OptionRange>> = {
  'pct.depth': { min: 2, max: 4, why: 'the depth of bugs aimed at: one less is how many priorities change during the run' },
  'pct.spreadMicros': { min: 4_000, max: 256_000, log: true, why: 'delay of the lowest of the first priorities' },
  'pct.isByLink': { min: 0, max: 1, why: '1: every link has a priority, 0: every host, for all that it sends' },
}

const priorityKind = 'net.priority'

/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and Nagarakatte, ASPLOS 2010), for messages instead of threads: hosts or links get
 * random priorities, and `depth - 1` times, at moments drawn over the storm, one of them falls below all others. A priority is a delay, so that what
 * has a higher one overtakes what has a lower one again and again, which independent delays hardly ever do. The other kinds come at random beside it.
 */
export class PctStrategy implements FaultStrategy {
  readonly #world: SimulatedFaultWorld
  constructor(world: SimulatedFaultWorld) {
    this.#world = world
  }

  start(plan: SeededPlan): void {
    const world = this.#world
    if (!world.isArmed(priorityKind)) return
    const random = Stream.of(deriveKey(plan.key, 'pct'), 0)
    const sites = this.#sites()
    const spread = world.option('pct.spreadMicros') * 1_000
    const ranked = random.shuffle(sites)
    for (const [rank, site] of ranked.entries()) {
      const delayNanos = Math.floor((rank * spread) / Math.max(1, ranked.length - 1))
      if (delayNanos > 0) this.#set(plan, 0, site, delayNanos)
    }
    const changes = Math.max(0, world.option('pct.depth') - 1)
    for (let change = 1; change <= changes; change++) {
      const at = Math.floor(random.float() * world.healAt)
      // Each fall goes below the one before, by whole spreads.
      this.#set(plan, at, random.pick(sites), spread * (1 + change))
    }
  }

  #sites(): string[] {
    const { hosts } = this.#world
    if (this.#world.option('pct.isByLink') === 0) return hosts.map((host) => `${host.name}>*`)
    return hosts.flatMap((from) => hosts.filter((to) => to !== from).map((to) => `${from.name}>${to.name}`))
  }

  #set(plan: SeededPlan, at: Nanos, site: string, delayNanos: Nanos): void {
    plan.at(at, () => {
      this.#world.opportunity(priorityKind)
      return plan.step(plan.catalogue.get(priorityKind), { site, args: { delayNanos, forNanos: null }, takes: [] })
    })
  }
}
