import type { DurableView } from '../../sim/host/seam.js'
import type { HostView } from '../../sim/host/world.js'
import type { Broker } from '../../systems/broker/broker.js'
import { decodeCheckpoint } from '../../systems/broker/log-checkpoint.js'
import { segmentPath } from '../../systems/broker/log-recovery.js'
import type { Partition } from '../../systems/broker/partition.js'
import { baseOffset, batchCrc, batchFault, batchSize, nextOffset } from '../../systems/broker/record-batch.js'
import { segmentOffset } from '../../systems/broker/segment.js'
import type { Position } from '../../systems/raft/messages.js'
import type { DurableLog } from '../../systems/raft/wal-reader.js'

/** One replica of a partition as its disk's durable bytes tell: the write-ahead log of its Raft group, and the segments up to the checkpoint. */
export class DurableReplica {
  readonly #log: DurableLog
  readonly #logDirectory: string
  #changes = -1
  #applied = 0

  constructor(
    readonly host: HostView<Broker>,
    partition: Partition,
    log: DurableLog,
  ) {
    this.#logDirectory = partition.directory
    this.#log = log
  }

  /** Whether the entry is in the write-ahead log. */
  isLogged(index: number, term: number): boolean {
    this.#log.follow(this.host.incarnation)
    return this.#log.termAt(index) === term
  }

  /** Of its segments, as far as its checkpoint says: base offset to CRC of the batches before the first damage of each. */
  wholeBatches(): Map<number, number> {
    const { durable } = this.host
    const whole = new Map<number, number>()
    const bytes = durable.read(`${this.#logDirectory}/checkpoint`)
    const checkpoint = bytes === null ? null : decodeCheckpoint(bytes)
    if (checkpoint === null) return whole
    const directory = `${this.#logDirectory}/${checkpoint.generation}`
    for (const name of durable.list(directory)) {
      const base = segmentOffset(name)
      const file = durable.read(`${directory}/${name}`)
      if (base === null || file === null) continue
      let next = base
      for (let at = 0; at < file.length && next < checkpoint.endOffset; at += batchSize(file, at)) {
        if (batchFault(file, at) !== null || baseOffset(file, at) !== next) break
        whole.set(next, batchCrc(file, at))
        next = nextOffset(file, at)
      }
    }
    return whole
  }

  /** Whether the entry is in the write-ahead log, or applied to segments that are durable. */
  holds(index: number, term: number): boolean {
    return this.isLogged(index, term) || (index <= this.#log.snapshotIndex && index <= this.#appliedIndex())
  }

  /** The last entry that the durable checkpoint covers. */
  #appliedIndex(): number {
    const { durable } = this.host
    if (durable.changes === this.#changes) return this.#applied
    this.#changes = durable.changes
    this.#applied = durableCheckpoint(durable, this.#logDirectory)?.index ?? 0
    return this.#applied
  }
}

/** Up to where a partition's applied state is durable: what its checkpoint says. null: its segments are not durable as far as that, or it is damaged. */
export function durableCheckpoint(durable: DurableView, logDirectory: string): Position | null {
  const bytes = durable.read(`${logDirectory}/checkpoint`)
  if (bytes === null) return { index: 0, term: 0 }
  const checkpoint = decodeCheckpoint(bytes)
  if (checkpoint === null) return null
  const { generation, segment, position, index, term } = checkpoint
  const size = position === 0 ? 0 : durable.size(segmentPath(`${logDirectory}/${generation}`, segment))
  return size !== null && size >= position ? { index, term } : null
}
