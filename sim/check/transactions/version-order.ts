import type { ValueKey } from './observed-writes.js'

/** What a register is before its first write. */
export const initial = Symbol.for('seedfall.initial-version')
export type Version = ValueKey | typeof initial

/** Which versions of one key come after which, as far as that is known. */
export class VersionOrder {
  readonly #after = new Map<Version, Set<Version>>()

  add(before: Version, after: Version): void {
    if (before === after) return
    const known = this.#after.get(before)
    if (known === undefined) this.#after.set(before, new Set([after]))
    else known.add(after)
  }

  /** Those that are known to come after a version directly. */
  after(version: Version): readonly Version[] {
    return [...(this.#after.get(version) ?? [])]
  }

  /** Versions that come after each other in a circle, if there are any. */
  cyclic(): readonly Version[] | undefined {
    const done = new Set<Version>()
    for (const root of this.#after.keys()) {
      if (done.has(root)) continue
      const path: Version[] = []
      const onPath = new Set<Version>()
      const stack: Version[][] = [[root]]
      while (stack.length > 0) {
        const level = stack.at(-1)!
        const version = level.pop()
        if (version === undefined) {
          stack.pop()
          const left = path.pop()
          if (left !== undefined) {
            onPath.delete(left)
            done.add(left)
          }
        } else if (onPath.has(version)) {
          return path.slice(path.indexOf(version))
        } else if (!done.has(version)) {
          path.push(version)
          onPath.add(version)
          stack.push(this.after(version) as Version[])
        }
      }
    }
    return undefined
  }
}
