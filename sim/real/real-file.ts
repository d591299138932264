import type { FileHandle } from 'node:fs/promises'
import type { DiskOperation } from '../disk/disk-operation.js'
import { DiskError, Misuse } from '../host/errors.js'
import type { File } from '../host/seam.js'
import { diskFailure } from './disk-failure.js'
import type { OpenInode, OpenInodes } from './open-inode.js'

/** An open file of the machine. Positions are explicit; an append goes to the end as this process knows it, being the only one that writes here. */
export class RealFile implements File {
  readonly #handle: FileHandle
  readonly #inode: OpenInode
  readonly #inodes: OpenInodes
  #isOpen = true
  #underWay = 0

  constructor(
    readonly path: string,
    handle: FileHandle,
    inode: OpenInode,
    inodes: OpenInodes,
  ) {
    this.#handle = handle
    this.#inode = inode
    this.#inodes = inodes
  }

  readAt(offset: number, length: number): Promise<Uint8Array> {
    requireCount('readAt(offset, length): offset', offset)
    requireCount('readAt(offset, length): length', length)
    return this.#operation('read', async () => {
      const room = Math.max(0, Math.min(length, this.#inode.size - offset))
      const bytes = new Uint8Array(room)
      let filled = 0
      while (filled < room) {
        const { bytesRead } = await this.#handle.read(bytes, filled, room - filled, offset + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      return filled === room ? bytes : bytes.subarray(0, filled)
    })
  }

  writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    requireCount('writeAt(offset, bytes): offset', offset)
    const copy = this.#inodes.copyOf(bytes)
    return this.#operation('write', () => this.#inode.inOrder(() => this.#write(offset, copy))).finally(() => this.#inodes.giveBack(copy))
  }

  append(bytes: Uint8Array): Promise<number> {
    const copy = bytes.slice()
    return this.#operation('write', () =>
      this.#inode.inOrder(async () => {
        const offset = this.#inode.size
        await this.#write(offset, copy)
        return offset
      }),
    )
  }

  truncate(size: number): Promise<void> {
    requireCount('truncate(size): size', size)
    return this.#operation('truncate', () =>
      this.#inode.inOrder(async () => {
        await this.#handle.truncate(size)
        this.#inode.size = size
      }),
    )
  }

  sync(): Promise<void> {
    // The bytes and what is needed to find them again, the size among it; times are of no use to anybody.
    return this.#operation('sync', () => this.#handle.datasync())
  }

  size(): number {
    return this.#inode.size
  }

  /** What was asked for before it is still done. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#closeWhenIdle()
  }

  async #write(offset: number, bytes: Uint8Array): Promise<void> {
    let written = 0
    try {
      while (written < bytes.length) written += (await this.#handle.write(bytes, written, bytes.length - written, offset + written)).bytesWritten
    } finally {
      if (written > 0) this.#inode.size = Math.max(this.#inode.size, offset + written)
    }
  }

  #operation<T>(operation: DiskOperation, act: () => Promise<T>): Promise<T> {
    return this.#inodes.answer(() => this.#perform(operation, act))
  }

  async #perform<T>(operation: DiskOperation, act: () => Promise<T>): Promise<T> {
    if (!this.#isOpen) throw new DiskError('EBADF', operation, this.path)
    this.#underWay++
    try {
      return await act()
    } catch (error) {
      throw diskFailure(error, operation, this.path)
    } finally {
      this.#underWay--
      this.#closeWhenIdle()
    }
  }

  #closeWhenIdle(): void {
    if (this.#isOpen || this.#underWay > 0) return
    this.#inodes.release(this.#inode, this.#handle)
  }
}

function requireCount(what: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new Misuse(`${what} is an integer from 0 on, not ${value}`)
}
