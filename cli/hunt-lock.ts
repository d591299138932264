import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Files of the locks that this process holds: one with this process's id that is not among them was left by another, in a container that counts from 1 again. */
const own = new Set<string>()

/**
 * One hunt at a time in a folder: a file that names the process whose hunt it is. What a killed process left is taken over, since its process is gone.
 * Two hunts that find such a leftover in the same instant are not told apart.
 */
export class HuntLock {
  readonly #file: string

  private constructor(file: string) {
    this.#file = file
  }

  /** The lock, or the process that holds it. */
  static take(name: string): HuntLock | { readonly heldBy: number } {
    const file = path.resolve(name)
    for (;;) {
      try {
        writeFileSync(file, `${process.pid}\n`, { flag: 'wx' })
        own.add(file)
        return new HuntLock(file)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = Number(readFileSync(file, 'utf8'))
      if (Number.isSafeInteger(holder) && holder > 0 && (holder === process.pid ? own.has(file) : isAlive(holder))) return { heldBy: holder }
      rmSync(file, { force: true })
    }
  }

  release(): void {
    own.delete(this.#file)
    rmSync(this.#file, { force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Of another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
