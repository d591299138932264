import type { Host } from '../host/seam.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import { Bucket, type BucketOptions } from './bucket.js'
import { StoreFaultInjector } from './store-faults.js'
import { ObjectStoreService } from './store-service.js'

/** What a scenario says of its object store. */
export type ObjectStoreOptions = BucketOptions

/** The object store of one run: what it holds and what goes wrong with it. Its host boots it. */
export class SimulatedStore {
  readonly bucket: Bucket
  readonly faults = new StoreFaultInjector()
  /** Of the latencies. */
  key: Key

  constructor(options: ObjectStoreOptions, runKey: Key, salt: string) {
    this.bucket = new Bucket(options)
    this.key = deriveKey(deriveKey(runKey, 'object store'), salt)
  }

  boot(host: Host): ObjectStoreService {
    return new ObjectStoreService(host, this)
  }

  /** Latencies are drawn anew from now on. */
  reseed(seed: string): void {
    this.key = deriveKey(this.key, seed)
  }
}
