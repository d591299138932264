/** Pages in memory within a budget of bytes, shared by the partitions of a store; the one that was used least recently goes first. */

interface Cached<T> {
  readonly home: Map<number, Cached<T>>
  readonly logical: number
  stamp: number
  value: T
  bytes: number
  newer: Cached<T> | null
  older: Cached<T> | null
}

export class PageCache<T> {
  #newest: Cached<T> | null = null
  #oldest: Cached<T> | null = null
  #bytes = 0

  constructor(readonly budget: number) {}

  get bytes(): number {
    return this.#bytes
  }

  /** The pages of one partition. */
  view(): CacheView<T> {
    return new CacheView(this)
  }

  add(home: Map<number, Cached<T>>, logical: number, stamp: number, value: T, bytes: number): void {
    const before = home.get(logical)
    if (bytes > this.budget) {
      if (before !== undefined) this.remove(before)
      return
    }
    if (before === undefined) {
      const cached: Cached<T> = { home, logical, stamp, value, bytes, newer: null, older: null }
      this.#link(cached)
      home.set(logical, cached)
      this.#bytes += bytes
    } else {
      this.touch(before)
      this.#bytes += bytes - before.bytes
      before.stamp = stamp
      before.value = value
      before.bytes = bytes
    }
    while (this.#bytes > this.budget && this.#oldest !== null) this.remove(this.#oldest)
  }

  touch(cached: Cached<T>): void {
    if (cached === this.#newest) return
    this.#unlink(cached)
    this.#link(cached)
  }

  remove(cached: Cached<T>): void {
    this.#unlink(cached)
    cached.home.delete(cached.logical)
    this.#bytes -= cached.bytes
  }

  #link(cached: Cached<T>): void {
    cached.older = this.#newest
    if (this.#newest !== null) this.#newest.newer = cached
    this.#newest = cached
    this.#oldest ??= cached
  }

  #unlink(cached: Cached<T>): void {
    const { newer, older } = cached
    if (newer === null) this.#newest = older
    else newer.older = older
    if (older === null) this.#oldest = newer
    else older.newer = newer
    cached.newer = null
    cached.older = null
  }
}

/** One partition's pages in a cache: at most one version of each logical page, known by its stamp. */
export class CacheView<T> {
  readonly #cache: PageCache<T>
  readonly #pages = new Map<number, Cached<T>>()

  constructor(cache: PageCache<T>) {
    this.#cache = cache
  }

  get(logical: number, stamp: number): T | undefined {
    const cached = this.#pages.get(logical)
    if (cached === undefined || cached.stamp !== stamp) return undefined
    this.#cache.touch(cached)
    return cached.value
  }

  has(logical: number): boolean {
    return this.#pages.has(logical)
  }

  add(logical: number, stamp: number, value: T, bytes: number): void {
    this.#cache.add(this.#pages, logical, stamp, value, bytes)
  }

  clear(): void {
    for (const cached of [...this.#pages.values()]) this.#cache.remove(cached)
  }
}
