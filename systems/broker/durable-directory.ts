import type { Disk } from '../../sim/host/seam.js'

/** Makes a directory whose name, and those of the directories it is in, survive a power loss. */
export async function makeDurableDirectory(disk: Disk, path: string): Promise<void> {
  await disk.makeDirectory(path)
  for (let slash = path.lastIndexOf('/'); slash >= 0; slash = path.lastIndexOf('/', slash - 1)) await disk.syncDirectory(path.slice(0, slash))
  await disk.syncDirectory('')
}

/** Removes a directory of plain files; a crash may leave some of it. */
export async function removeDirectory(disk: Disk, path: string): Promise<void> {
  for (const name of await disk.list(path)) await disk.remove(`${path}/${name}`)
  await disk.remove(path)
}
