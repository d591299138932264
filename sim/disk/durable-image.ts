import type { DurableFile, DurableView } from '../host/seam.js'
import { type Inode, walk } from './directory-inode.js'
import type { DiskImage } from './disk-image.js'
import { partsOf } from './disk-path.js'
import type { FileInode } from './file-inode.js'

/**
 * What a power loss at this moment is sure to leave: synced bytes under synced names. A synced byte that has been overwritten since shows as
 * synced, though the power loss may leave either; a removed file is seen until its removal is durable.
 */
export class DurableImage implements DurableView {
  readonly #image: DiskImage
  /** What paths led to (null: to nothing), as long as no durable name changes: observers of a log ask for the same few after every step. */
  readonly #found = new Map<string, Inode | null>()
  #foundAt = 0

  constructor(image: DiskImage) {
    this.#image = image
  }

  get changes(): number {
    return this.#image.durableChanges
  }

  get lastChanged(): DurableFile | null {
    return this.#image.lastDurableChange
  }

  read(path: string): Uint8Array | null {
    return this.readFrom(path, 0)
  }

  readFrom(path: string, offset: number): Uint8Array | null {
    const file = this.file(path)
    return file === null ? null : file.readDurable(offset, file.durableSize)
  }

  size(path: string): number | null {
    return this.file(path)?.durableSize ?? null
  }

  /** Empty when there is no such directory. */
  list(directory: string): string[] {
    const found = this.#find(directory)
    return found?.kind === 'directory' ? [...found.durable.keys()].sort() : []
  }

  file(path: string): FileInode | null {
    const found = this.#find(path)
    return found?.kind === 'file' ? found : null
  }

  #find(path: string): Inode | null {
    const { durableNameChanges } = this.#image
    if (this.#foundAt !== durableNameChanges) {
      this.#foundAt = durableNameChanges
      this.#found.clear()
    }
    let inode = this.#found.get(path)
    if (inode === undefined) {
      inode = walk(this.#image.root, 'durable', partsOf(path)) ?? null
      // Paths asked for once and never again must not gather.
      if (this.#found.size >= mostFound) this.#found.clear()
      this.#found.set(path, inode)
    }
    return inode
  }
}

const mostFound = 4096
