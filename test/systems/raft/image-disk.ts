import { DiskImage } from '../../../sim/disk/disk-image.js'
import type { FileInode } from '../../../sim/disk/file-inode.js'
import { DiskError } from '../../../sim/host/errors.js'
import type { Disk, File, Host, OpenOptions } from '../../../sim/host/seam.js'

/** A `Disk` over a disk image without time: every operation takes effect at once, and the life that uses it ends after a given number of them. */
export class ImageDisk implements Disk {
  operations = 0
  /** Nothing happens from this operation on, and nothing settles. */
  diesAt = Number.POSITIVE_INFINITY
  /** The sync with this number fails, as does the append. */
  failsSyncAt = -1
  failsAppendAt = -1
  syncs = 0
  appends = 0

  constructor(readonly image = new DiskImage()) {}

  async open(path: string, options: OpenOptions = {}): Promise<File> {
    await this.#effect()
    return new ImageFile(this, path, this.image.openFile(path, options))
  }
  async rename(from: string, to: string): Promise<void> {
    await this.#effect()
    this.image.rename(from, to)
  }
  async remove(path: string): Promise<void> {
    await this.#effect()
    this.image.remove(path)
  }
  async list(directory: string): Promise<string[]> {
    await this.#effect()
    return this.image.list(directory)
  }
  async makeDirectory(path: string): Promise<void> {
    await this.#effect()
    this.image.makeDirectory(path)
  }
  async syncDirectory(path: string): Promise<void> {
    await this.#effect()
    this.image.syncDirectory(path)
  }
  async stat(path: string): Promise<{ size: number } | null> {
    await this.#effect()
    const found = this.image.find(path, 'stat')
    return found?.kind === 'file' ? { size: found.size } : null
  }
  async readFile(path: string): Promise<Uint8Array | null> {
    await this.#effect()
    const found = this.image.find(path, 'read')
    return found?.kind === 'file' ? found.read(0, found.size) : null
  }
  async append(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.open(path, { create: true })
    await file.append(bytes)
  }
  async sync(path: string): Promise<void> {
    const file = await this.open(path)
    await file.sync()
  }
  async replace(path: string, bytes: Uint8Array): Promise<void> {
    const file = await this.open(`${path}.new`, { create: true, truncate: true })
    await file.append(bytes)
    await file.sync()
    await this.rename(`${path}.new`, path)
    await this.syncDirectory(path.slice(0, path.lastIndexOf('/')))
  }

  async effect(): Promise<void> {
    await this.#effect()
  }

  #effect(): Promise<void> {
    return this.operations++ >= this.diesAt ? new Promise(() => {}) : Promise.resolve()
  }
}

/** A disk with the same files, of which the last byte of the newest rotted. */
export function withRottenEnd({ image }: ImageDisk, directory: string): ImageDisk {
  const copy = new DiskImage()
  copy.makeDirectory(directory)
  const names = image.list(directory)
  for (const name of names) {
    const bytes = (image.durable.read(`${directory}/${name}`) as Uint8Array).slice()
    if (name === names.at(-1)) bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 0x10
    copy.write(copy.openFile(`${directory}/${name}`, { create: true }), 0, bytes)
  }
  return new ImageDisk(copy)
}

class ImageFile implements File {
  constructor(
    readonly disk: ImageDisk,
    readonly path: string,
    readonly inode: FileInode,
  ) {}
  async readAt(offset: number, length: number): Promise<Uint8Array> {
    await this.disk.effect()
    return this.inode.read(offset, Math.max(0, Math.min(length, this.inode.size - offset)))
  }
  async writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    await this.disk.effect()
    this.disk.image.write(this.inode, offset, bytes)
  }
  async append(bytes: Uint8Array): Promise<number> {
    const offset = this.inode.size
    const copy = bytes.slice()
    await this.disk.effect()
    if (this.disk.appends++ === this.disk.failsAppendAt) {
      this.disk.image.write(this.inode, offset, copy.subarray(0, copy.length >> 1))
      throw new DiskError('ENOSPC', 'append', this.path)
    }
    this.disk.image.write(this.inode, offset, copy)
    return offset
  }
  async truncate(size: number): Promise<void> {
    await this.disk.effect()
    this.disk.image.truncate(this.inode, size)
  }
  async sync(): Promise<void> {
    await this.disk.effect()
    const through = this.disk.image.beginSync(this.inode)
    if (this.disk.syncs++ === this.disk.failsSyncAt) {
      this.disk.image.failSync(this.inode, through)
      throw new DiskError('EIO', 'sync', this.path)
    }
    this.disk.image.finishSync(this.inode, through)
  }
  size(): number {
    return this.inode.size
  }
  close(): void {}
}

/** Only what storage needs of a host. Its `exit` ends the disk's life instead of throwing, so that a test can go on. */
export function hostWith(disk: ImageDisk, incarnation: number, exited: (reason: string) => void = () => {}): Host {
  const host = {
    name: 'member-1',
    incarnation,
    disk,
    check: { sometimes() {}, reachable() {} },
    async failpoint() {},
    exit(reason: string): void {
      disk.diesAt = 0
      exited(reason)
    },
  }
  return host as unknown as Host
}
