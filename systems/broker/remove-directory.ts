import type { Disk } from '../../sim/host/seam.js'

/** Removes a directory of plain files; a crash may leave some of it. */
export async function removeDirectory(disk: Disk, path: string): Promise<void> {
  for (const name of await disk.list(path)) await disk.remove(`${path}/${name}`)
  await disk.remove(path)
}
