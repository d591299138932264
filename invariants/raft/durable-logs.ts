import type { DurableView } from '../../sim/index.js'
import { WalReader } from '../../systems/raft/wal-reader.js'

/** The write-ahead logs of one run as its disks hold them for certain: whoever looks at one shares its reader, so that every byte is read once. */
export class DurableLogs {
  readonly #readers = new Map<DurableView, Map<string, WalReader>>()

  of(view: DurableView, directory: string): WalReader {
    let ofHost = this.#readers.get(view)
    if (ofHost === undefined) {
      ofHost = new Map()
      this.#readers.set(view, ofHost)
    }
    let reader = ofHost.get(directory)
    if (reader === undefined) {
      reader = new WalReader(view, directory)
      ofHost.set(directory, reader)
    }
    return reader
  }
}
