import type { Host } from '../../sim/host/seam.js'
import { DeadlineTimer } from './deadline-timer.js'
import { type MemberId, type Position, type RaftEvent, type RaftInput, samePosition } from './messages.js'
import type { RaftNodeOptions } from './raft-node-options.js'
import { IncomingSnapshot, OutgoingSnapshot } from './snapshot-transfer.js'
import { SnapshotWitness } from './snapshot-witness.js'
import type { StateStorage } from './state-storage.js'

type ChunkWanted = RaftEvent & { kind: 'chunk-wanted' }
type ChunkReceived = RaftEvent & { kind: 'chunk-received' }

/** Supplies followers with the chunks of a captured snapshot, and collects and installs those of the leader's. Answers go to the core as inputs. */
export class SnapshotExchange {
  readonly #storage: StateStorage
  readonly #options: RaftNodeOptions
  readonly #input: (input: RaftInput) => void
  #outgoing: OutgoingSnapshot | null = null
  #isCapturing = false
  /** What followers asked for while the snapshot was being captured. */
  readonly #wanted = new Map<MemberId, ChunkWanted>()
  /** Lets go of a snapshot that nobody asks for any more. */
  readonly #idle: DeadlineTimer
  #incoming: IncomingSnapshot | null = null
  readonly #witness: SnapshotWitness

  constructor(host: Host, storage: StateStorage, options: RaftNodeOptions, input: (input: RaftInput) => void) {
    this.#storage = storage
    this.#options = options
    this.#input = input
    this.#witness = new SnapshotWitness(host)
    this.#idle = new DeadlineTimer(host.clock, () => {
      this.#outgoing = null
      this.#witness.nobodyAsks()
    })
  }

  onChunkWanted(wanted: ChunkWanted): void {
    const snapshot = this.#outgoing
    // The one that is on its way is supplied to its end, whatever the log has dropped meanwhile: a log that is compacted all the time would never let one arrive.
    const isOnItsWay = snapshot !== null && wanted.snapshot !== null && samePosition(wanted.snapshot, snapshot.position)
    if (snapshot !== null && (isOnItsWay || snapshot.position.index >= wanted.atLeast)) this.#supply(wanted, snapshot)
    else {
      if (snapshot !== null) this.#witness.tooOld()
      this.#wanted.set(wanted.to, wanted)
      if (!this.#isCapturing) void this.#capture()
    }
  }

  async #capture(): Promise<void> {
    this.#isCapturing = true
    const captured = await this.#storage.capture()
    this.#isCapturing = false
    if (captured === null) {
      const waiting = [...this.#wanted.keys()]
      this.#wanted.clear()
      for (const to of waiting) this.#input({ kind: 'chunk-unavailable', to })
      return
    }
    const { index, term, bytes } = captured
    const snapshot = new OutgoingSnapshot({ index, term }, bytes)
    this.#outgoing = snapshot
    this.#idle.set(this.#options.snapshotIdle)
    const followers = [...this.#wanted.values()]
    this.#wanted.clear()
    for (const wanted of followers) {
      if (index >= wanted.atLeast) this.#supply(wanted, snapshot)
      else this.#input({ kind: 'chunk-unavailable', to: wanted.to })
    }
  }

  /** The chunk asked for, or the first one of a newer snapshot. */
  #supply({ to, snapshot: asked, offset: askedOffset }: ChunkWanted, snapshot: OutgoingSnapshot): void {
    const { position, total } = snapshot
    const offset = asked !== null && samePosition(asked, position) ? askedOffset : 0
    this.#idle.set(this.#options.snapshotIdle)
    this.#witness.supplied(to, position, offset, offset + this.#options.snapshotChunkBytes >= total)
    this.#input({ kind: 'chunk', to, snapshot: position, offset, total, bytes: snapshot.chunk(offset, this.#options.snapshotChunkBytes) })
  }

  onChunkReceived({ term, snapshot, offset, total, bytes }: ChunkReceived): void {
    this.#witness.received(term, offset, this.#incoming !== null)
    if (offset === 0) this.#incoming = new IncomingSnapshot(snapshot, total)
    if (!this.#incoming?.add(snapshot, offset, bytes)) this.#incoming = null
  }

  /** Another configuration is in force. */
  onConfiguration(): void {
    this.#witness.reconfigured(this.#incoming !== null)
  }

  /** Replaces the state machine's content by what was received; false, and nothing has changed, when that is no good. */
  async install(snapshot: Position): Promise<boolean> {
    const bytes = this.#incoming !== null && samePosition(this.#incoming.position, snapshot) ? this.#incoming.state() : null
    this.#incoming = null
    this.#witness.complete()
    return bytes !== null && (await this.#storage.install({ index: snapshot.index, term: snapshot.term, bytes }))
  }
}
