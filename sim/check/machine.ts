import type { Nanos } from '../host/seam.js'

/**
 * A protocol core that can be simulated and model-checked as it is: plain-data state, no clock, randomness, I/O, promises or class identity.
 * `step` changes `state` in place and returns its effects in order. Nodes are named by small integers.
 * `Saved` is what a save makes durable, `Emitted` what the core reports to the process around it.
 */
export interface Machine<State, Message, Durable, Input, Saved = Change<Durable>, Emitted = object> {
  /** `durable` is what the node's disk kept, null at its very first boot. `peers` are all members, self included. */
  boot(self: { id: number; peers: readonly number[] }, durable: Durable | null): { state: State; effects: Effect<Message, Durable, Saved, Emitted>[] }
  step(state: State, event: MachineEvent<Message, Input>): Effect<Message, Durable, Saved, Emitted>[]
  /** What the disk holds once `change` is durable too. Pure. */
  persist(durable: Durable | null, change: Saved): Durable
}

export type MachineEvent<Message, Input> =
  | { readonly kind: 'message'; readonly from: number; readonly message: Message }
  | { readonly kind: 'timer'; readonly tag: string }
  /** The save with this token, and all before it, are durable. */
  | { readonly kind: 'saved'; readonly token: number }
  | { readonly kind: 'chosen'; readonly key: string; readonly value: number }
  /** A client's request, an operator's command. */
  | { readonly kind: 'input'; readonly input: Input }

export type Change<Durable> = Partial<Durable> | object

export type Effect<Message, Durable, Saved = Change<Durable>, Emitted = object> =
  /** Leaves only when save `after` is durable. */
  | { readonly kind: 'send'; readonly to: number; readonly message: Message; readonly after?: number }
  /** Several may be in flight; they become durable in order. Tokens rise from 1 in each incarnation. */
  | { readonly kind: 'save'; readonly token: number; readonly change: Saved }
  | { readonly kind: 'timer'; readonly tag: string; readonly between: readonly [Nanos, Nanos] }
  | { readonly kind: 'cancel'; readonly tag: string }
  | { readonly kind: 'choose'; readonly key: string; readonly options: number }
  /** Applied entries, answers to clients, observations. */
  | { readonly kind: 'emit'; readonly event: Emitted }
