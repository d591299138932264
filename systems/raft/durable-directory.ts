import type { Disk } from '../../sim/host/seam.js'

/** Makes a directory with its parents so that all their names survive a power loss. */
export async function makeDurableDirectory(disk: Disk, path: string): Promise<void> {
  await disk.makeDirectory(path)
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) await disk.syncDirectory(path.slice(0, slash))
  await disk.syncDirectory('')
}
