import { ms } from '../../host/durations.js'
import type { HostName, Random } from '../../host/seam.js'
import type { SimulatedHost } from '../../host/simulated-host.js'
import type { World } from '../../host/world.js'
import { deriveKey } from '../../kernel/mix.js'
import { Stream } from '../../kernel/stream.js'
import type { SeededPlan } from '../seeded-plan.js'
import type { SimulatedFaultWorld } from '../simulated-fault-world.js'
import type { FaultStrategy } from './strategy.js'

// biome-ignore lint/suspicious/noExplicitAny: roles are opaque to the faults.
type Targets = Readonly<Record<string, (world: World<any>) => HostName | undefined>>

/** Aims at the hosts that the system's `targets` name, and lets processes crash just after moments that they mark. */
export class TargetedStrategy implements FaultStrategy {
  readonly #world: SimulatedFaultWorld
  readonly #targets: Targets
  readonly #moments = new Map<string, number>()

  constructor(world: SimulatedFaultWorld, targets: Targets) {
    this.#world = world
    this.#targets = targets
  }

  /** Three draws of four go to a target. */
  aim(random: Random): SimulatedHost | null {
    const names = Object.keys(this.#targets)
    if (names.length > 0 && random.int(4) > 0) {
      const aimed = this.#targets[random.pick(names)]?.(this.#world.view)
      const host = aimed === undefined ? undefined : this.#world.host(aimed)
      if (host !== undefined) return host
    }
    return this.#world.anyHost(random)
  }

  /** One moment in four hundred is followed by a crash in the very next step of the host. */
  moment(plan: SeededPlan, host: SimulatedHost, name: string): void {
    const world = this.#world
    if (world.isOver || !world.isArmed('process.crash')) return
    const site = `${host.name} ${name}`
    const ordinal = (this.#moments.get(site) ?? 0) + 1
    this.#moments.set(site, ordinal)
    const random = Stream.of(deriveKey(deriveKey(plan.key, 'moments'), site), ordinal)
    if (random.int(400) !== 0 || host.crash !== null || !world.budget.allows([host.name])) return
    const restartMillis = 1 + random.int(Math.max(1, world.option('process.crash.restartMillis')))
    const args = { beforeEffect: 1 + random.int(3), restartAfterNanos: ms(restartMillis) }
    plan.at(world.kernel.now + 1, () => {
      if (host.life === null || host.crash !== null || !world.budget.allows([host.name])) return null
      world.opportunity('process.crash')
      return plan.step(plan.catalogue.get('process.crash'), { site: host.name, args, takes: [host] })
    })
  }
}
