import type { HostName, Nanos } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { HostView, Step, World } from '../host/world.js'
import { eventKinds, type KernelEvent } from '../kernel/event.js'
import type { Kernel } from '../kernel/kernel.js'
import type { AnyScenario } from './scenario.js'

/** The invariants of a run, checked after every step over one reused `Step`. */
export class StepChecks {
  readonly count: number
  readonly #names: string[]
  // biome-ignore lint/suspicious/noExplicitAny: roles are opaque to the runner.
  readonly #checks: ((world: World<any>, step: Step) => string | undefined)[]
  // biome-ignore lint/suspicious/noExplicitAny: roles are opaque to the runner.
  readonly #world: World<any>
  readonly #step = new ReusedStep()

  // biome-ignore lint/suspicious/noExplicitAny: roles are opaque to the runner.
  constructor(invariants: AnyScenario['invariants'], world: World<any>) {
    this.count = invariants.length
    this.#names = invariants.map((invariant) => invariant.name)
    this.#checks = invariants.map((invariant) => invariant.begin())
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
    const checks = this.#checks
    for (let i = 0; i < checks.length; i++) {
      const message = (checks[i] as (typeof checks)[number])(this.#world, step)
      if (message !== undefined) return { name: this.#names[i] as string, message }
    }
    return null
  }
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
