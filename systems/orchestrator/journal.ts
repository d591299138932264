import { DiskError } from '../../sim/host/errors.js'
import type { File, Host } from '../../sim/host/seam.js'
import { crc32c } from '../raft/crc32c.js'
import { makeDurableDirectory } from '../raft/durable-directory.js'

/** What a journal is the memory of. */
export interface JournalledState {
  /** All of it, as plain data. */
  encode(): unknown
  decode(state: unknown): void
  /** Does again what a record says. */
  redo(record: unknown): void
}

/**
 * A state in memory that a single host keeps across crashes: records are appended and synced in groups, and now and then the whole state takes their place.
 *
 * `snapshot`: number of the journal that follows it, and the state. `journal-N`: frames of length (4 bytes, little-endian), CRC-32C of the payload (4), payload
 * (JSON). Only what was never confirmed can be torn, so the first frame that is not whole ends a journal. A disk that fails ends the process.
 */
export class Journal {
  /** Records that were confirmed to be durable. */
  durable = 0
  /** Records that were given. */
  appended = 0
  readonly #host: Host
  readonly #directory: string
  readonly #state: JournalledState
  readonly #compactAfterBytes: number
  #number: number
  #file: File
  #pending: Uint8Array[] = []
  #waiting: { readonly until: number; readonly settle: () => void }[] = []
  #isSyncing = false

  /** Recovers `state` from what the disk kept. */
  static async open(host: Host, directory: string, state: JournalledState, compactAfterBytes = 1 << 20): Promise<Journal> {
    try {
      await makeDurableDirectory(host.disk, directory)
      const snapshot = await host.disk.readFile(`${directory}/snapshot`)
      let number = 0
      if (snapshot !== null) {
        // After a crash between the renaming and its sync the new file is seen here, and a power loss would bring the old one back.
        await host.disk.syncDirectory(directory)
        const kept = JSON.parse(text.decode(snapshot)) as { number: number; state: unknown }
        number = kept.number
        state.decode(kept.state)
      }
      const file = await host.disk.open(`${directory}/journal-${number}`, { create: true })
      const end = redoAll(await file.readAt(0, file.size()), state)
      host.check.sometimes('a torn journal is cut off', end < file.size())
      const journal = new Journal(host, directory, state, compactAfterBytes, number, file)
      // After a sync that failed what is read here may be in the page cache alone, and no later sync would write it: it is written anew.
      await journal.#compact()
      return journal
    } catch (error) {
      if (error instanceof DiskError) host.exit(`the journal in ${directory}: ${error.message}`)
      throw error
    }
  }

  private constructor(host: Host, directory: string, state: JournalledState, compactAfterBytes: number, number: number, file: File) {
    this.#host = host
    this.#directory = directory
    this.#state = state
    this.#compactAfterBytes = compactAfterBytes
    this.#number = number
    this.#file = file
  }

  /** Settles once the record, and all before it, are durable. */
  append(record: unknown): Promise<void> {
    this.#pending.push(frame(bytes.encode(JSON.stringify(record))))
    this.appended++
    return this.settled()
  }

  /** Settles once all that was appended so far is durable. */
  settled(): Promise<void> {
    if (this.durable === this.appended) return Promise.resolve()
    const until = this.appended
    const waits = new Promise<void>((settle) => {
      this.#waiting.push({ until, settle })
    })
    if (!this.#isSyncing) {
      this.#isSyncing = true
      this.#host.spawn('journal', () => this.#syncAll())
    }
    return waits
  }

  async #syncAll(): Promise<void> {
    try {
      while (this.#pending.length > 0) {
        const group = this.#pending
        this.#pending = []
        const until = this.appended
        for (const one of group) await this.#file.append(one)
        await this.#file.sync()
        this.durable = until
        const ready = this.#waiting.filter((waiter) => waiter.until <= until)
        this.#waiting = this.#waiting.filter((waiter) => waiter.until > until)
        for (const { settle } of ready) settle()
        if (this.#file.size() > this.#compactAfterBytes) {
          await this.#compact()
          this.#host.check.reachable('a journal is compacted')
        }
      }
    } catch (error) {
      if (error instanceof DiskError) this.#host.exit(`the journal in ${this.#directory}: ${error.message}`)
      throw error
    }
    this.#isSyncing = false
  }

  /** The state as it is now takes the place of the journal: with what is pending in it, which is then durable with it. */
  async #compact(): Promise<void> {
    const { disk } = this.#host
    const number = this.#number + 1
    const until = this.appended
    this.#pending = []
    const state = bytes.encode(JSON.stringify({ number, state: this.#state.encode() }))
    const file = await disk.open(`${this.#directory}/journal-${number}`, { create: true, truncate: true })
    await file.sync()
    await disk.syncDirectory(this.#directory)
    await disk.replace(`${this.#directory}/snapshot`, state)
    const old = this.#file
    const oldNumber = this.#number
    this.#file = file
    this.#number = number
    this.durable = until
    const ready = this.#waiting.filter((waiter) => waiter.until <= until)
    this.#waiting = this.#waiting.filter((waiter) => waiter.until > until)
    for (const { settle } of ready) settle()
    old.close()
    await disk.remove(`${this.#directory}/journal-${oldNumber}`)
  }
}

const headerBytes = 8
const bytes = new TextEncoder()
const text = new TextDecoder()

function frame(payload: Uint8Array): Uint8Array {
  const framed = new Uint8Array(headerBytes + payload.length)
  const view = new DataView(framed.buffer)
  view.setUint32(0, payload.length, true)
  view.setUint32(4, crc32c(payload), true)
  framed.set(payload, headerBytes)
  return framed
}

/** Answers where the last whole frame ends. */
function redoAll(file: Uint8Array, state: JournalledState): number {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let at = 0
  while (at + headerBytes <= file.length) {
    const length = view.getUint32(at, true)
    const end = at + headerBytes + length
    if (length === 0 || end > file.length) break
    const payload = file.subarray(at + headerBytes, end)
    if (crc32c(payload) !== view.getUint32(at + 4, true)) break
    state.redo(JSON.parse(text.decode(payload)))
    at = end
  }
  return at
}
