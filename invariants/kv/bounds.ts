import type { KvJudge } from './observer.js'

/** What is kept in memory stays within its budget (CacheBudget), and a partition has one writer (OneWriter). */
export const bounds =
  (): KvJudge =>
  ({ host, partition, model }) => {
    const store = host.process?.store
    if (store === null || store === undefined) return undefined
    const { index, data, filters } = store.caches
    for (const [name, cache] of [
      ['index', index],
      ['data', data],
      ['filter', filters],
    ] as const) {
      if (cache.bytes > cache.budget)
        return { check: 'CacheBudget', message: `${host.name}: the ${name} cache holds ${cache.bytes} bytes, and may hold ${cache.budget}` }
    }
    const writers = partition?.core.writers ?? 0
    return writers > 1 ? { check: 'OneWriter', message: `${model.name}: ${writers} writers are at work` } : undefined
  }
