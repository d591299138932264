/** The key-value engine on a real disk beside LMDB and LevelDB: the same keys and values, every batch durable when it is answered. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { assertEqual, type Measure, secondsOf } from './harness.js'
import { type Embedded, fill, keyOf, keys, type OpenEmbedded, scattered, stores, valueBytes, valueFor } from './kv-stores.js'

const batchKeys = 1_000
const batches = 20
const reads = 100_000

/** Runs on a store that holds all keys, in a folder of its own. */
async function onFilled(openStore: OpenEmbedded, work: (store: Embedded, folder: string) => Promise<number>): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-kv-'))
  const store = await openStore(folder)
  try {
    await fill(store)
    return await work(store, folder)
  } finally {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const measuresOf = (name: string, openStore: OpenEmbedded): Measure[] => [
  {
    name: `kv/random read/${name}`,
    unit: 'reads/s',
    run: () =>
      onFilled(openStore, async (store) => {
        const read = async () => {
          let bytes = 0
          for (let i = 0; i < reads; i++) bytes += (await store.read(keyOf(scattered(i))))?.length ?? 0
          assertEqual(bytes, reads * valueBytes, 'bytes read')
        }
        await read()
        return reads / (await secondsOf(read))
      }),
  },
  {
    name: `kv/scan/${name}`,
    unit: 'entries/s',
    run: () => onFilled(openStore, async (store) => keys / (await secondsOf(async () => assertEqual(await store.scan(), keys, 'entries')))),
  },
  {
    name: `kv/batches of ${batchKeys} scattered keys, synced/${name}`,
    unit: 'keys/s',
    run: () =>
      onFilled(openStore, async (store) => {
        const write = async () => {
          for (let batch = 0; batch < batches; batch++)
            await store.write(Array.from({ length: batchKeys }, (_, i) => [keyOf(scattered(batch * batchKeys + i)), valueFor(batch)]))
        }
        return (batches * batchKeys) / (await secondsOf(write))
      }),
  },
  {
    name: `kv/single writes, synced/${name}`,
    unit: 'writes/s',
    run: () =>
      onFilled(openStore, async (store) => {
        const write = async () => {
          for (let i = 0; i < 300; i++) await store.write([[keyOf(scattered(i)), valueFor(i)]])
        }
        return 300 / (await secondsOf(write))
      }),
  },
  mixed('95% reads, 5% synced writes', 20, name, openStore),
  mixed('50% reads, 50% synced writes', 2, name, openStore),
  {
    name: `kv/cold open and one read/${name}`,
    unit: 'ms',
    run: async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-kv-'))
      try {
        const first = await openStore(folder)
        await fill(first)
        await first.close()
        return await millisToOpen(openStore, folder)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  },
  {
    name: `kv/recovery after kill -9 and one read/${name}`,
    unit: 'ms',
    run: async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-kv-'))
      try {
        await ofProcess('write', name, folder, (said, kill) => {
          if (said.startsWith('written')) kill()
        })
        return await millisToOpen(openStore, folder)
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  },
  {
    name: `kv/memory beyond that of an empty process, all keys read/${name}`,
    unit: 'MiB',
    run: async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-kv-'))
      try {
        let bytes = Number.NaN
        await ofProcess('memory', name, folder, (said) => {
          bytes = Number(said)
        })
        return bytes / 1024 / 1024
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  },
  {
    name: `kv/bytes on disk for a key of 13 and a value of ${valueBytes}/${name}`,
    unit: 'bytes',
    run: () => onFilled(openStore, async (_store, folder) => sizeOf(folder) / keys),
  },
]

function mixed(what: string, writesOneOf: number, name: string, openStore: OpenEmbedded): Measure {
  const operations = writesOneOf < 10 ? 600 : 4_000
  return {
    name: `kv/${what}/${name}`,
    unit: 'operations/s',
    run: () =>
      onFilled(openStore, async (store) => {
        const mix = async () => {
          for (let i = 0; i < operations; i++) {
            if (i % writesOneOf === 0) await store.write([[keyOf(scattered(i)), valueFor(i)]])
            else await store.read(keyOf(scattered(i)))
          }
        }
        return operations / (await secondsOf(mix))
      }),
  }
}

async function millisToOpen(openStore: OpenEmbedded, folder: string): Promise<number> {
  let store: Embedded | undefined
  const seconds = await secondsOf(async () => {
    store = await openStore(folder)
    assertEqual((await store.read(keyOf(5)))?.length, valueBytes, 'bytes read')
  })
  await store?.close()
  return seconds * 1_000
}

/** A store in a process of its own, until that ends or is killed. */
function ofProcess(what: 'write' | 'memory', name: string, folder: string, said: (line: string, kill: () => void) => void): Promise<void> {
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', fileURLToPath(new URL('kv-process.ts', import.meta.url)), what, name, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let isKilled = false
  const kill = () => {
    isKilled = true
    child.kill('SIGKILL')
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n')) if (line !== '') said(line, kill)
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => (code === 0 || isKilled ? resolve() : reject(new Error(`the process of ${name} ended with ${code}`))))
  })
}

function sizeOf(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name)
    // A store may remove a file meanwhile: it compacts while it is measured.
    bytes += entry.isDirectory() ? sizeOf(inside) : (statSync(inside, { throwIfNoEntry: false })?.blocks ?? 0) * 512
  }
  return bytes
}

const all = Object.entries(stores).map(([name, openStore]) => measuresOf(name, openStore))
/** Store beside store. */
export const kvMeasures: readonly Measure[] = (all[0] as Measure[]).flatMap((_, i) => all.map((measures) => measures[i] as Measure))
