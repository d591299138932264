import { Misuse } from '../host/errors.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { Budget, OptionRange, Strategy } from '../run/scenario.js'
import type { FaultCatalogue } from './catalogue.js'
import type { FaultDefinition } from './definition.js'
import type { FaultKind } from './injection.js'

/** The mix of a run: which kinds are armed, and how hard each blows. */
export interface FaultMix {
  readonly armed: readonly FaultKind[]
  readonly options: Readonly<Record<string, number>>
}

/** Which kinds a run was asked to have. */
export interface FaultChoice {
  readonly strategy: Strategy
  /** Undefined: all that there are. */
  readonly kinds: readonly FaultKind[] | undefined
  /** The kinds were asked for by name, so that all of them are on. */
  readonly isGiven: boolean
  readonly without: readonly FaultKind[]
}

/** What of a scenario says which kinds may be. */
export interface FaultGround {
  readonly system: { readonly survives: Budget }
  readonly objects?: unknown
}

/**
 * Swarm testing (Groce and others, ISSTA 2012): each run switches a random subset of the allowed kinds fully off and draws the rates of the rest.
 * Each kind draws from a key of its own, so that one more kind in the catalogue changes no other's draws.
 */
export function drawFaults(key: Key, catalogue: FaultCatalogue, { strategy, kinds, isGiven, without }: FaultChoice, world: FaultGround): FaultMix {
  for (const kind of kinds ?? []) catalogue.get(kind)
  for (const kind of without) catalogue.get(kind)
  const armed: FaultKind[] = []
  const options: Record<string, number> = {}
  if (kinds?.length === 0) return { armed, options }
  for (const definition of catalogue.definitions) {
    const { kind } = definition
    if ((kinds !== undefined && !kinds.includes(kind)) || without.includes(kind)) continue
    if (definition.onlyUnder !== undefined && definition.onlyUnder !== strategy) continue
    if (definition.needs === 'objects' && world.objects === undefined) {
      if (isGiven) throw new Misuse(`${kind} needs an object store: this scenario has none`)
      continue
    }
    const kindKey = deriveKey(key, kind)
    if (!isGiven && definition.onlyUnder === undefined && new Stream(kindKey).int(5) === 0) continue
    if (!isSurvivable(definition, world.system.survives)) continue
    armed.push(kind)
    for (const [name, range] of Object.entries(definition.options)) options[`${kind}.${name}`] = drawOption(deriveKey(kindKey, name), range)
  }
  return { armed, options }
}

function isSurvivable(definition: FaultDefinition, survives: Budget): boolean {
  return definition.isSurvivable?.(survives) ?? (definition.takesDown !== true || (survives.down ?? 0) > 0)
}

/** Draws a number from its range; `log` picks a doubling evenly, then a place inside it. */
export function drawOption(key: Key, range: OptionRange): number {
  const random = new Stream(key)
  if (!range.log) return range.min + random.int(range.max - range.min + 1)
  const doublings: number[] = []
  for (let low = Math.max(1, range.min); low <= range.max; low *= 2) doublings.push(low)
  const low = random.pick(doublings)
  return Math.max(range.min, Math.min(range.max, low + random.int(low)))
}
