/** What is replicated: the seam between a Raft group and the state that its committed entries build. One instance belongs to one `RaftNode`. */
export interface StateMachine<Result = unknown> {
  /**
   * Recovers from its own files; answers what they hold (index 0, term 0 when they hold nothing). null: they are damaged, and it begins empty; what the log
   * no longer holds is brought by `install`. Called once at boot.
   */
  open(): Promise<{ index: number; term: number } | null>
  /** `lost` is to be told when what was applied is found to be damaged later: the node then leads no longer, applies nothing, and has it installed anew. */
  onDamage?(lost: (error: Error) => void): void
  /**
   * Applies a committed entry, in order and once in an incarnation. Synchronous and deterministic. `data` is only lent: copy what is kept.
   * The result goes to the proposer when it waits on this node. Throwing is a defect of the system: the node crashes.
   */
  apply(index: number, term: number, data: Uint8Array): Result
  /** Makes all applied so far durable; answers what that covers: the Raft log may be dropped up to there. */
  flush(): Promise<{ index: number; term: number }>
  /** The whole state at the last applied entry, as bytes. Rejects with `CorruptLog` when some of it is damaged. */
  capture(): Promise<{ index: number; term: number; bytes: Uint8Array }>
  /** Replaces the state durably: after a crash at any moment, old or new, never a mix. */
  install(snapshot: { index: number; term: number; bytes: Uint8Array }): Promise<void>
  /** The last call, after a flush: closes files. */
  close?(): Promise<void>
}
