import { expect } from 'vitest'
import { type AnyScenario, catalogueOf, type FaultKind, type Nanos, type Options, type RunReport, run, s } from '../../../sim/index.js'
import { registerStore } from './register-store.js'

/** How a fault kind is to be shown at work. */
export interface KindTrial {
  /** The store of three replicas when not given. */
  readonly scenario?: AnyScenario
  /** Instead of drawn ones; `everyMillis` of the kind is 300 when not given. */
  readonly options?: Options
  /** Kinds that have to be armed beside it: `power.loss` for what happens at power losses. */
  readonly beside?: readonly FaultKind[]
  readonly duration?: Nanos
  /** At most so many seeds are tried until the kind has acted; 20 when not given. */
  readonly seeds?: number
}

/**
 * Shows that a fault kind, armed alone, acts in a run that passes all the same, and that the listed injections of that run make it again, event for
 * event. Answers both reports, so that a test can look for the visible effect.
 */
export async function actsAndReplays(kind: FaultKind, trial: KindTrial = {}): Promise<{ readonly seeded: RunReport; readonly listed: RunReport }> {
  const { scenario = registerStore, beside = [], duration = s(5), seeds = 20 } = trial
  const kinds = [kind, ...beside]
  const options = { ...Object.fromEntries(kinds.map((name) => [`${name}.everyMillis`, 300])), ...trial.options }
  for (let number = 1; number <= seeds; number++) {
    const request = { scenario, seed: `${kind} ${number}`, kinds, duration, options: known(scenario, kinds, options) }
    const seeded = await run(request)
    expect([seeded.seed, seeded.outcome, seeded.violation?.message]).toEqual([request.seed, 'passed', undefined])
    if (!hasActed(seeded, kind)) continue
    // Through JSON, as a replay file carries it.
    const injections = JSON.parse(JSON.stringify(seeded.injections)) as typeof seeded.injections
    const listed = await run({ ...request, plan: { injections } })
    expect(listed.stale).toEqual([])
    expect([listed.steps, listed.traceHash]).toEqual([seeded.steps, seeded.traceHash])
    expect(hasActed(listed, kind)).toBe(true)
    return { seeded, listed }
  }
  throw new Error(`${kind} did not act in ${seeds} seeds`)
}

function hasActed({ faults }: RunReport, kind: FaultKind): boolean {
  return (faults.find((count) => count.kind === kind)?.injections ?? 0) > 0
}

/** Without the mean times of kinds that have none. */
function known(scenario: AnyScenario, kinds: readonly FaultKind[], options: Options): Options {
  const catalogue = catalogueOf(scenario)
  const hasTimes = (name: string) => catalogue.hasOption(name) || !kinds.some((kind) => name === `${kind}.everyMillis`)
  return Object.fromEntries(Object.entries(options).filter(([name]) => hasTimes(name)))
}
