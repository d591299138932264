import { type EventKindName, eventKinds } from '../kernel/event.js'
import { us } from './durations.js'
import type { Nanos } from './seam.js'

/** CPU time that a step takes by its kind, indexed as `eventKinds`. */
export type StepCosts = readonly Nanos[]

/**
 * What a core of a server spends on a step before the process' own work: waking up, reading and parsing what came.
 * Orders of magnitude of a runtime like Node.js, not of one machine; `host.work` adds what a process knows of itself.
 */
const serverCore: Readonly<Partial<Record<EventKindName, Nanos>>> = {
  boot: us(500),
  request: us(15),
  message: us(12),
  reply: us(10),
  datagram: us(10),
  segment: us(6),
  disk: us(8),
  reset: us(5),
}
/** Timers and the like. */
const leastCost = us(3)

/** A small share of a busy core takes this many times as long. */
const sharedCoreTimes = 10

const costs: StepCosts = eventKinds.map((kind) => serverCore[kind] ?? leastCost)

/** By the option `cpu.model`: 0 steps take no time, 1 a core of a server, 2 a small share of one. */
export const processorModels: readonly (StepCosts | null)[] = [null, costs, costs.map((cost) => cost * sharedCoreTimes)]

/** What a slow machine multiplies when its steps take no time otherwise. */
export const leastCosts: StepCosts = costs
