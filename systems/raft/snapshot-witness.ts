import type { Host } from '../../sim/host/seam.js'
import { type MemberId, type Position, samePosition } from './messages.js'

/** States, as properties, what may befall a snapshot on its way: runs that are about snapshots have to meet it. Changes nothing. */
export class SnapshotWitness {
  readonly #host: Host
  /** By follower: the newest chunk that it was sent. */
  readonly #sent = new Map<MemberId, { readonly snapshot: Position; readonly offset: number; readonly isLast: boolean }>()
  /** The leader's, of the newest chunk that came. */
  #term = 0
  /** Of the snapshot that is coming in. */
  #chunks = 0

  constructor(host: Host) {
    this.#host = host
  }

  /** Leader: a chunk goes out. */
  supplied(to: MemberId, snapshot: Position, offset: number, isLast: boolean): void {
    const before = this.#sent.get(to)
    this.#sent.set(to, { snapshot, offset, isLast })
    if (before === undefined || !samePosition(before.snapshot, snapshot)) return
    // It, or its answer, was lost or is late.
    if (offset === before.offset) this.#host.check.reachable('a chunk of a snapshot is sent again')
    // The follower has crashed, or has followed others meanwhile.
    if (offset < before.offset && !before.isLast) this.#host.check.reachable('a snapshot is begun anew in the middle')
  }

  /** Leader: what was captured covers less than the log has dropped since, and another follower wants a snapshot, or the same one again. */
  tooOld(): void {
    this.#host.check.reachable('a snapshot is older than the log by the time it is asked for')
  }

  /** Leader: all followers have what they wanted, or are gone. */
  nobodyAsks(): void {
    this.#sent.clear()
  }

  /** Follower: a chunk came; `isInTheMiddle`: of some snapshot there is a part already. */
  received(term: number, offset: number, isInTheMiddle: boolean): void {
    if (offset === 0 && isInTheMiddle) {
      if (term > this.#term) this.#host.check.reachable('a later leader begins a snapshot in the middle of another')
      else this.#host.check.reachable('a newer snapshot is begun in the middle of another')
    }
    this.#term = term
    this.#chunks = offset === 0 ? 1 : this.#chunks + 1
  }

  /** Follower: all has come. */
  complete(): void {
    if (this.#chunks > 1) this.#host.check.reachable('a snapshot comes in several chunks')
  }

  reconfigured(isInTheMiddle: boolean): void {
    if (isInTheMiddle || [...this.#sent.values()].some(({ isLast }) => !isLast)) {
      this.#host.check.reachable('the configuration changes in the middle of a snapshot')
    }
  }
}
