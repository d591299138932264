import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DirectoryObjectStore } from '../../../sim/real/directory-object-store.js'
import { lockFile } from '../../../sim/real/file-lock.js'
import { objectStoreCases } from '../objects/object-store-cases.js'

let directory: string
let store: DirectoryObjectStore
const least = 1024
const bytes = (text: string) => new TextEncoder().encode(text)

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'objects-'))
  store = new DirectoryObjectStore({ directory, leastPartBytes: least })
})
afterAll(() => rm(directory, { recursive: true }))

describe('an object store over a directory', () => {
  for (const { name, run } of objectStoreCases) test(name, () => run(store, least))

  test('keeps its objects for whoever opens the directory next, and leaves no lock and no half-written file behind', async () => {
    const { etag } = await store.put('kept/a', bytes('kept'))
    const next = new DirectoryObjectStore({ directory })
    expect(await next.head('kept/a')).toMatchObject({ etag, size: 4 })
    expect(await readdir(join(directory, 'locks'))).toEqual([])
    expect((await readdir(join(directory, 'objects'))).filter((name) => name.endsWith('.new'))).toEqual([])
  })

  test('of two stores on one directory, counting by compare-and-swap, none loses an increment', async () => {
    const other = new DirectoryObjectStore({ directory })
    await store.put('count', bytes('0'))
    const increment = async (at: DirectoryObjectStore) => {
      for (;;) {
        const found = await at.get('count')
        const next = String(Number(new TextDecoder().decode(found?.body)) + 1)
        const swapped = await at.put('count', bytes(next), { ifMatch: found?.etag as string }).then(
          () => true,
          (error) => {
            expect(error.code).toBe('precondition-failed')
            return false
          },
        )
        if (swapped) return
      }
    }
    await Promise.all(Array.from({ length: 20 }, (_, i) => increment(i % 2 === 0 ? store : other)))
    expect(new TextDecoder().decode((await store.get('count'))?.body)).toBe('20')
  })

  test('of three processes that count, one of them killed in the middle, none loses an increment', async () => {
    await store.put('count', bytes('0'))
    const script = fileURLToPath(new URL('./counting-process.ts', import.meta.url))
    let counted = 0
    const start = (times: number) => {
      const child = spawn(process.execPath, ['--import', 'tsx', script, directory, String(times)], { stdio: ['ignore', 'pipe', 'inherit'] })
      child.stdout.on('data', (data: Buffer) => {
        counted += data.toString().split('\n').length - 1
      })
      return child
    }
    const killed = start(100_000)
    const others = [start(15), start(15)]
    const codes = await Promise.all([
      once(killed.stdout, 'data').then(() => {
        killed.kill('SIGKILL')
        return once(killed, 'close').then(() => 'killed')
      }),
      ...others.map((child) => once(child, 'close').then(([code]) => code as number)),
    ])
    expect(codes).toEqual(['killed', 0, 0])
    const count = Number(new TextDecoder().decode((await store.get('count'))?.body))
    // The one that was killed may have counted once more than it could say.
    expect([count, count - 1]).toContain(counted)
    expect(counted).toBeGreaterThan(30)
  }, 60_000)

  test('says unavailable when the directory cannot be used, and what is the matter', async () => {
    const file = join(directory, 'a-file')
    await writeFile(file, 'x')
    const broken = new DirectoryObjectStore({ directory: file })
    await expect(broken.put('a', bytes('x'))).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('ENOTDIR') })
  })
})

describe('a lock between processes', () => {
  test('is had by one at a time, and given up on after the time given', async () => {
    const path = join(directory, 'lock')
    const release = (await lockFile(path, 100)) as () => Promise<void>
    expect(await lockFile(path, 20)).toBeNull()
    await release()
    await ((await lockFile(path, 100)) as () => Promise<void>)()
  })

  test('whose holder died is broken, by one of those who wait', async () => {
    // The largest process number there can be: nobody has it.
    const path = join(directory, 'dead-lock')
    await writeFile(path, `${2 ** 22 + 1} some-nonce`)
    let holders = 0
    const enter = async () => {
      const release = (await lockFile(path, 5_000)) as () => Promise<void>
      expect(++holders).toBe(1)
      await new Promise((resolve) => setTimeout(resolve, 1))
      holders--
      await release()
    }
    await Promise.all(Array.from({ length: 10 }, enter))
  })

  test('whose breaker died too is broken all the same', async () => {
    const path = join(directory, 'twice-dead')
    await writeFile(path, `${2 ** 22 + 1} first`)
    await writeFile(`${path}.first.broken`, `${2 ** 22 + 2} second`)
    await ((await lockFile(path, 5_000)) as () => Promise<void>)()
    expect((await readdir(directory)).filter((name) => name.startsWith('twice-dead'))).toEqual([])
  })
})
