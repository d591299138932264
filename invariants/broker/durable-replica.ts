import type { HostView } from '../../sim/host/world.js'
import type { Broker } from '../../systems/broker/broker.js'
import { decodeCheckpoint } from '../../systems/broker/log-checkpoint.js'
import { segmentPath } from '../../systems/broker/log-recovery.js'
import type { Partition } from '../../systems/broker/partition.js'
import { WalReader } from '../../systems/raft/wal-reader.js'

/** One replica of a partition as its disk's durable bytes tell: the write-ahead log of its Raft group, and the segments up to the checkpoint. */
export class DurableReplica {
  readonly #log: WalReader
  readonly #logDirectory: string
  #changes = -1
  #applied = 0

  constructor(
    readonly host: HostView<Broker>,
    partition: Partition,
    walDirectory: string,
  ) {
    this.#logDirectory = partition.directory
    this.#log = new WalReader(host.durable, walDirectory)
  }

  /** Whether the entry is in the write-ahead log, or applied to segments that are durable. */
  holds(index: number, term: number): boolean {
    this.#log.follow(this.host.incarnation)
    return this.#log.termAt(index) === term || (index <= this.#log.snapshotIndex && index <= this.#appliedIndex())
  }

  /** The last entry that the durable checkpoint covers; 0 when there is none, or its last segment is not durable as far as it says. */
  #appliedIndex(): number {
    const { durable } = this.host
    if (durable.changes === this.#changes) return this.#applied
    this.#changes = durable.changes
    this.#applied = 0
    const bytes = durable.read(`${this.#logDirectory}/checkpoint`)
    const checkpoint = bytes === null ? null : decodeCheckpoint(bytes)
    if (checkpoint === null) return 0
    const { generation, segment, position, index } = checkpoint
    if (position === 0 || (durable.size(segmentPath(`${this.#logDirectory}/${generation}`, segment)) ?? 0) >= position) this.#applied = index
    return this.#applied
  }
}
