import type { Host } from '../../sim/host/seam.js'
import { LocalArchives } from './archives.js'
import { failureOf, LocalFiles } from './local-files.js'
import { LocalManifest } from './local-manifest.js'
import type { ManifestState } from './manifest-state.js'
import type { KvOptions } from './options.js'
import type { FileCounts, PageFiles } from './page-files.js'
import type { PartitionStorage } from './storage.js'

/** A partition on the host's disk alone. */
export async function openLocalStorage(host: Host, options: KvOptions, name: string, counts: FileCounts): Promise<PartitionStorage> {
  const { disk } = host
  const directory = `${options.directory}/${name}`
  try {
    await makeDurableDirectory(host, directory)
  } catch (error) {
    throw failureOf(error)
  }
  return {
    manifest: new LocalManifest({ disk, directory, partition: name, copies: options.manifestCopies, longBytes: options.manifestBytes, counts }),
    archives: new LocalArchives(disk, directory),
    term: 0,
    isSealing: false,
    openFiles: ({ pageBytes, filePages }: Pick<ManifestState, 'pageBytes' | 'filePages'>): PageFiles =>
      new LocalFiles({ disk, directory, pageBytes, filePages, counts }),
    confirm: () => Promise.resolve(),
  }
}

/** A directory whose name, and those of all above it, a power loss does not take. */
export async function makeDurableDirectory({ disk }: Host, directory: string): Promise<void> {
  await disk.makeDirectory(directory)
  const parts = directory.split('/')
  for (let depth = 0; depth < parts.length; depth++) await disk.syncDirectory(parts.slice(0, depth).join('/'))
}
