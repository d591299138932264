import { ms } from '../../sim/host/durations.js'
import type { Host } from '../../sim/host/seam.js'

export type Area = 'clock' | 'host' | 'protocols' | 'connections' | 'datagrams' | 'disk' | 'objects'
export type Kind = 'simulated' | 'real'
export type CaseHost = 'a' | 'b' | 'c'

/**
 * A fact about the Host seam, as a program for each of up to three hosts, `a-1`, `b-1` and `c-1`, and what they saw. The same programs run on simulated hosts
 * and on real ones; a host that is started again runs its program again. A program that throws fails the case.
 */
export interface ConformanceCase {
  readonly area: Area
  /** A sentence that states the fact. */
  readonly name: string
  /** Called once a run, so that what its programs share is the run's own. `see` notes an observation. */
  programs(see: (observation: unknown) => void): CasePrograms
  /** Hosts whose programs need not end. */
  readonly endless?: readonly CaseHost[]
  /** What is seen, in this order; or how the two differ, and why. */
  readonly seen: readonly unknown[] | Difference
}

export type CasePrograms = Partial<Record<CaseHost, (host: Host) => Promise<void>>> & {
  /** From outside: what a nemesis would do. */
  readonly drive?: (world: CaseWorld) => Promise<void>
}

export interface Difference {
  readonly simulated: readonly unknown[]
  readonly real: readonly unknown[]
  readonly why: string
}

/** The machines, from outside. */
export interface CaseWorld {
  until(holds: () => boolean): Promise<void>
  /** The process dies at once; its machine lives. */
  crash(host: CaseHost): Promise<void>
  restart(host: CaseHost): Promise<void>
}

export const isDifference = (seen: ConformanceCase['seen']): seen is Difference => !Array.isArray(seen)

// ---------------------------------------------------------------- words for cases

/** The code of the error that it rejects with, or throws; `'none'` when it does not. */
export async function codeOf(act: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof act === 'function' ? act() : act)
    return 'none'
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (typeof code !== 'string') throw error
    return code
  }
}

/** Waits until it holds: for what another host's program does. */
export async function until(host: Host, holds: () => boolean): Promise<void> {
  while (!holds()) await host.clock.sleep(ms(1))
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (all: Uint8Array | null): string | null => (all === null ? null : new TextDecoder().decode(all))

/** `length` bytes that tell their places. */
export function pattern(length: number, from = 0): Uint8Array {
  const all = new Uint8Array(length)
  for (let i = 0; i < length; i++) all[i] = (from + i) * 31 + ((from + i) >> 8)
  return all
}
