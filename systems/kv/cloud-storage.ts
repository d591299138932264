import { Misuse } from '../../sim/host/errors.js'
import type { Host } from '../../sim/host/seam.js'
import { type ArchiveStore, sortArchives } from './archives.js'
import { CloudFiles } from './cloud-files.js'
import { CloudManifest } from './cloud-manifest.js'
import { claimTerm, currentTerm } from './cloud-term.js'
import { ExpiredTerm, NotWritten, UnknownOutcome } from './errors.js'
import { failedRead, failureOf, LocalFiles } from './local-files.js'
import { makeDurableDirectory } from './local-storage.js'
import { emptyState } from './manifest-state.js'
import { ObjectRequests } from './object-requests.js'
import type { CloudOptions, KvOptions } from './options.js'
import type { FileCounts } from './page-files.js'
import type { PartitionStorage } from './storage.js'

/** A partition in the object store, taken over from whoever had it. */
export async function openCloudStorage(host: Host, options: KvOptions, cloud: CloudOptions, name: string, counts: FileCounts): Promise<PartitionStorage> {
  const directory = `${options.directory}/${name}`
  try {
    await makeDurableDirectory(host, directory)
  } catch (error) {
    throw failureOf(error)
  }
  const own = (await host.disk.list(directory).catch(failedRead)).find((file) => /^(manifest|archive)-/.test(file))
  if (own !== undefined)
    throw new Misuse(`${directory}/${own} is of a partition that is kept on this disk, and not behind it: open it without 'cloud', or give another directory`)
  const requests = new ObjectRequests(host, cloud, counts)
  const prefix = `${cloud.prefix}/${name}`
  const termKey = `${prefix}/CURRENT_TERM`
  const term = await claimTerm(host, requests, termKey, cloud.owner)
  const isCurrent = async () => (await currentTerm(requests, termKey)) === term
  const { pageBytes, filePages, layout, codec, journal } = options
  const manifest = new CloudManifest({
    requests,
    prefix,
    partition: name,
    term,
    isCurrent,
    snapshotEvery: cloud.snapshotEvery,
    empty: emptyState({ pageBytes, filePages, layout, codec: codec?.name ?? '' }),
    onBegin: ({ sequence }) => journal?.tell({ kind: 'term', partition: name, term, sequence }),
  })
  return {
    manifest,
    archives: new CloudArchives(requests, prefix),
    term,
    isSealing: true,
    openFiles: ({ pageBytes, filePages }, termOf) => {
      const cache = new LocalFiles({ disk: host.disk, directory, pageBytes, filePages, counts, isDurable: false })
      const bytesInCache = async (file: number) => (await host.disk.stat(cache.nameOf(file)).catch(failedRead))?.size ?? 0
      return new CloudFiles({ requests, prefix, partition: name, term, cache, cacheBytes: cloud.cacheBytes, bytesInCache, pageBytes, filePages, termOf })
    },
    confirm: async () => {
      if (!(await isCurrent())) throw new ExpiredTerm(name, term)
    },
  }
}

class CloudArchives implements ArchiveStore {
  readonly #requests: ObjectRequests
  readonly #prefix: string

  constructor(requests: ObjectRequests, prefix: string) {
    this.#requests = requests
    this.#prefix = prefix
  }

  async list(): Promise<string[]> {
    const keys = await this.#requests.list(`${this.#prefix}/archive-`)
    return sortArchives(keys.map((key) => key.slice(this.#prefix.length + 1)))
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const put = await this.#requests.putFirst(`${this.#prefix}/${name}`, bytes)
    if (put === 'unknown') throw new UnknownOutcome(`${this.#prefix}/${name} may be there: the object store does not answer`)
    if (put !== 'written')
      throw new NotWritten(`${this.#prefix}/${name} could not be written: ${put === 'taken' ? 'there is one' : 'the object store does not answer'}`)
  }

  async get(name: string): Promise<Uint8Array | null> {
    return (await this.#requests.get(`${this.#prefix}/${name}`))?.body ?? null
  }

  remove(name: string): Promise<void> {
    return this.#requests.delete(`${this.#prefix}/${name}`)
  }
}
