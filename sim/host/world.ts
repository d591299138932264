import type { DurableView, HostName, Nanos } from './seam.js'

/** What invariants, properties, aims and tests see of a running simulation. Reading it changes nothing. */
export interface World<Roles extends Record<string, unknown>> {
  readonly now: Nanos
  readonly hosts: { readonly [R in keyof Roles]: readonly HostView<Roles[R]>[] }
  /** Every system host, in a fixed order. */
  readonly all: readonly HostView<Roles[keyof Roles]>[]
  host(name: HostName): HostView<Roles[keyof Roles]> | undefined
}

export type HostStatus = 'booting' | 'up' | 'paused' | 'down'

export interface HostView<P> {
  readonly name: HostName
  readonly role: string
  /** Position in `world.all`. */
  readonly index: number
  readonly status: HostStatus
  readonly incarnation: number
  /** Which version of its role it runs, or ran last; `base` while nothing was upgraded. */
  readonly version: string
  /** What the role's boot returned, while the host is up or paused. */
  readonly process: P | undefined
  readonly durable: DurableView
}

/** One event taken from the queue and run to quiescence. The object is reused: copy what you keep. */
export interface Step {
  readonly number: number
  readonly at: Nanos
  readonly host: HostName | null
  /** The system host that stepped: what an O(1) invariant looks at. Null for clients' and the world's own steps. */
  readonly stepped: HostView<unknown> | null
  readonly incarnation: number
  readonly kind: string
  /** The step that scheduled this one. */
  readonly cause: number
}
