import { Misuse } from '../host/errors.js'

/** The parts of a path from the disk's root; none for the root itself, written `''` or `'.'`. Throws `Misuse` for a path no disk could hold. */
export function partsOf(path: string): readonly string[] {
  if (path === '' || path === '.') return []
  const parts = path.split('/')
  for (const part of parts) {
    if (part === '' || part === '.' || part === '..' || part.includes('\0')) {
      throw new Misuse(`a disk path is relative, its parts joined by single slashes and none of them '.' or '..', not '${path}'`)
    }
  }
  return parts
}

/** The directory that a path's last part is a name in; `''` for the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}
