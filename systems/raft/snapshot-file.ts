import type { Disk, DurableView } from '../../sim/host/seam.js'
import { crc32c } from './crc32c.js'
import { makeDurableDirectory } from './durable-directory.js'
import type { Position } from './messages.js'
import type { StateMachine } from './state-machine.js'

/** A state that lives in memory and fits into one file. */
export interface MemoryState<Result> {
  apply(index: number, term: number, data: Uint8Array): Result
  encode(): Uint8Array
  /** Replaces the state by what `encode` gave. */
  decode(bytes: Uint8Array): void
}

/**
 * Makes a `StateMachine` of a state in memory: its snapshots are files that are written new, synced, renamed and made durable under their name, so that after
 * any crash the old or the new one is there, whole. One file, `snapshot`: CRC-32C of what follows (4 bytes), index (8), term (8), state; little-endian.
 */
export class SnapshotFile<Result> implements StateMachine<Result> {
  readonly #disk: Disk
  readonly #directory: string
  readonly #state: MemoryState<Result>
  #applied: Position = { index: 0, term: 0 }
  #durable: Position = { index: 0, term: 0 }

  constructor(disk: Disk, directory: string, state: MemoryState<Result>) {
    this.#disk = disk
    this.#directory = directory
    this.#state = state
  }

  /** null: the file is not what was written. */
  async open(): Promise<Position | null> {
    await makeDurableDirectory(this.#disk, this.#directory)
    const file = await this.#disk.readFile(snapshotPath(this.#directory))
    if (file === null) return this.#applied
    const position = positionIn(file)
    if (position === null) return null
    // After a crash between the renaming and its sync the new file is seen here, and a power loss would bring the old one back.
    await this.#disk.syncDirectory(this.#directory)
    this.#state.decode(file.subarray(headerBytes))
    this.#applied = position
    this.#durable = position
    return position
  }

  apply(index: number, term: number, data: Uint8Array): Result {
    this.#applied = { index, term }
    return this.#state.apply(index, term, data)
  }

  async flush(): Promise<Position> {
    if (this.#applied.index > this.#durable.index) await this.#write(this.#applied, this.#state.encode())
    return this.#durable
  }

  async capture(): Promise<Position & { bytes: Uint8Array }> {
    return { ...this.#applied, bytes: this.#state.encode() }
  }

  async install({ index, term, bytes }: Position & { bytes: Uint8Array }): Promise<void> {
    await this.#write({ index, term }, bytes)
    this.#state.decode(bytes)
    this.#applied = { index, term }
  }

  async #write(position: Position, bytes: Uint8Array): Promise<void> {
    const path = snapshotPath(this.#directory)
    const file = await this.#disk.open(`${path}.new`, { create: true, truncate: true })
    await file.append(encodeSnapshot(position, bytes))
    await file.sync()
    file.close()
    await this.#disk.rename(`${path}.new`, path)
    await this.#disk.syncDirectory(this.#directory)
    this.#durable = position
  }
}

/** Up to where the durable snapshot in `directory` reaches; null when it is damaged. For checks from outside. */
export function durableSnapshot(view: DurableView, directory: string): Position | null {
  const file = view.read(snapshotPath(directory))
  return file === null ? { index: 0, term: 0 } : positionIn(file)
}

const headerBytes = 20

const snapshotPath = (directory: string): string => `${directory}/snapshot`

function encodeSnapshot({ index, term }: Position, bytes: Uint8Array): Uint8Array {
  const file = new Uint8Array(headerBytes + bytes.length)
  const view = new DataView(file.buffer)
  view.setBigUint64(4, BigInt(index), true)
  view.setBigUint64(12, BigInt(term), true)
  file.set(bytes, headerBytes)
  view.setUint32(0, crc32c(file, 4), true)
  return file
}

function positionIn(file: Uint8Array): Position | null {
  if (file.length < headerBytes) return null
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (view.getUint32(0, true) !== crc32c(file, 4)) return null
  return { index: Number(view.getBigUint64(4, true)), term: Number(view.getBigUint64(12, true)) }
}
