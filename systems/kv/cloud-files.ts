/**
 * Data files as objects, each written once and whole, with the disk as a cache: what lies there is used when it is what it should be, and fetched again when not. The
 * term of its owner is part of an object's name, so that two owners never write the same one.
 */
import { concatBytes } from './bytes.js'
import { ExpiredTerm, FailedRead, KvError, NotWritten } from './errors.js'
import type { LocalFiles } from './local-files.js'
import type { ObjectRequests } from './object-requests.js'
import { type PageFiles, type PlacedPage, runsOf, sealPlaced } from './page-files.js'

export interface CloudFilesOptions {
  readonly requests: ObjectRequests
  readonly prefix: string
  readonly partition: string
  readonly term: number
  readonly cache: LocalFiles
  readonly cacheBytes: number
  /** What a file takes in the cache, in bytes. Rejects with a `KvError`. */
  readonly bytesInCache: (file: number) => Promise<number>
  readonly pageBytes: number
  readonly filePages: number
  /** Undefined: the file belongs to no state. */
  readonly termOf: (file: number) => number | undefined
}

export class CloudFiles implements PageFiles {
  readonly hasCopies = true
  readonly #options: CloudFilesOptions
  /** By file, bytes that are kept on the disk; those added first are first. */
  readonly #cached = new Map<number, number>()
  #cachedBytes = 0
  /** Whether what earlier lives left on the disk is counted in. */
  #isCacheKnown = false

  constructor(options: CloudFilesOptions) {
    this.#options = options
  }

  async read(physical: number): Promise<Uint8Array> {
    try {
      return await this.#options.cache.read(physical)
    } catch (error) {
      if (!(error instanceof FailedRead)) throw error
      return (await this.readCopy(physical)) ?? new Uint8Array(0)
    }
  }

  /** Of the object; the disk has it from then on. */
  async readCopy(physical: number): Promise<Uint8Array | null> {
    const { requests, pageBytes, filePages } = this.#options
    const file = Math.floor(physical / filePages)
    const found = await requests.get(this.nameOf(file), { from: (physical % filePages) * pageBytes, length: pageBytes })
    if (found === null) return null
    await this.#keep([{ physical, bytes: found.body, seal: null }])
    return found.body
  }

  async write(pages: readonly PlacedPage[]): Promise<void> {
    const { requests, prefix, partition, term, filePages } = this.#options
    for (const page of pages) sealPlaced(page)
    for (const { file, page, pages: own } of runsOf(pages, filePages)) {
      const key = `${prefix}/data-${file}-${term}`
      if (page !== 0) throw new NotWritten(`${key}: a file begins with its first page, not with page ${page}`)
      const put = await requests.putFirst(key, concatBytes(own.map(({ bytes }) => bytes)))
      if (put === 'taken') throw new ExpiredTerm(partition, term)
      if (put !== 'written') throw new NotWritten(`${key} could not be written: the object store does not answer`)
    }
    await this.#keep(pages)
  }

  async list(): Promise<number[]> {
    const { requests, prefix, term, termOf } = this.#options
    await this.#learnCache()
    const files = new Set<number>()
    for (const key of await requests.list(`${prefix}/data-`)) {
      const [file, owner] = key.slice(`${prefix}/data-`.length).split('-').map(Number) as [number, number]
      const isStray = owner < term && termOf(file) !== owner
      // Of an earlier owner who could not say in the manifest what it had written.
      if (isStray) await requests.delete(key)
      else if (owner <= term) files.add(file)
    }
    return [...files].sort((a, b) => a - b)
  }

  async remove(file: number): Promise<void> {
    await this.#options.requests.delete(this.nameOf(file))
    await this.#drop(file)
  }

  nameOf(file: number): string {
    const { prefix, term, termOf } = this.#options
    return `${prefix}/data-${file}-${termOf(file) ?? term}`
  }

  close(): void {
    this.#options.cache.close()
  }

  /** On the disk, for as long as there is room: what cannot be kept is fetched again. */
  async #keep(pages: readonly PlacedPage[]): Promise<void> {
    const { cache, filePages } = this.#options
    try {
      await cache.write(pages)
    } catch (error) {
      if (!(error instanceof KvError)) throw error
      return
    }
    for (const { physical, bytes } of pages) {
      const file = Math.floor(physical / filePages)
      this.#cached.set(file, (this.#cached.get(file) ?? 0) + bytes.length)
      this.#cachedBytes += bytes.length
    }
    await this.#makeRoom()
  }

  async #makeRoom(): Promise<void> {
    while (this.#cachedBytes > this.#options.cacheBytes && this.#cached.size > 1) await this.#drop(this.#cached.keys().next().value as number)
  }

  /** What earlier lives left on the disk counts too, and goes where the state does not name it. A disk that would not say what is there is asked again. */
  async #learnCache(): Promise<void> {
    if (this.#isCacheKnown) return
    const { cache, bytesInCache, termOf } = this.#options
    const found = new Map<number, number>()
    try {
      for (const file of await cache.list()) found.set(file, await bytesInCache(file))
    } catch (error) {
      if (!(error instanceof KvError)) throw error
      return
    }
    this.#isCacheKnown = true
    for (const [file, bytes] of found) {
      if (this.#cached.has(file)) continue
      this.#cached.set(file, bytes)
      this.#cachedBytes += bytes
      if (termOf(file) === undefined) await this.#drop(file)
    }
    await this.#makeRoom()
  }

  async #drop(file: number): Promise<void> {
    this.#cachedBytes -= this.#cached.get(file) ?? 0
    this.#cached.delete(file)
    try {
      await this.#options.cache.remove(file)
    } catch (error) {
      if (!(error instanceof KvError)) throw error
    }
  }
}
