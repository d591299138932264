import type { BloomFilter } from './bloom.js'
import type { IndexNode } from './index-page.js'
import type { KvOptions } from './options.js'
import { type CacheView, PageCache } from './page-cache.js'

/** What a store keeps in memory, each within its budget, for all its partitions. */
export class StoreCaches {
  readonly index: PageCache<IndexNode>
  readonly data: PageCache<Uint8Array>
  readonly filters: PageCache<BloomFilter>

  constructor({ indexCacheBytes, dataCacheBytes, filterBytes }: Pick<KvOptions, 'indexCacheBytes' | 'dataCacheBytes' | 'filterBytes'>) {
    this.index = new PageCache(indexCacheBytes)
    this.data = new PageCache(dataCacheBytes)
    this.filters = new PageCache(filterBytes)
  }

  views(): { readonly index: CacheView<IndexNode>; readonly data: CacheView<Uint8Array>; readonly filters: CacheView<BloomFilter> } {
    return { index: this.index.view(), data: this.data.view(), filters: this.filters.view() }
  }
}
