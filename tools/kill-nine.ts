/**
 * `node --import tsx tools/kill-nine.ts [--rounds N]`: a process that writes batches to a real disk is killed with SIGKILL, again and again, and each time its
 * store must hold a prefix of the batches that it began, every acknowledged one among them. Exits with 1 when it does not.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { RealHost } from '../sim/real/index.js'
import type { BatchOperation } from '../systems/kv/batch.js'
import { type KvPartition, type KvStore, open } from '../systems/kv/store.js'
import { repository } from './repository.js'

export interface KillRequest {
  readonly rounds: number
  /** A process is killed at a moment within this time of its first acknowledgement, in milliseconds. */
  readonly withinMillis?: number
  readonly onRound?: (found: Kills) => void
}

export interface Kills {
  rounds: number
  /** Batches that the killed processes had been told were durable. */
  acknowledged: number
  /** Batches that were there though nobody had been told. */
  inDoubt: number
  /** What a store held that it may not hold, or did not. */
  failures: string[]
}

/** Small files and pages that soon need splitting, so that kills fall into compaction, collection and new manifests as well. */
const storeOptions = { pageBytes: 1_024, filePages: 64, manifestBytes: 32_768, upkeepEvery: 20_000_000, amplification: 1.5 } as const
/** Batches under way at once. */
const window = 4
const keys = 300
const counterKey = 'batches'

/** Which batch it was says what it writes, so that whoever knows how many there were knows what there is. */
function batchOf(number: number): BatchOperation[] {
  const batch: BatchOperation[] = [{ kind: 'put', key: encode(counterKey), value: encode(String(number)) }]
  for (let i = 0; i < 12; i++) {
    const dice = Math.imul(number * 31 + i, 0x9e37_79b1) >>> 0
    const key = encode(keyOf(dice % keys))
    if (dice % 7 === 0) batch.push({ kind: 'delete', key })
    else batch.push({ kind: 'put', key, value: new Uint8Array(dice % 11 === 0 ? 5_000 : dice % 200).fill(number & 0xff) })
  }
  return batch
}

export async function killAgainAndAgain({ rounds, withinMillis = 400, onRound }: KillRequest): Promise<Kills> {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-kill-'))
  const found: Kills = { rounds: 0, acknowledged: 0, inDoubt: 0, failures: [] }
  const model = new Map<string, Uint8Array>()
  let applied = 0
  try {
    while (found.rounds < rounds && found.failures.length === 0) {
      const { acknowledged, begun } = await writeUntilKilled(folder, withinMillis)
      found.rounds++
      found.acknowledged += Math.max(0, acknowledged - applied)
      await onStore(folder, async (_, partition) => {
        const counter = await partition.read(encode(counterKey))
        const held = counter === null ? 0 : Number(decode(counter.value))
        if (held < acknowledged || held < applied) found.failures.push(`batch ${Math.max(acknowledged, applied)} was acknowledged, and the store holds ${held}`)
        if (held > Math.max(begun, applied)) found.failures.push(`the store holds batch ${held}, and ${begun} was the last that began`)
        found.inDoubt += Math.max(0, held - Math.max(acknowledged, applied))
        for (; applied < held; applied++) apply(model, batchOf(applied + 1))
        const difference = await differenceFrom(partition, model)
        if (difference !== null) found.failures.push(`after ${held} batches: ${difference}`)
      })
      onRound?.(found)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return found
}

function apply(model: Map<string, Uint8Array>, batch: readonly BatchOperation[]): void {
  for (const operation of batch) {
    if (operation.kind === 'put') model.set(decode(operation.key), operation.value)
    else if (operation.kind === 'delete') model.delete(decode(operation.key))
  }
}

async function differenceFrom(partition: KvPartition, model: ReadonlyMap<string, Uint8Array>): Promise<string | null> {
  const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1))
  let at = 0
  for await (const { key, value } of partition.scan()) {
    const [name, bytes] = expected[at++] ?? ['nothing', new Uint8Array(0)]
    if (decode(key) !== name) return `expected ${name}, found ${decode(key)}`
    if (bytes.length !== value.length || bytes.some((byte, i) => byte !== value[i])) return `${name} holds another value than was written last`
  }
  return at === expected.length ? null : `${expected[at]?.[0]} is missing`
}

/** The last batch that was acknowledged, and the last that began, as far as the process could still say. */
async function writeUntilKilled(folder: string, withinMillis: number): Promise<{ acknowledged: number; begun: number }> {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(import.meta.url), '--write', folder], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const seen = { acknowledged: 0, begun: 0 }
  let kill: NodeJS.Timeout | undefined
  let rest = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() as string
    for (const line of lines) {
      const [what, number] = line.split(' ') as [keyof typeof seen, string]
      seen[what] = Math.max(seen[what], Number(number))
    }
    if (seen.acknowledged > 0) kill ??= setTimeout(() => child.kill('SIGKILL'), randomInt(withinMillis))
  })
  const { code, signal } = await ended(child)
  clearTimeout(kill)
  if (signal !== 'SIGKILL') throw new Error(`the process that writes ended by itself, with ${code ?? signal}`)
  return seen
}

function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    // Once all that it said has been read.
    child.on('close', (code, signal) => resolve({ code, signal }))
  })
}

async function onStore(folder: string, work: (store: KvStore, partition: KvPartition) => Promise<void>): Promise<void> {
  const host = await RealHost.open({ cluster: 'kill', role: 'store', ordinal: 1, data: folder, log: { write: () => {} } })
  try {
    const store = await open(host, storeOptions)
    await work(store, await store.partition('t'))
    await store.close()
  } finally {
    await host.close()
  }
}

/** Writes for ever. */
async function write(folder: string): Promise<void> {
  await onStore(folder, async (_, partition) => {
    const counter = await partition.read(encode(counterKey))
    let begun = counter === null ? 0 : Number(decode(counter.value))
    const next = async () => {
      for (;;) {
        const number = ++begun
        process.stdout.write(`begun ${number}\n`)
        await partition.batchWrite(batchOf(number))
        process.stdout.write(`acknowledged ${number}\n`)
      }
    }
    await Promise.all(Array.from({ length: window }, next))
  })
}

const keyOf = (n: number) => `key-${String(n).padStart(4, '0')}`
const encode = (text: string) => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '200' }, write: { type: 'string' } } })
  if (values.write !== undefined) return write(values.write)
  const rounds = Number(values.rounds)
  if (!Number.isSafeInteger(rounds) || rounds < 1) {
    process.stderr.write(`--rounds takes a number from 1 on, not ${values.rounds}\n`)
    process.exitCode = 2
    return
  }
  const found = await killAgainAndAgain({
    rounds,
    onRound: ({ rounds: done, acknowledged }) => {
      if (done % 20 === 0) process.stdout.write(`${done} kills, ${acknowledged} batches acknowledged\n`)
    },
  })
  process.stdout.write(
    `${found.rounds} kills, ${found.acknowledged} batches acknowledged, ${found.inDoubt} in doubt and there, ${found.failures.length} failures\n`,
  )
  for (const failure of found.failures) process.stdout.write(`${failure}\n`)
  process.exitCode = found.failures.length === 0 ? 0 : 1
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main()
