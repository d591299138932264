import { link, open, readdir, readFile, rename, rm, truncate, unlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { SeedfallError } from '../host/errors.js'
import { makeFolder } from './make-folder.js'

/** Another process works in the directory, or may: nobody can tell from here. */
export class DataDirectoryInUse extends SeedfallError {
  readonly code = 'data-directory-in-use'
}

/** Who lived or lives in a data directory. */
interface Tenant {
  readonly machine: string
  readonly pid: number
  /** When the process started, in the machine's own words: a process id is used again. Empty where the machine does not say. */
  readonly started: string
  readonly isOver?: true
}

/**
 * A host's directory on the machine: `disk/` holds its files, `lives/` one file a life of its process, named by the number of the incarnation.
 *
 * The file of a life is its lock as well: it is made whole and under a number that nobody had, so of two processes that start at once one fails. A life ends
 * with its process, however that dies; the next one takes the next number. On another machine nobody can tell (a directory on a network disk): that is refused.
 */
export class DataDirectory {
  private constructor(
    readonly path: string,
    readonly incarnation: number,
    readonly tenant: Tenant,
  ) {}

  get disk(): string {
    return path.join(this.path, 'disk')
  }

  /** Makes the directory when it is missing. Rejects with `DataDirectoryInUse`, or with the error of the file system. */
  static async claim(directory: string): Promise<DataDirectory> {
    const lives = path.join(directory, 'lives')
    makeFolder(lives)
    makeFolder(path.join(directory, 'disk'))
    const tenant: Tenant = { machine: hostname(), pid: process.pid, started: await startOf(process.pid) }
    for (;;) {
      const numbers = (await readdir(lives)).filter((name) => /^\d+$/.test(name)).map(Number)
      const last = Math.max(0, ...numbers)
      if (last > 0) await requireOver(directory, path.join(lives, String(last)))
      if (!(await publish(lives, last + 1, tenant))) continue
      // The number may have been free because a later life had cleared it away.
      if ((await readdir(lives)).some((name) => /^\d+$/.test(name) && Number(name) > last + 1)) {
        await rm(path.join(lives, String(last + 1)), { force: true })
        continue
      }
      for (const number of numbers) await rm(path.join(lives, String(number)), { force: true })
      await syncDirectory(lives)
      return new DataDirectory(directory, last + 1, tenant)
    }
  }

  /** The life is over though the process goes on. */
  async release(): Promise<void> {
    const file = path.join(this.path, 'lives', String(this.incarnation))
    try {
      await writeWhole(`${file}.over`, JSON.stringify({ ...this.tenant, isOver: true }))
      await rename(`${file}.over`, file)
    } catch {
      // A disk that is full has room for nothing: an empty file says the same, without the name of who it was.
      await rm(`${file}.over`, { force: true, recursive: true })
      await truncate(file, 0)
    }
  }
}

async function requireOver(directory: string, file: string): Promise<void> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    // A newer life has removed it: whoever asks looks again.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (text === '') return
  const tenant = JSON.parse(text) as Tenant
  if (tenant.isOver) return
  if (tenant.machine !== hostname())
    throw new DataDirectoryInUse(`${directory} was last used on the machine ${tenant.machine}: when nothing runs there any more, remove ${file}.`)
  if (await isAlive(tenant)) throw new DataDirectoryInUse(`${directory} is in use by process ${tenant.pid}: two processes cannot share a data directory`)
}

/** False: somebody else has the number. */
async function publish(lives: string, number: number, tenant: Tenant): Promise<boolean> {
  const own = path.join(lives, `${number}.${tenant.pid}.${process.hrtime.bigint()}`)
  await writeWhole(own, JSON.stringify(tenant))
  try {
    await link(own, path.join(lives, String(number)))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await unlink(own)
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w')
  try {
    await handle.writeFile(text)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Makes the names in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function isAlive({ pid, started }: Tenant): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  return started === (await startOf(pid))
}

/** The boot of the machine and the process's start in ticks since then (proc(5), field 22 of `stat`); empty where there is no `/proc`. */
async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    // The second field is the program's name in parentheses, which may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // Dead, and not yet seen to be by its parent.
    if (fields[0] === 'Z') return 'over'
    return `${boot.trim()} ${fields[19]}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || (error as NodeJS.ErrnoException).code === 'ESRCH') return ''
    throw error
  }
}
