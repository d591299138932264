/** What a partition's writer does between commits so that space comes back: entries that have expired, data files that are mostly empty, files that nobody names. */
import type { BatchOperation } from './batch.js'
import type { MovedPage } from './commit.js'
import { amplificationOf, mostMovedPages, pagesToMove } from './compaction.js'
import { Corrupt, FailedRead, KvError } from './errors.js'
import { keyOfExpiry } from './expiry.js'
import { garbageOf } from './garbage.js'
import type { Partition } from './partition.js'
import { scanLeaves } from './tree-reader.js'

/** Entries that one commit removes because they have expired, at most. */
const mostExpired = 1_000

/** No entry takes less, its place among those that expire counted in. */
const leastEntryBytes = 8

/** What one round may do, at most: what it finds at its beginning. Work that comes in faster than it is done is for the next round. */
interface Round {
  /** Entries that expire later are left. */
  readonly nowMillis: number
  mayRemove: number
  mayMove: number
  /** Whether pages that wait to be written may wait on for those of more commits. */
  readonly mayWait: boolean
}

/**
 * One round, until there is nothing left to do: each part is a job of its own, and so is each repetition, so that batches go in between. A part that fails is tried
 * again in the next round. Pages that wait to be written are written, unless `mayWait` says that they may wait for those of more commits.
 */
export async function keepUp(partition: Partition, mayWait: boolean): Promise<void> {
  const pages = partition.chain.current.mapping.count
  const mayRemove = Math.ceil((pages * partition.pages.pageBytes) / leastEntryBytes)
  const round: Round = { nowMillis: partition.nowMillis(), mayRemove, mayMove: pages, mayWait }
  const jobs = new Jobs(partition)
  await jobs.run('repair', () => partition.repair())
  await jobs.run('write', () => (mayWait ? settleWhenQuiet(partition) : partition.settle()))
  await jobs.run('manifest', () => shortenManifest(partition))
  let isMore = true
  while (isMore && !jobs.isOver) {
    const isMoreExpired = await jobs.run('expire', () => removeExpired(partition, round))
    if (!mayWait) await jobs.run('write', () => partition.settle())
    // Files that commits have emptied need no compaction.
    await jobs.run('collect', () => collectFiles(partition))
    const isMoreMisplaced = await jobs.run('compact', () => compact(partition, round))
    isMore = isMoreExpired || isMoreMisplaced
  }
  await jobs.run('collect', () => collectFiles(partition))
}

/** Jobs of the partition's writer, one after the other. */
class Jobs {
  /** The partition is closed, or another owner has it. */
  isOver = false

  constructor(readonly partition: Partition) {}

  /** Answers whether there is more of it to do; not so after a failure. */
  async run(name: string, part: () => Promise<unknown>): Promise<boolean> {
    if (this.isOver) return false
    const { partition } = this
    let isMore = false
    try {
      await partition.job(name, async () => {
        isMore = (await part()) === true
      })
    } catch (error) {
      if (!(error instanceof KvError)) throw error
      if (error.code === 'closed' || error.code === 'expired-term') this.isOver = true
      else partition.host.log.warn('kv.upkeep', { partition: partition.name, part: name, error: error.message })
      return false
    }
    return isMore
  }
}

/** While commits come and go their pages can wait for each other. */
async function settleWhenQuiet(partition: Partition): Promise<void> {
  const { commits, commitsSeen } = partition
  partition.commitsSeen = commits
  if (commits === commitsSeen) await partition.settle()
}

async function shortenManifest(partition: Partition): Promise<void> {
  if (!partition.storage.manifest.isLong) return
  await partition.settle()
  await partition.rewriteManifest()
}

/** Entries whose time has come are not served any more; here they go. Answers whether there are more. */
async function removeExpired(partition: Partition, round: Round): Promise<boolean> {
  const { current } = partition.chain
  if (current.expiryRoot === null) return false
  const most = Math.min(mostExpired, round.mayRemove)
  const batch: BatchOperation[] = []
  search: for await (const entries of scanLeaves(partition.pages, current.mapping, current.expiryRoot, { from: null, to: null, direction: 'forward' })) {
    for (const { key } of entries) {
      if (timeOf(key) > round.nowMillis || batch.length >= most) break search
      batch.push({ kind: 'delete', key: keyOfExpiry(key) })
    }
  }
  if (batch.length === 0) return false
  partition.host.check.sometimes('kv: entries that have expired are removed')
  await partition.commitBatches([batch])
  round.mayRemove -= batch.length
  return batch.length === mostExpired && round.mayRemove > 0
}

function timeOf(expiryKey: Uint8Array): number {
  let time = 0
  for (let i = 0; i < 8; i++) time = time * 256 + (expiryKey[i] as number)
  return time
}

/** Moves pages of the emptiest files. Answers whether the rest may still not be dense enough. */
async function compact(partition: Partition, round: Round): Promise<boolean> {
  // Pages that wait will leave more places behind than there are now: until they are written only what is far too large is worth writing them for.
  const factor = partition.options.amplification * (round.mayWait && !partition.deferred.isEmpty ? 1.5 : 1)
  if (misplacedPages(partition, factor).length === 0) return false
  // Those that are about to be written need not be moved.
  await partition.settle()
  const logicals = misplacedPages(partition)
  if (logicals.length === 0) return false
  const moved = await readWhole(partition, logicals.slice(0, mostMovedPages))
  if (moved.length === 0) return false
  partition.host.check.sometimes('kv: data files are compacted')
  await partition.commit(async (_edit, roots) => roots, [], moved)
  round.mayMove -= moved.length
  return round.mayMove > 0
}

function misplacedPages({ state, options, openFile, goneFiles }: Partition, factor = options.amplification): number[] {
  return state.layout === 'append' ? pagesToMove(state, factor, openFile, goneFiles) : []
}

/** Pages as they lie there. What cannot be read stays where it is: whoever reads it is told. */
async function readWhole(partition: Partition, logicals: readonly number[]): Promise<MovedPage[]> {
  const { mapping } = partition.chain.current
  const read = logicals.map(async (logical): Promise<MovedPage | null> => {
    try {
      return { logical, stamp: mapping.stampOf(logical), bytes: await partition.pages.raw(mapping, logical) }
    } catch (error) {
      if (error instanceof Corrupt || error instanceof FailedRead) return null
      throw error
    }
  })
  return (await Promise.all(read)).filter((page) => page !== null)
}

/** Removes files that no manifest, snapshot or archive names. */
export async function collectFiles(partition: Partition): Promise<void> {
  const { files, chain, archiveFiles, pages, openFile, goneFiles } = partition
  const { filePages } = partition.state
  const garbage = garbageOf(await files.list(), { versions: [partition.state, ...chain.live], archives: archiveFiles, filePages, openFile, index: pages.index })
  for (const file of garbage) {
    await files.remove(file)
    goneFiles.add(file)
    partition.tell({ kind: 'removed-file', partition: partition.name, file })
  }
  if (garbage.length > 0) partition.host.check.sometimes('kv: data files are removed')
}

/** Whether there is anything left for upkeep to do for now. */
export function isTidy(partition: Partition): boolean {
  return misplacedPages(partition).length === 0
}

export function amplification(partition: Partition): number {
  return amplificationOf(partition.state, partition.goneFiles)
}
