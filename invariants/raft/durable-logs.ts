import type { DurableView } from '../../sim/index.js'
import type { RaftNode } from '../../systems/raft/raft-node.js'
import { type DurableLog, SharedLogReader, WalReader } from '../../systems/raft/wal-reader.js'

/** The write-ahead logs of one run as its disks hold them for certain: whoever looks at one shares its reader, so that every byte is read once. */
export class DurableLogs {
  readonly #own = new Map<DurableView, Map<string, WalReader>>()
  readonly #shared = new Map<DurableView, Map<string, SharedLogReader>>()

  /** The log that a member has in `directory`. */
  of(view: DurableView, directory: string): DurableLog {
    return readerIn(this.#own, view, directory, () => new WalReader(view, directory))
  }

  /** What the log in `directory`, which groups share, holds of one. */
  ofGroup(view: DurableView, directory: string, group: string): DurableLog {
    return readerIn(this.#shared, view, directory, () => new SharedLogReader(view, directory)).of(group)
  }

  /** The log of a node like this one on that disk. */
  ofNode(view: DurableView, { walDirectory, sharesWal, group }: Pick<RaftNode, 'walDirectory' | 'sharesWal' | 'group'>): DurableLog {
    return sharesWal ? this.ofGroup(view, walDirectory, group) : this.of(view, walDirectory)
  }
}

function readerIn<Reader>(readers: Map<DurableView, Map<string, Reader>>, view: DurableView, directory: string, make: () => Reader): Reader {
  let ofHost = readers.get(view)
  if (ofHost === undefined) {
    ofHost = new Map()
    readers.set(view, ofHost)
  }
  let reader = ofHost.get(directory)
  if (reader === undefined) {
    reader = make()
    ofHost.set(directory, reader)
  }
  return reader
}
