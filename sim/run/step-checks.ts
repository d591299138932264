import type { HostName, Nanos } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { HostView, Step, World } from '../host/world.js'
import { eventKinds, type KernelEvent } from '../kernel/event.js'
import type { Kernel } from '../kernel/kernel.js'
import type { AnyScenario } from './scenario.js'

/** The invariants of a run, checked after every step over one reused `Step`; those that have nothing to see in it are passed over. */
export class StepChecks {
  readonly count: number
  readonly #groups: readonly CheckGroup[]
  // biome-ignore lint/suspicious/noExplicitAny: roles are opaque to the runner.
  readonly #world: World<any>
  readonly #step = new ReusedStep()

  // biome-ignore lint/suspicious/noExplicitAny: roles are opaque to the runner.
  constructor(invariants: AnyScenario['invariants'], world: World<any>) {
    this.count = invariants.length
    this.#groups = groupsOf(invariants, world)
    this.#world = world
  }

  /** What broke, or null. */
  run(kernel: Kernel, event: KernelEvent, machine: SimulatedHost | null): { name: string; message: string } | null {
    const step = this.#step
    step.number = kernel.steps
    step.at = kernel.now
    step.kind = eventKinds[event.kind] as string
    step.cause = event.cause
    step.host = machine === null ? null : machine.name
    step.incarnation = machine === null ? 0 : machine.incarnation
    step.stepped = machine?.isOfSystem === true ? machine : null
    const groups = this.#groups
    for (let i = 0; i < groups.length; i++) {
      const { look, names, concerns, checks } = groups[i] as CheckGroup
      const seen = look === null ? everything : look(step)
      if (seen === 0) continue
      for (let j = 0; j < checks.length; j++) {
        if ((seen & (concerns[j] as number)) === 0) continue
        const message = (checks[j] as Check)(this.#world, step)
        if (message !== undefined) return { name: names[j] as string, message }
      }
    }
    return null
  }
}

// biome-ignore lint/suspicious/noExplicitAny: roles are opaque to the runner.
type Check = (world: World<any>, step: Step) => string | undefined

const everything = ~0

/** Neighbours that share an observation, or one invariant without any. */
interface CheckGroup {
  readonly look: ((step: Step) => number) | null
  readonly names: string[]
  readonly concerns: number[]
  readonly checks: Check[]
}

// biome-ignore lint/suspicious/noExplicitAny: roles are opaque to the runner.
function groupsOf(invariants: AnyScenario['invariants'], world: World<any>): CheckGroup[] {
  const groups: CheckGroup[] = []
  let previous: AnyScenario['invariants'][number]['observation']
  for (const { name, observation, concerns, begin } of invariants) {
    if (observation === undefined || observation !== previous) groups.push({ look: observation?.begin(world) ?? null, names: [], concerns: [], checks: [] })
    const group = groups[groups.length - 1] as CheckGroup
    group.names.push(name)
    group.concerns.push(concerns ?? everything)
    group.checks.push(begin())
    previous = observation
  }
  return groups
}

class ReusedStep implements Step {
  number = 0
  at: Nanos = 0
  host: HostName | null = null
  stepped: HostView<unknown> | null = null
  incarnation = 0
  kind = ''
  cause = 0
}
