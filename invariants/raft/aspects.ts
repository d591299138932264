/**
 * What of a member was seen to be another in a step, as bits of one number: an invariant names those that its verdict hangs on and is passed over in the steps
 * that show none of them. A new life shows its standing, log and progress whatever they are.
 */
export const aspects = {
  /** Role, term, or whether it is suspect. */
  standing: 1,
  /** Entries, or where the log begins. */
  log: 2,
  /** What it takes for committed, or has applied. */
  progress: 4,
  /** What is durable of its log. */
  disk: 8,
  /** Reads asked or answered. */
  reads: 16,
  any: 31,
} as const
