import { Misuse } from '../../sim/host/errors.js'
import type { Host } from '../../sim/host/seam.js'
import { lastIndex } from './log.js'
import { LostState } from './lost-state.js'
import type { Entry, Position, RaftEvent, RaftInput } from './messages.js'
import type { PendingReads } from './pending-reads.js'
import type { Proposals } from './proposals.js'
import type { RaftNodeOptions } from './raft-node-options.js'
import { SnapshotExchange } from './snapshot-exchange.js'
import type { RaftState } from './state.js'
import type { StateMachine } from './state-machine.js'
import { StateStorage } from './state-storage.js'

/** What of a node its state machine's side needs. */
interface Applying {
  readonly group: string
  /** What the core holds. */
  readonly machineState: RaftState
  readonly reads: PendingReads
  input(input: RaftInput): void
}

/**
 * A member's state machine, and how far it is: entries are applied as soon as they are committed and durable here, the log is compacted behind them, and snapshots
 * take the place of what the log lacks, or of what the state machine lost.
 */
export class AppliedState<Result> {
  /** The last entry given to the state machine, or covered by the snapshot it holds. */
  index: number
  /** All up to here is durable in the state machine. */
  flushed: Position
  readonly snapshots: SnapshotExchange
  readonly #node: Applying
  readonly #host: Host
  readonly #stateMachine: StateMachine<Result>
  readonly #options: RaftNodeOptions
  readonly #proposals: Proposals
  readonly #storage: StateStorage
  readonly #lost: LostState
  #entriesSinceFlush = 0
  #bytesSinceFlush = 0
  #isCompacting = false
  #isStopping = false
  #installing: Promise<void> = Promise.resolve()

  /** `applied`: what the state machine holds as it was opened; null: it is damaged. */
  constructor(node: Applying, host: Host, stateMachine: StateMachine<Result>, options: RaftNodeOptions, proposals: Proposals, applied: Position | null) {
    this.#node = node
    this.#host = host
    this.#stateMachine = stateMachine
    this.#options = options
    this.#proposals = proposals
    this.index = applied?.index ?? 0
    this.flushed = applied ?? { index: 0, term: 0 }
    this.#storage = new StateStorage(host, stateMachine)
    this.snapshots = new SnapshotExchange(host, this.#storage, options, (input) => node.input(input))
    this.#lost = new LostState(host, node.group, options.supplyPatience)
    stateMachine.onDamage?.((error) => this.#lose(error))
  }

  apply(entries: readonly Entry[], hasMore: boolean): void {
    for (let i = 0; i < entries.length; i++) {
      const { index, term, kind, data } = entries[i] as Entry
      if (index !== this.index + 1) throw new Misuse(`entry ${index} is to be applied after entry ${this.index}`)
      const result = kind === 'normal' ? this.#stateMachine.apply(index, term, data) : undefined
      this.index = index
      this.#proposals.applied(index, term, result)
      this.#bytesSinceFlush += data.length
    }
    this.#entriesSinceFlush += entries.length
    this.#node.reads.applied(this.index)
    if (hasMore) this.#host.clock.timer(1, () => this.#node.input({ kind: 'applied' }))
    const isDue = this.#entriesSinceFlush >= this.#options.compactAfterEntries || this.#bytesSinceFlush >= this.#options.compactAfterBytes
    if (isDue && !this.#isCompacting && !this.#isStopping) void this.#compact()
  }

  /** Compacts before it is due, in runs that try that. */
  maybeCompact(): void {
    if (!this.#isCompacting && !this.#isStopping && this.#host.maybe('raft.compact-early')) void this.#compact()
  }

  /** Flushes the state machine and drops what the log no longer needs. */
  async #compact(): Promise<void> {
    const { machineState } = this.#node
    if (machineState.lacks > 0) return
    this.#isCompacting = true
    this.#entriesSinceFlush = 0
    this.#bytesSinceFlush = 0
    this.flushed = await this.#storage.flush()
    this.#isCompacting = false
    if (this.#isStopping || machineState.lacks > 0) return
    const { log } = machineState
    const trailing = this.#host.maybe('raft.no-trailing-entries') ? 0 : this.#options.trailingEntries
    const index = Math.min(this.flushed.index, lastIndex(log)) - trailing
    if (index > log.base.index) this.#node.input({ kind: 'compact', index })
  }

  /** What the log is to bring back at the start: all that the state machine held, which was found damaged, or what it is ahead of the log. */
  foundLost(isDamaged: boolean): void {
    const { lacks, log } = this.#node.machineState
    if (isDamaged) this.#lost.found(lacks, 'its files are damaged')
    else this.#lost.foundAhead(lacks, lastIndex(log))
  }

  #lose(error: Error): void {
    const { machineState } = this.#node
    if (this.#isStopping || machineState.lacks > 0) return
    this.#node.input({ kind: 'state-lost' })
    this.#lost.found(machineState.lacks, error.message)
  }

  receiveChunk(chunk: RaftEvent & { kind: 'chunk-received' }): void {
    this.snapshots.onChunkReceived(chunk)
    this.#lost.heard()
  }

  install(snapshot: Position): void {
    this.#installing = this.#install(snapshot)
  }

  async #install(snapshot: Position): Promise<void> {
    const node = this.#node
    if (await this.snapshots.install(snapshot)) {
      this.index = snapshot.index
      this.flushed = snapshot
      this.#proposals.skipped(snapshot.index)
      node.input({ kind: 'installed', snapshot })
      this.#host.check.reachable('a snapshot is installed')
      this.#lost.supplied()
      node.reads.applied(this.index)
    } else {
      this.#host.log.warn('raft.snapshot-refused', { group: node.group, index: snapshot.index })
      node.input({ kind: 'install-failed', snapshot })
    }
  }

  /** Nothing is begun any more. */
  stop(): void {
    this.#isStopping = true
    this.#lost.stop()
  }

  /** Settles when all that is applied is durable. */
  async flush(): Promise<void> {
    await this.#installing
    if (this.#node.machineState.lacks === 0) this.flushed = await this.#storage.flush()
  }
}
