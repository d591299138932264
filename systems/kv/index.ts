/** An ordered, durable key-value store over the `Host` seam: for simulations and for real disks. */
export type { OpenedArchive } from './archive.js'
export type { BatchOperation } from './batch.js'
export {
  Corrupt,
  CorruptContent,
  CorruptManifest,
  CorruptPage,
  ExpiredTerm,
  FailedRead,
  KvError,
  type KvErrorCode,
  NotFound,
  NotWritten,
  OutOfSpace,
  type PagePlace,
  StoreBusy,
  StoreClosed,
  UnknownOutcome,
} from './errors.js'
export { type CloudOptions, cloudDefaults, type GivenOptions, type KvOptions, kvDefaults, type ValueCodec } from './options.js'
export type { KvEntry, ScanOptions } from './reads.js'
export type { Snapshot } from './snapshot.js'
export type { PartitionStats, StoreStats } from './stats.js'
export { type KvPartition, type KvStore, open, type PutOptions } from './store.js'
