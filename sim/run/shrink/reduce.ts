/** Of several lists, the first in their order that still shows the failure, and the list that is left of it; null: none of them. */
export type FirstOf<T> = (lists: readonly (readonly T[])[]) => Promise<{ readonly index: number; readonly items: readonly T[] } | null>

/**
 * Leaves out chunks of `size` neighbours, wherever the rest still shows the failure, until no such chunk can go: the complements of delta debugging
 * (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002). With size 1 the result is 1-minimal.
 *
 * After a success it goes on behind the chunk that went, and round to the front, so that what has just been tried in vain is tried last. What is left
 * may be less than what was asked for; `key` tells which of the items it is.
 */
export async function withoutChunks<T>(items: readonly T[], size: number, key: (item: T) => string, first: FirstOf<T>): Promise<readonly T[]> {
  let left = items
  let start = 0
  while (left.length > 0) {
    const chunks = chunkStarts(left.length, size, start)
    const found = await first(chunks.map((at) => [...left.slice(0, at), ...left.slice(at + size)]))
    if (found === null) return left
    const before = new Set(left.slice(0, chunks[found.index]).map(key))
    left = found.items
    start = left.filter((item) => before.has(key(item))).length
  }
  return left
}

/** Where chunks begin: from `start` on to the end, then those before it. */
function chunkStarts(length: number, size: number, start: number): number[] {
  const starts: number[] = []
  for (let at = start; at < length; at += size) starts.push(at)
  for (let at = 0; at < Math.min(start, length); at += size) starts.push(at)
  return starts
}

/**
 * Delta debugging: first nothing at all, then ever smaller chunks, halves to single items. The result is one of the lists that showed the failure, and no
 * single item of it can be left out.
 */
export async function minimise<T>(items: readonly T[], key: (item: T) => string, first: FirstOf<T>): Promise<readonly T[]> {
  if (items.length === 0) return items
  let left = (await first([[]]))?.items ?? items
  for (let size = Math.ceil(left.length / 2); size > 1; size = Math.min(Math.ceil(size / 2), Math.ceil(left.length / 2))) {
    left = await withoutChunks(left, size, key, first)
  }
  return withoutChunks(left, 1, key, first)
}

/** Leaves out whole groups of items, such as all of one kind; groups are tried in the order in which their first items come. */
export async function withoutGroups<T>(items: readonly T[], groupOf: (item: T) => string, first: FirstOf<T>): Promise<readonly T[]> {
  let left = items
  const needed = new Set<string>()
  for (;;) {
    const groups = [...new Set(left.map(groupOf))].filter((group) => !needed.has(group))
    if (groups.length === 0) return left
    const found = await first(groups.map((group) => left.filter((item) => groupOf(item) !== group)))
    if (found === null) return left
    // Those before it could not go, and are not asked again here.
    for (const group of groups.slice(0, found.index)) needed.add(group)
    left = found.items
  }
}
