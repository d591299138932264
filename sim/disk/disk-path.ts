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

/** The root of a disk has no name: it can be listed and synced, but not moved, removed or written. Throws `Misuse`. */
export function requireName(path: string): void {
  if (partsOf(path).length === 0) throw new Misuse('the root of a disk is no file and has no name')
}

/** Nothing can be renamed into itself. Throws `Misuse`. */
export function requireApart(from: string, to: string): void {
  if (to.startsWith(`${from}/`)) throw new Misuse(`rename ${from} ${to}: nothing can move into itself`)
}

/** The directory that a path's last part is a name in; `''` for the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}
