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
      const group = groups[i] as CheckGroup
      const { look } = group
      const seen = look === null ? everything : look(step)
      if (seen === 0) continue
      const { checks, names } = group.concernedBy(seen)
      for (let j = 0; j < checks.length; j++) {
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

interface Checks {
  readonly names: string[]
  readonly checks: Check[]
}

/** Neighbours that share an observation, or one invariant without any. */
class CheckGroup {
  readonly look: ((step: Step) => number) | null
  readonly #all: Checks = { names: [], checks: [] }
  readonly #concerns: number[] = []
  /** By what was seen, from `everything` on: few combinations of it ever are. */
  readonly #concerned: (Checks | undefined)[] = []

  constructor(look: ((step: Step) => number) | null) {
    this.look = look
  }

  add(name: string, concerns: number, check: Check): void {
    this.#all.names.push(name)
    this.#all.checks.push(check)
    this.#concerns.push(concerns)
  }

  /** Those that hang on some of the bits in `seen`, in their order. */
  concernedBy(seen: number): Checks {
    const at = seen - everything
    if (at < 0 || at >= mostKept) return this.#select(seen)
    while (this.#concerned.length <= at) this.#concerned.push(undefined)
    const concerned = this.#concerned[at] ?? this.#select(seen)
    this.#concerned[at] = concerned
    return concerned
  }

  #select(seen: number): Checks {
    const names = this.#all.names.filter((_, i) => (seen & (this.#concerns[i] as number)) !== 0)
    const checks = this.#all.checks.filter((_, i) => (seen & (this.#concerns[i] as number)) !== 0)
    return { names, checks }
  }
}

const mostKept = 256

// biome-ignore lint/suspicious/noExplicitAny: roles are opaque to the runner.
function groupsOf(invariants: AnyScenario['invariants'], world: World<any>): CheckGroup[] {
  const groups: CheckGroup[] = []
  let previous: AnyScenario['invariants'][number]['observation']
  for (const { name, observation, concerns, begin } of invariants) {
    if (observation === undefined || observation !== previous) groups.push(new CheckGroup(observation?.begin(world) ?? null))
    const group = groups[groups.length - 1] as CheckGroup
    group.add(name, concerns ?? everything, begin())
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
