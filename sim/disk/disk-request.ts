import { DiskError } from '../host/errors.js'
import type { Nanos } from '../host/seam.js'
import type { DiskDriver } from './disk-driver.js'
import type { DiskFailure, StruckRequest } from './disk-faults.js'
import type { DiskCompletion } from './disk-host.js'
import type { DiskOperation } from './disk-operation.js'
import type { FileInode } from './file-inode.js'

/** Operations that take effect in the order of their issue share one of these. */
export interface Order {
  /** When the last one issued so far takes effect. */
  until: Nanos
}

/** An operation on its way: takes effect on the image when it completes, and settles its promise then. */
export abstract class DiskRequest<T> implements DiskCompletion, StruckRequest {
  readonly promise: Promise<T>
  delay: Nanos = 0
  failure: DiskFailure | null = null
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void

  constructor(
    readonly driver: DiskDriver,
    readonly operation: DiskOperation,
    readonly path: string,
    readonly order: Order | null,
  ) {
    this.promise = new Promise<T>(driver.capture)
    this.#resolve = driver.resolve
    this.#reject = driver.reject
  }

  get file(): FileInode | null {
    return null
  }

  get through(): number {
    return this.driver.image.sequence
  }

  /** Acts on the image. Throws a `DiskError` when the answer is no. */
  protected abstract perform(): T

  complete(): void {
    this.driver.release()
    let result: T
    try {
      result = this.perform()
    } catch (error) {
      this.#reject(error)
      return
    }
    this.#resolve(result)
  }
}

/** An operation on names, given as what it does to the image. */
export class NameRequest<T> extends DiskRequest<T> {
  readonly #act: () => T

  constructor(driver: DiskDriver, operation: DiskOperation, path: string, order: Order | null, act: () => T) {
    super(driver, operation, path, order)
    this.#act = act
  }

  protected override perform(): T {
    if (this.failure?.kind === 'disk.full') throw new DiskError('ENOSPC', this.operation, this.path)
    if (this.failure !== null && this.failure.kind !== 'disk.sync-lie') throw new DiskError('EIO', this.operation, this.path)
    return this.#act()
  }
}
