import type { Nanos } from '../host/seam.js'

/** Every sort of harm there is, with its stable name. */
export const faultKinds = [
  'net.delay',
  'net.drop',
  'net.duplicate',
  'net.reorder',
  'net.clog',
  'net.partition',
  'disk.lost',
  'disk.torn',
  'disk.lost-rename',
  'disk.sync-error',
  'disk.read-error',
  'disk.write-error',
  'disk.full',
  'disk.slow',
  'process.crash',
  'process.pause',
  'power.loss',
] as const
export type FaultKind = (typeof faultKinds)[number]

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
}

/** What a run reports of one kind. An armed kind that never acted is a finding. */
export interface FaultCount {
  readonly kind: FaultKind
  readonly armed: boolean
  /** Chances to act: packets seen by an episode, timed draws, pending pages at a power loss. */
  readonly opportunities: number
  readonly injections: number
  /** Held back by the budget. */
  readonly heldBack: number
}
