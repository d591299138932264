import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, rename, rmdir, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import type { DiskOperation } from '../disk/disk-operation.js'
import { parentOf, partsOf, requireApart, requireName } from '../disk/disk-path.js'
import { DiskError } from '../host/errors.js'
import type { Disk, File, OpenOptions } from '../host/seam.js'
import { syncDirectory } from './data-directory.js'
import { diskFailure } from './disk-failure.js'
import { OpenInodes } from './open-inode.js'
import { RealFile } from './real-file.js'

/**
 * The machine's files below one directory, with the promises of a simulated disk: changes of one file take effect in the order they were asked for, through
 * whichever handle, and so do operations on names; bytes are taken when a method is called. Paths cannot leave the directory (a symbolic link that somebody
 * else put there is not followed where a file is opened).
 */
export class RealDisk implements Disk {
  readonly #root: string
  readonly #inodes = new OpenInodes()
  #names: Promise<unknown> = Promise.resolve()

  /** `root` exists. */
  constructor(root: string) {
    this.#root = root
  }

  /** Nothing that was asked of it settles any more; what was begun is still done. Closes all files. */
  async close(): Promise<void> {
    this.#inodes.die()
    await this.#names
    await this.#inodes.closeAll()
  }

  open(name: string, options: OpenOptions = {}): Promise<File> {
    requireName(name)
    const { create = false, exclusive = false, truncate = false } = options
    const flags = constants.O_RDWR | constants.O_NOFOLLOW | (create ? constants.O_CREAT : 0) | (create && exclusive ? constants.O_EXCL : 0)
    return this.#name('open', name, async (file) => {
      const handle = await open(file, flags, 0o644)
      const opened = new RealFile(name, handle, await this.#inodes.of(handle), this.#inodes)
      if (!truncate) return opened
      try {
        await opened.truncate(0)
        return opened
      } catch (error) {
        opened.close()
        throw error
      }
    })
  }

  rename(from: string, to: string): Promise<void> {
    requireName(from)
    requireName(to)
    requireApart(from, to)
    return this.#name('rename', from, (file) => rename(file, this.#place(to)))
  }

  remove(name: string): Promise<void> {
    requireName(name)
    return this.#name('remove', name, async (file) => {
      if ((await lstat(file)).isDirectory()) await rmdir(file)
      else await unlink(file)
    })
  }

  list(directory: string): Promise<string[]> {
    return this.#name('list', directory, async (file) => (await readdir(file)).sort())
  }

  makeDirectory(name: string): Promise<void> {
    return this.#name('make-directory', name, async (file) => {
      await mkdir(file, { recursive: true })
    })
  }

  syncDirectory(name: string): Promise<void> {
    const file = this.#place(name)
    return this.#inodes.answer(async () => {
      try {
        if (!(await stat(file)).isDirectory()) throw new DiskError('ENOTDIR', 'sync-directory', name)
        await syncDirectory(file)
      } catch (error) {
        throw diskFailure(error, 'sync-directory', name)
      }
    })
  }

  stat(name: string): Promise<{ size: number } | null> {
    return this.#name('stat', name, async (file) => {
      try {
        const found = await stat(file)
        return { size: found.isDirectory() ? 0 : found.size }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw error
      }
    })
  }

  async readFile(name: string): Promise<Uint8Array | null> {
    let file: File
    try {
      file = await this.open(name)
    } catch (error) {
      if (error instanceof DiskError && error.code === 'ENOENT') return null
      throw error
    }
    try {
      return await file.readAt(0, file.size())
    } finally {
      file.close()
    }
  }

  async append(name: string, bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice()
    const file = await this.open(name, { create: true })
    try {
      await file.append(copy)
    } finally {
      file.close()
    }
  }

  async sync(name: string): Promise<void> {
    const file = await this.open(name)
    try {
      await file.sync()
    } finally {
      file.close()
    }
    await this.syncDirectory(parentOf(name))
  }

  /** The new contents are written beside the old, as `<path>.tmp`; a crash may leave that file behind. */
  async replace(name: string, bytes: Uint8Array): Promise<void> {
    const copy = bytes.slice()
    const beside = `${name}.tmp`
    const file = await this.open(beside, { create: true, truncate: true })
    try {
      await file.writeAt(0, copy)
      await file.sync()
    } catch (error) {
      // What there was is as it was. Half a file would keep the room that a full disk lacks.
      file.close()
      await this.remove(beside).catch(ignore)
      throw error
    }
    file.close()
    await this.rename(beside, name)
    await this.syncDirectory(parentOf(name))
  }

  /** Operations on names, one after the other. */
  #name<T>(operation: DiskOperation, name: string, act: (file: string) => Promise<T>): Promise<T> {
    const file = this.#place(name)
    const done = this.#names.then(async () => {
      try {
        return await act(file)
      } catch (error) {
        throw diskFailure(error, operation, name)
      }
    })
    this.#names = done.catch(ignore)
    return this.#inodes.answer(() => done)
  }

  #place(name: string): string {
    return path.join(this.#root, ...partsOf(name))
  }
}

/** Whoever asked for the operation is told of its failure; the next one does not depend on it. */
function ignore(): void {}
