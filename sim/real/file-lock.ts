import { randomUUID } from 'node:crypto'
import { link, readFile, unlink, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * A lock between the processes of one machine: a file that names its holder. Answers how to release it; null when it was not had in time.
 *
 * The lock of a process that died is broken, by one process alone: whoever breaks the lock with a certain nonce must hold the lock named for that nonce
 * first, and only a lock that still bears the nonce is removed. Nonces are never used twice, so no living holder's lock is ever taken away.
 * A process number that another program got meanwhile keeps the lock until that program ends.
 */
export async function lockFile(path: string, waitMillis: number): Promise<(() => Promise<void>) | null> {
  const nonce = randomUUID()
  const own = `${path}.${nonce}`
  await writeFile(own, `${process.pid} ${nonce}`)
  try {
    const deadline = performance.now() + waitMillis
    for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
      if (await linked(own, path)) return () => unlink(path)
      const holder = await holderOf(path)
      if (holder !== null && !isAlive(holder.pid)) await breakLock(path, holder.nonce, deadline - performance.now())
      else if (performance.now() >= deadline) return null
      else await sleep(pause * Math.random())
    }
  } finally {
    await unlink(own)
  }
}

async function breakLock(path: string, nonce: string, waitMillis: number): Promise<void> {
  const release = await lockFile(`${path}.${nonce}.broken`, waitMillis)
  if (release === null) return
  if ((await holderOf(path))?.nonce === nonce) await unlink(path)
  await release()
}

/** False: somebody has it. */
async function linked(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Null: it was released meanwhile. */
async function holderOf(path: string): Promise<{ pid: number; nonce: string } | null> {
  try {
    const [pid, nonce] = (await readFile(path, 'utf8')).split(' ') as [string, string]
    return { pid: Number(pid), nonce }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
