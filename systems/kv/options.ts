import { ms, s } from '../../sim/host/durations.js'
import { Misuse } from '../../sim/host/errors.js'
import type { Nanos } from '../../sim/host/seam.js'
import type { KvJournal } from './journal.js'

/** Compresses values; both directions synchronous, and deterministic. `name` is kept in manifests: a store opens only with the codec it was written with. */
export interface ValueCodec {
  readonly name: string
  compress(bytes: Uint8Array): Uint8Array
  decompress(bytes: Uint8Array): Uint8Array
}

export interface CloudOptions {
  /** Before the names of all objects of this store. */
  readonly prefix: string
  /** Whose store this is, for messages and the object that holds the current term. */
  readonly owner: string
  /** Of one request. */
  readonly timeout: Nanos
  /** How often a request whose outcome is a failure for now is sent again. */
  readonly attempts: number
  /** Between two of them. */
  readonly pause: Nanos
  /** A whole manifest is written after so many changes. */
  readonly snapshotEvery: number
  /** Names on a page of a list, at most: from 1 to 1,000. */
  readonly listPage: number
  /** Bytes of data files that are kept on the disk beside. */
  readonly cacheBytes: number
}

export interface KvOptions {
  /** On the host's disk. */
  readonly directory: string
  /** A power of two from 512 to 32,768. Fixed when a partition is made. */
  readonly pageBytes: number
  /** Pages of a data file. Fixed when a partition is made. */
  readonly filePages: number
  /** `append`: files are filled in order and compacted. `reuse`: free pages are written again; no archives, no cloud. */
  readonly layout: 'append' | 'reuse'
  /** Worker loops; a partition belongs to one. */
  readonly shards: number
  /** Reads, scans and commits under way in a shard. */
  readonly shardConcurrency: number
  /** Operations that wait for a shard; more are `busy`. */
  readonly shardQueue: number
  /** Batches that wait for a partition's writer; more are `busy`. */
  readonly writeQueue: number
  /** Batches that wait become one commit up to so many. */
  readonly mostBatchesACommit: number
  /** Bytes of index pages kept in memory. */
  readonly indexCacheBytes: number
  /** Bytes of data pages kept in memory; 0: none, each read asks the disk. */
  readonly dataCacheBytes: number
  /** Bytes of Bloom filters kept in memory; 0: none. */
  readonly filterBytes: number
  /** A partition that was opened reads its index pages into memory beforehand, as far as there is room; with a cloud tier the disk has them from then on, too. */
  readonly prewarms: boolean
  /** Pages read at the same time for one batch. */
  readonly readAhead: number
  /**
   * Bytes of memory, of each partition that is written to, for changes that are durable in the manifest while the pages which they lead to are still to be
   * written; 0: every commit writes its pages. An eighth of it at most is what was asked for, which a start has to do again. Without a cloud tier only.
   */
  readonly deferredBytes: number
  /** The manifest is written anew when it is longer, in bytes. */
  readonly manifestBytes: number
  /** How many copies of the manifest there are: with two, one that decayed is healed from the other. */
  readonly manifestCopies: 1 | 2
  /** Data files are compacted when their pages are so many times those that are in use. */
  readonly amplification: number
  /** Archives that are kept of a partition; older ones are removed. */
  readonly keptArchives: number
  /** How often entries that have expired are removed, and files collected. */
  readonly upkeepEvery: Nanos
  readonly codec: ValueCodec | null
  /** Values below this length are never compressed, in bytes. */
  readonly leastCompressed: number
  readonly cloud: CloudOptions | null
  /** What judges of a simulation are told of. */
  readonly journal: KvJournal | null
}

export const kvDefaults: KvOptions = {
  directory: 'kv',
  pageBytes: 4_096,
  filePages: 2_048,
  layout: 'append',
  shards: 1,
  shardConcurrency: 64,
  shardQueue: 4_096,
  writeQueue: 1_024,
  mostBatchesACommit: 256,
  indexCacheBytes: 32 * 1024 * 1024,
  dataCacheBytes: 64 * 1024 * 1024,
  filterBytes: 4 * 1024 * 1024,
  prewarms: false,
  readAhead: 32,
  deferredBytes: 32 * 1024 * 1024,
  manifestBytes: 8 * 1024 * 1024,
  manifestCopies: 2,
  amplification: 2,
  keptArchives: 8,
  upkeepEvery: s(1),
  codec: null,
  leastCompressed: 256,
  cloud: null,
  journal: null,
}

export const cloudDefaults: CloudOptions = {
  prefix: 'kv',
  owner: 'owner',
  timeout: s(2),
  attempts: 6,
  pause: ms(50),
  snapshotEvery: 64,
  listPage: 1_000,
  cacheBytes: 256 * 1024 * 1024,
}

export type GivenOptions = Partial<Omit<KvOptions, 'cloud'>> & { readonly cloud?: Partial<CloudOptions> | null }

/** Throws `Misuse` on options that make no sense. */
export function completeOptions(given: GivenOptions): KvOptions {
  requireNames(given, kvDefaults, '')
  if (given.cloud != null) requireNames(given.cloud, cloudDefaults, 'cloud.')
  const cloud = given.cloud === undefined || given.cloud === null ? null : { ...cloudDefaults, ...given.cloud }
  const options: KvOptions = { ...kvDefaults, ...given, cloud }
  const wrong = (name: string, what: string, value: unknown) => new Misuse(`the option ${name} is ${what}, not ${String(value)}`)
  const { pageBytes } = options
  if (![512, 1024, 2048, 4096, 8192, 16384, 32768].includes(pageBytes)) throw wrong('pageBytes', 'a power of two from 512 to 32,768', pageBytes)
  const counts = [
    'filePages',
    'shards',
    'shardConcurrency',
    'shardQueue',
    'writeQueue',
    'mostBatchesACommit',
    'readAhead',
    'manifestBytes',
    'keptArchives',
  ] as const
  for (const name of counts) if (!Number.isSafeInteger(options[name]) || options[name] < 1) throw wrong(name, 'an integer from 1 on', options[name])
  for (const name of ['deferredBytes', 'indexCacheBytes', 'dataCacheBytes', 'filterBytes', 'leastCompressed', 'upkeepEvery'] as const)
    if (!Number.isSafeInteger(options[name]) || options[name] < 0) throw wrong(name, 'an integer from 0 on', options[name])
  if (!(options.amplification > 1)) throw wrong('amplification', 'above 1', options.amplification)
  const { layout, manifestCopies, codec, prewarms } = options
  if (typeof prewarms !== 'boolean') throw wrong('prewarms', 'true or false', prewarms)
  if (layout !== 'append' && layout !== 'reuse') throw wrong('layout', "'append' or 'reuse'", layout)
  if (manifestCopies !== 1 && manifestCopies !== 2) throw wrong('manifestCopies', '1 or 2', manifestCopies)
  if (codec !== null && !(typeof codec.name === 'string' && codec.name !== '' && isFunction(codec.compress) && isFunction(codec.decompress)))
    throw new Misuse('the option codec is null, or has a name and the functions compress and decompress')
  if (cloud === null) return options
  if (layout !== 'append') throw new Misuse("a store with a cloud tier has the layout 'append'")
  for (const name of ['attempts', 'snapshotEvery', 'listPage', 'timeout'] as const)
    if (!Number.isSafeInteger(cloud[name]) || cloud[name] < 1) throw wrong(`cloud.${name}`, 'an integer from 1 on', cloud[name])
  for (const name of ['cacheBytes', 'pause'] as const)
    if (!Number.isSafeInteger(cloud[name]) || cloud[name] < 0) throw wrong(`cloud.${name}`, 'an integer from 0 on', cloud[name])
  if (cloud.listPage > 1_000) throw wrong('cloud.listPage', 'at most 1,000', cloud.listPage)
  return options
}

const isFunction = (value: unknown): boolean => typeof value === 'function'

/** A name that is mistyped would be an option that is not heeded. */
function requireNames(given: object, known: object, before: string): void {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(known, name))
      throw new Misuse(
        `there is no option ${before}${name}: there are ${Object.keys(known)
          .map((each) => before + each)
          .join(', ')}`,
      )
}

export const largestPageBytes = 32_768

/** Keys are at most so long, in bytes: several separators must fit into an index page. */
export function longestKey(pageBytes: number): number {
  return Math.floor(pageBytes / 8)
}

/** Entries that take more than this, in bytes, keep their value in overflow pages: several entries must fit into a data page. */
export function longestInline(pageBytes: number): number {
  return Math.floor(pageBytes / 4)
}
