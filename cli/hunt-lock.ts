import { readFileSync, rmSync, writeFileSync } from 'node:fs'

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
  static take(file: string): HuntLock | { readonly heldBy: number } {
    for (;;) {
      try {
        writeFileSync(file, `${process.pid}\n`, { flag: 'wx' })
        return new HuntLock(file)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = Number(readFileSync(file, 'utf8'))
      if (Number.isSafeInteger(holder) && holder > 0 && isAlive(holder)) return { heldBy: holder }
      rmSync(file, { force: true })
    }
  }

  release(): void {
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
