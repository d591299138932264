import type { Nanos } from '../host/seam.js'

/** The stable name of a sort of harm: `net.drop`. Which there are is the run's `FaultCatalogue`: the stock kinds and the scenario's own. */
export type FaultKind = string

/** One occurrence of a fault kind, complete: it replays without dice. `ordinal` counts within (kind, site). */
export interface Injection {
  readonly kind: FaultKind
  /** A place that keeps its meaning when other injections are removed: a host, `a>b`, `a>b store.put`, `host:path sync`. */
  readonly site: string
  readonly ordinal: number
  readonly at: Nanos
  readonly args: InjectionArgs
}
/** Plain JSON. */
export type InjectionArgs = Readonly<Record<string, unknown>>

/** Which injections a run has: those that the seed brings, or exactly these. */
export interface FaultPlan {
  readonly injections: 'seeded' | readonly Injection[]
  /** Other latencies and process draws, same injections. */
  readonly salt?: string
  /** By their steps: what comes after each is drawn anew, latencies and what processes and clients draw. The run up to it stays as it is. */
  readonly reseed?: readonly Reseed[]
}

export interface Reseed {
  /** The last step before the change. */
  readonly step: number
  readonly seed: string
}

/** What a run reports of one kind. An armed kind that never acted is a finding. */
export interface FaultCount {
  readonly kind: FaultKind
  readonly armed: boolean
  /** Chances to act: timed draws; for what acts as part of another kind, what that met (pending pages at a power loss). */
  readonly opportunities: number
  /** Injections that did harm: an episode counts once, and only when it struck something. */
  readonly injections: number
  /** Draws given up because the budget allowed no victim. */
  readonly heldBack: number
  /** Packets and operations that met an episode. */
  readonly exposed: number
  /** Those that it struck. */
  readonly struck: number
}
