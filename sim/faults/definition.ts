import type { Random } from '../host/seam.js'
import type { SimulatedHost } from '../host/simulated-host.js'
import type { Budget, OptionRange, Strategy } from '../run/scenario.js'
import type { FaultWorld } from './fault-world.js'
import type { FaultKind, Injection, InjectionArgs } from './injection.js'
import type { ArgsSchema } from './injection-args.js'

/**
 * A sort of harm, in one file: what it is called, how hard it may blow, how one injection is drawn and how it is done. Seeded and listed injections
 * go through the same `apply`, so that a list makes a seeded run again. Definitions keep no state: a run's state belongs to its `FaultWorld`.
 */
export interface FaultDefinition {
  /** Family and name, lower case: `net.drop`. Families are what `--faults net` means. */
  readonly kind: FaultKind
  /** One line for people: what happens, and what is seen of it. */
  readonly meaning: string
  /**
   * Ranges that a run's numbers are drawn from; option `${kind}.${name}`. `everyMillis`: mean virtual time between two injections, which a kind with
   * `draw` needs (0: never). `lastsMillis`: the longest that an episode lasts. `perMille`: how many packets or operations inside one are struck.
   */
  readonly options: Readonly<Record<string, OptionRange>>
  /** What a listed injection's arguments have to be: checked before the run begins. Kinds without it take what comes. */
  readonly args?: ArgsSchema
  /** And those of a single occurrence (`replayOccurrences`). */
  readonly occurrenceArgs?: ArgsSchema
  /** `objects`: armed only in scenarios that have an object store. `sites`: counts as armed only when a process has passed a site of its own. */
  readonly needs?: 'objects' | 'sites'
  /** It makes a host unavailable: armed only where the system survives a host that is down, unless `isSurvivable` says otherwise. */
  readonly takesDown?: boolean
  /** Armed only under this strategy, which draws it itself. */
  readonly onlyUnder?: Strategy
  /** Whether seeded runs of a system with this budget may have it. */
  isSurvivable?(survives: Budget): boolean
  /** Draws what happens at the very start of a run, before any host boots: clocks that are off from the beginning. */
  drawAtStart?(world: FaultWorld, random: Random): readonly Drawn[]
  /** Draws one injection, complete; null when there is nothing to aim at now, so that `apply` would find no site. Must change nothing. */
  draw?(world: FaultWorld, random: Random): Drawn | null
  /**
   * One injection as a sentence for people, without its time and its full stop: `broker-2 is paused for 900 ms`. Without it a sentence is made of the kind, the
   * site and the arguments.
   */
  tell?(injection: Injection): string
  /** Does it, in a step of its own. False: it found no site, and changed nothing. */
  apply?(world: FaultWorld, injection: Injection): boolean
  /**
   * Takes over, before the first step, the single occurrences (a packet, a write) that a plan lists instead of whole episodes. Without it every listed
   * injection is applied at its time; with it only those are that say how long they last (`forNanos`).
   */
  replayOccurrences?(world: FaultWorld, occurrences: readonly Injection[]): void
}

export interface Drawn {
  readonly site: string
  readonly args: InjectionArgs
  /** Hosts that it makes unavailable: the budget is asked for them. */
  readonly takes: readonly SimulatedHost[]
  /** A budget of the kind's own forbids it: it is counted as held back. */
  readonly exceedsBudget?: boolean
  /** All hosts at once, where the system survives that. */
  readonly isBlackout?: boolean
}

/** A drawn length of an episode: up to `most` milliseconds, at least 1 ms. */
export function drawnMillis(random: Random, most: number): number {
  return (1 + random.int(Math.max(1, most))) * 1_000_000
}

/** Whether a listed injection is one packet or operation, and not an episode. */
export function isOccurrence(definition: FaultDefinition, injection: Injection): boolean {
  return definition.replayOccurrences !== undefined && !('forNanos' in injection.args)
}
