import type { AmbientMode } from '../sim/ambient/ambient-mode.js'
import { obstacleTo } from '../sim/faults/armable.js'
import { catalogueOf } from '../sim/faults/catalogue.js'
import type { FaultKind } from '../sim/faults/injection.js'
import type { Nanos } from '../sim/host/seam.js'
import type { FaultChoice } from '../sim/run/campaign/never-armed.js'
import type { AnyScenario, Strategy } from '../sim/run/scenario.js'
import { BadInput } from './bad-input.js'
import { durationText, parseKinds } from './option-values.js'

/** The words with which a run's or a hunt's faults are chosen. */
export interface FaultFlags {
  readonly faults?: string
  readonly strategy?: Strategy
  /** `--no-fault`. */
  readonly fault: readonly string[]
  readonly ambient?: AmbientMode
}

/** Which faults the flags ask for: names are those of the scenario's own catalogue. */
export function chosenFaults(scenario: AnyScenario, { faults, fault, strategy, ambient }: FaultFlags): FaultChoice {
  const catalogue = catalogueOf(scenario)
  const there = catalogue.kinds
  if (faults === 'none' && strategy !== undefined && strategy !== 'none')
    throw new BadInput(`--faults none and --strategy ${strategy} contradict each other: leave out one of them`)
  const canBeArmed = (kind: FaultKind) => obstacleTo(catalogue.get(kind), strategy ?? scenario.faults.strategy, scenario) === null
  const without = fault.flatMap((text) => parseKinds('--no-fault', text, there))
  return {
    ...(strategy === undefined ? {} : { strategy }),
    ...(faults === 'none' ? { strategy: 'none' as const } : faults === undefined ? {} : { kinds: parseKinds('--faults', faults, there, canBeArmed) }),
    ...(without.length === 0 ? {} : { withoutKinds: without }),
    ...(ambient === undefined ? {} : { ambient }),
  }
}

/** The words after the program's name that make a run again; `subject` is a scenario's name, or `run` and its file. */
export function againWords(
  subject: readonly string[],
  seed: string,
  { strategy, kinds, withoutKinds = [], ambient }: FaultChoice,
  duration: Nanos | undefined,
): string[] {
  const words = [...subject, '--seed', /^[\w.-]+$/.test(seed) ? seed : `'${seed.replaceAll("'", `'\\''`)}'`]
  if (strategy !== undefined) words.push('--strategy', strategy)
  if (kinds !== undefined) words.push('--faults', kinds.join(','))
  for (const kind of withoutKinds) words.push('--no-fault', kind)
  if (ambient !== undefined) words.push('--ambient', ambient)
  if (duration !== undefined) words.push('--duration', durationText(duration))
  return words
}
