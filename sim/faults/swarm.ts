import { Misuse } from '../host/errors.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import { Stream } from '../kernel/stream.js'
import type { OptionRange, Strategy } from '../run/scenario.js'
import { describeObstacle, type FaultGround, obstacleTo } from './armable.js'
import type { FaultCatalogue } from './catalogue.js'
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
  /** The kinds were asked for by name: all of them are on, and one that cannot be is a mistake. */
  readonly isGiven: boolean
  readonly without: readonly FaultKind[]
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
    // A kind of the strategy itself is how it strikes: a choice of other kinds leaves it on.
    const isOfStrategy = definition.onlyUnder === strategy
    if ((kinds !== undefined && !kinds.includes(kind) && !isOfStrategy) || without.includes(kind)) continue
    const obstacle = obstacleTo(definition, strategy, world)
    if (obstacle !== null) {
      if (isGiven) throw new Misuse(describeObstacle(definition, obstacle, world))
      continue
    }
    const kindKey = deriveKey(key, kind)
    if (!isGiven && !isOfStrategy && new Stream(kindKey).int(5) === 0) continue
    armed.push(kind)
    for (const [name, range] of Object.entries(definition.options)) options[`${kind}.${name}`] = drawOption(deriveKey(kindKey, name), range)
  }
  return { armed, options }
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
