import type { FileHandle } from 'node:fs/promises'

/** A file that is open at least once, whatever its names: its size, and the order of its changes, are one for all handles. */
export class OpenInode {
  size: number
  users = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    readonly key: string,
    size: number,
  ) {
    this.size = size
  }

  /** Runs after every change asked for before it. */
  inOrder<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#last.then(act)
    this.#last = done.catch(ignore)
    return done
  }
}

/** Memory of writes is used again from this size on, up to that one. */
const leastKept = 64 * 1024
const mostKept = 1024 * 1024
const mostSpare = 16

/** The open files of one disk. */
export class OpenInodes {
  readonly #byKey = new Map<string, OpenInode>()
  readonly #handles = new Set<FileHandle>()
  readonly #closing = new Set<Promise<void>>()
  /** Memory that no write is using. */
  readonly #spare: Uint8Array[] = []
  #isDead = false

  /** To be given back: large writes come one after the other, and new memory for each would cost more than the copying. */
  copyOf(bytes: Uint8Array): Uint8Array {
    if (bytes.length < leastKept) return bytes.slice()
    const kept = this.#spare.findIndex((each) => each.length >= bytes.length)
    const [room = new Uint8Array(bytes.length)] = kept < 0 ? [] : this.#spare.splice(kept, 1)
    room.set(bytes)
    return room.subarray(0, bytes.length)
  }

  giveBack(copy: Uint8Array): void {
    if (copy.length < leastKept || copy.buffer.byteLength > mostKept) return
    if (this.#spare.length === mostSpare) this.#spare.shift()
    this.#spare.push(new Uint8Array(copy.buffer))
  }

  async of(handle: FileHandle): Promise<OpenInode> {
    this.#handles.add(handle)
    const { dev, ino, size } = await handle.stat({ bigint: true })
    const key = `${dev}:${ino}`
    let inode = this.#byKey.get(key)
    if (inode === undefined) {
      inode = new OpenInode(key, Number(size))
      this.#byKey.set(key, inode)
    }
    inode.users++
    return inode
  }

  release(inode: OpenInode, handle: FileHandle): void {
    if (--inode.users === 0) this.#byKey.delete(inode.key)
    this.#close(handle)
  }

  /** What an operation answers; never, once it died: a dead process is told nothing. */
  async answer<T>(act: () => Promise<T>): Promise<T> {
    if (this.#isDead) return never()
    try {
      const result = await act()
      return this.#isDead ? never() : result
    } catch (error) {
      if (this.#isDead) return never()
      throw error
    }
  }

  /** From here on nothing is answered. */
  die(): void {
    this.#isDead = true
  }

  /** Closes every handle, and waits for those that are being closed. */
  async closeAll(): Promise<void> {
    for (const handle of this.#handles) this.#close(handle)
    await Promise.all(this.#closing)
  }

  #close(handle: FileHandle): void {
    if (!this.#handles.delete(handle)) return
    // A file's own sync says whether its bytes are safe; what a close would say comes too late for anybody.
    const closing = handle.close().catch(ignore)
    this.#closing.add(closing)
    void closing.then(() => this.#closing.delete(closing))
  }
}

function never(): Promise<never> {
  return new Promise(() => {})
}

/** Whoever asked for the change is told of its failure; the next one does not depend on it. */
function ignore(): void {}
