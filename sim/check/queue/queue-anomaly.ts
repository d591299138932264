import { timeText } from '../time-text.js'
import type { CycleAnomaly } from '../transactions/cycle-search.js'
import type { QueueEvent } from './queue-operation.js'

/**
 * What can be wrong with a history of sends and polls, by the names of Jepsen's Kafka workload:
 *
 * - inconsistent-offsets: two values at one offset
 * - duplicate: one value at two offsets
 * - G1a: a poll showed a value whose send certainly failed
 * - garbage-read: a poll showed what nobody sent (Jepsen gives such a history up)
 * - precommitted-read: a transaction polled what it sent itself
 * - lost-write: an acknowledged value was polled by nobody, though a later one was
 * - poll-skip, nonmonotonic-poll: a client's poll left something out after its last one, or went back
 * - nonmonotonic-send: a client's values are not in the order in which it sent them
 * - int-poll-skip, int-nonmonotonic-poll, int-send-skip, int-nonmonotonic-send: the same within one transaction
 * - unseen: acknowledged, not lost for certain, and polled by nobody until the end
 * - G0, G1c, with `-process` and `-realtime`: transactions that each come before the other
 */
export type QueueAnomalyName =
  | 'inconsistent-offsets'
  | 'duplicate'
  | 'G1a'
  | 'garbage-read'
  | 'precommitted-read'
  | 'lost-write'
  | 'poll-skip'
  | 'nonmonotonic-poll'
  | 'nonmonotonic-send'
  | 'int-poll-skip'
  | 'int-nonmonotonic-poll'
  | 'int-send-skip'
  | 'int-nonmonotonic-send'
  | 'unseen'
  | CycleAnomaly

export interface QueueAnomaly {
  readonly name: QueueAnomalyName
  readonly key: string
  /** In words. */
  readonly message: string
  /** The operations that take part, the one that shows it last. */
  readonly events: readonly QueueEvent[]
}

/** `client-2's poll at 0.120 s`. */
export function nameOf({ record, f }: QueueEvent): string {
  return `client-${record.client}'s ${f} at ${timeText(record.invokedAt)}`
}
