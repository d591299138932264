import { KvError } from './errors.js'
import type { Partition } from './partition.js'

/**
 * Reads the index pages of the current state into memory, from the root down and as far as there is room, so that the first reads need but their data page. A page
 * is a task of the shard, so that those who ask for something go in between.
 */
export async function prewarm(partition: Partition): Promise<void> {
  const { chain, pages, shard, options, host } = partition
  const version = chain.current
  if (version.root === null) return
  chain.pin(version)
  let bytes = 0
  try {
    let level = [version.root]
    while (level.length > 0) {
      const below: number[] = []
      for (const logical of level) {
        if (partition.health === 'closed' || bytes >= options.indexCacheBytes) return
        const page = await shard.run(async () => pages.page(version.mapping, logical))
        // The tree is one data page.
        if (page instanceof Uint8Array) return
        bytes += page.bytes
        if (page.level > 1) for (let i = 0; i < page.length; i++) below.push(page.id(i))
      }
      level = below
    }
    host.check.reachable('kv: index pages are read beforehand')
  } catch (error) {
    if (!(error instanceof KvError)) throw error
    // Whoever needs the page will be told.
    host.log.warn('kv.prewarm', { partition: partition.name, error: error.message })
  } finally {
    chain.release(version)
  }
}
