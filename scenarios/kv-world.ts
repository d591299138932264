/** What scenarios of the engine ask of the whole world. */
import type { World } from '../sim/index.js'
import type { KvServer } from '../systems/kv/kv-server.js'
import { isTidy } from '../systems/kv/upkeep.js'

type KvWorld = World<{ store: KvServer }>

/** Compaction has come to its end: data files are no larger than the factor allows, but for the one that is being filled. */
export function storesAreTidy({ hosts }: KvWorld): boolean {
  return hosts.store.every(({ process }) => process === undefined || process.partitions.every(({ core }) => core.health !== 'in-doubt' && isTidy(core)))
}

export function kvStatistics({ hosts }: KvWorld): Record<string, number> {
  const stats = hosts.store.flatMap(({ process }) => (process?.store == null ? [] : [process.store.stats()]))
  const sum = (of: (each: (typeof stats)[number]) => number) => stats.reduce((total, each) => total + of(each), 0)
  return {
    commits: sum(({ partitions }) => partitions.reduce((total, { sequence }) => total + sequence, 0)),
    pages: sum(({ partitions }) => partitions.reduce((total, { pages }) => total + pages, 0)),
    'page reads': sum(({ pageReads }) => pageReads),
    'page writes': sum(({ pageWrites }) => pageWrites),
  }
}
