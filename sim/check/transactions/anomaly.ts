import type { CycleAnomaly } from './cycle-search.js'
import type { Transaction } from './transaction.js'

/**
 * What is wrong without a cycle:
 *
 * - G1a: a committed transaction read what one wrote that was aborted
 * - G1b: it read what another wrote and overwrote itself
 * - garbage-read: it read what nobody wrote
 * - internal: its reads contradict its own earlier steps
 * - future-read: it read what it wrote only later
 * - dirty-update: a committed transaction built upon the write of one that was aborted
 * - lost-update: two committed transactions read the same version and wrote the next
 * - incompatible-order: two reads show the same list in orders of which none begins with the other
 * - duplicate-elements: a list shows one append twice
 * - cyclic-versions: the versions of a register cannot be put in one order
 * - no-serial-order: all orders of the transactions were tried, and none explains what they read; with `-process` and `-realtime`: none that keeps the order
 *   of sessions, or of real time
 */
export type PlainAnomaly =
  | 'G1a'
  | 'G1b'
  | 'garbage-read'
  | 'internal'
  | 'future-read'
  | 'dirty-update'
  | 'lost-update'
  | 'incompatible-order'
  | 'duplicate-elements'
  | 'cyclic-versions'
  | 'no-serial-order'
  | 'no-serial-order-process'
  | 'no-serial-order-realtime'

export interface TransactionAnomaly {
  readonly name: PlainAnomaly | CycleAnomaly
  /** In words. */
  readonly message: string
  /** Those that take part; of a cycle in its order. */
  readonly transactions: readonly Transaction[]
  /** What is wrong only because a read found nothing where there was something later: a phantom. */
  readonly predicate: boolean
}

export function anomaly(name: PlainAnomaly, message: string, ...transactions: readonly Transaction[]): TransactionAnomaly {
  return { name, message, transactions, predicate: false }
}
