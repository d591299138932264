/** What clients do to a store, how a history of it is judged, and what stores in scenarios are like. */
import type { OperationRecord } from '../sim/check/history.js'
import type { KvOp } from '../sim/check/linearizability/models.js'
import { type Host, type Judge, linearizable, NetError, OperationFailed, type OptionRange, type Options, type Random, s, us, workload } from '../sim/index.js'
import type { BatchOperation } from '../systems/kv/batch.js'
import { type KvPair, type KvServerConfig, kvApi, kvErrorCode } from '../systems/kv/kv-server.js'
import type { GivenOptions } from '../systems/kv/options.js'

/**
 * Keys are of four sorts. `s…`: written one at a time. `g<group>/…`: all keys of a group are written by one batch, to one number, or deleted by one. `t…`: entries
 * that expire, which invariants alone judge, for nobody else knows the store's clock. `x…`: cut off together.
 */
export type KvOperation = { readonly partition: number } & (
  | { readonly f: 'get'; readonly key: string }
  | { readonly f: 'floor'; readonly key: string }
  | { readonly f: 'scan'; readonly from: string; readonly limit: number; readonly direction: 'forward' | 'backward' }
  | { readonly f: 'put'; readonly key: string; readonly value: number; readonly bytes: number }
  | { readonly f: 'delete'; readonly key: string }
  | { readonly f: 'put-for'; readonly key: string; readonly value: number; readonly millis: number }
  | { readonly f: 'group'; readonly group: number; readonly value: number; readonly bytes: number }
  | { readonly f: 'delete-group'; readonly group: number }
  | { readonly f: 'scan-group'; readonly group: number }
  | { readonly f: 'slow-scan'; readonly pauseMillis: number }
  | { readonly f: 'truncate'; readonly from: string }
  | { readonly f: 'archive' }
  | { readonly f: 'scan-archive' }
)

/** Numbers by key; null: nothing. Of what a scan went over, in its order. */
export type KvResult = number | null | readonly (readonly [key: string, value: number])[]

const groups = 3
const groupKeys = 5
const cutKeys = 12

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const groupKey = (group: number, member: number): string => `g${group}/${member}`
const cutKey = (n: number): string => `x${String(n).padStart(2, '0')}`

/** Options of the swarm that every scenario of the engine draws. */
export const storeOptions: Readonly<Record<string, OptionRange>> = {
  partitions: { min: 1, max: 3 },
  keys: { min: 2, max: 60, log: true, why: 'few keys: contention; many: pages that split and join' },
  valueBytes: { min: 8, max: 6_000, log: true, why: 'large: overflow pages' },
  readPercent: { min: 20, max: 80 },
  thinkMicros: { min: 3_000, max: 30_000, log: true },
  pageKilobytesHalved: { min: 0, max: 3, why: 'pages of 512 bytes times 2 to the power of this' },
  filePages: { min: 4, max: 128, log: true },
  appends: { min: 0, max: 1, why: '1: files are filled in order and compacted; 0: free pages are written again' },
  defers: { min: 0, max: 1, why: '1: what is asked for may be durable before its pages are written; 0: never' },
  deferredBytes: { min: 2_048, max: 262_144, log: true, why: 'of memory for pages that wait' },
  manifestBytes: { min: 512, max: 32_768, log: true },
  manifestCopies: { min: 1, max: 2 },
  indexCacheBytes: { min: 0, max: 65_536, why: '0: each page is read from the disk' },
  dataCacheBytes: { min: 0, max: 32_768, plain: 0 },
  filterBytes: { min: 0, max: 8_192, plain: 0 },
  prewarms: { min: 0, max: 1, plain: 0 },
  batchesACommit: { min: 1, max: 16 },
  shards: { min: 1, max: 3 },
  upkeepMillis: { min: 50, max: 2_000, log: true },
}

export function storeConfig(options: Options, given: GivenOptions = {}): Partial<KvServerConfig> {
  const { pageKilobytesHalved = 3, filePages = 16, appends = 1, manifestBytes = 4_096, manifestCopies = 2, indexCacheBytes = 0 } = options
  const { dataCacheBytes = 0, filterBytes = 0, batchesACommit = 16, shards = 1, upkeepMillis = 1_000, defers = 0, deferredBytes = 0, prewarms = 0 } = options
  return {
    isObserved: true,
    partitions: options.partitions ?? 1,
    store: {
      pageBytes: 512 * 2 ** pageKilobytesHalved,
      filePages,
      layout: appends === 1 ? 'append' : 'reuse',
      deferredBytes: defers === 1 ? deferredBytes : 0,
      manifestBytes,
      manifestCopies: manifestCopies === 1 ? 1 : 2,
      indexCacheBytes,
      dataCacheBytes,
      filterBytes,
      prewarms: prewarms === 1,
      mostBatchesACommit: batchesACommit,
      shards,
      keptArchives: 3,
      upkeepEvery: us(1_000 * upkeepMillis),
      ...given,
    },
  }
}

export function generate(random: Random, client: number, index: number, options: Options): KvOperation {
  const partition = random.int(options.partitions ?? 1)
  const { keys = 10, valueBytes = 100, readPercent = 50, appends = 1 } = options
  const key = `s${String(random.int(keys)).padStart(3, '0')}`
  const value = client * 1_000_000 + index
  const bytes = random.int(valueBytes + 1)
  const group = random.int(groups)
  if (random.int(100) < readPercent) {
    const die = random.int(11)
    if (die === 10) return { partition, f: 'slow-scan', pauseMillis: random.int(20) }
    if (die < 5) return { partition, f: 'get', key: random.int(4) === 0 ? cutKey(random.int(cutKeys)) : key }
    if (die < 6) return { partition, f: 'floor', key }
    if (die < 8) return { partition, f: 'scan-group', group }
    if (die < 9 || appends === 0) return { partition, f: 'scan', from: key, limit: 1 + random.int(30), direction: random.int(2) === 0 ? 'forward' : 'backward' }
    return { partition, f: 'scan-archive' }
  }
  const die = random.int(20)
  if (die < 7) return { partition, f: 'put', key, value, bytes }
  if (die < 9) return { partition, f: 'delete', key }
  if (die < 12) return { partition, f: 'group', group, value, bytes: Math.floor(bytes / 3) }
  if (die < 13) return { partition, f: 'delete-group', group }
  if (die < 15) return { partition, f: 'put-for', key: `t${random.int(8)}`, value, millis: 1 + random.int(3_000) }
  if (die < 18) return { partition, f: 'put', key: cutKey(random.int(cutKeys)), value, bytes }
  if (die < 19 || appends === 0) return { partition, f: 'truncate', from: cutKey(random.int(cutKeys)) }
  return { partition, f: 'archive' }
}

/** A number, and padding that depends on it. */
export function encodeValue(value: number, bytes: number): Uint8Array {
  const head = `${value}:`
  const encoded = new Uint8Array(Math.max(head.length, bytes)).fill(97 + (value % 26))
  encoded.set(encode(head))
  return encoded
}

function decodeValue(bytes: Uint8Array): number {
  const text = decode(bytes)
  const value = Number(text.slice(0, text.indexOf(':')))
  const isWhole = encodeValue(value, bytes.length).every((byte, i) => byte === bytes[i])
  if (!isWhole) throw new Error(`a value is no value that was ever written: ${text.slice(0, 40)}`)
  return value
}

const pairsOf = (pairs: readonly KvPair[]) => pairs.map(({ key, value }): [string, number] => [decode(key), decodeValue(value)])

/** Codes that leave open whether a write took effect. */
const uncertain: readonly string[] = ['unknown-outcome']

/** Does one operation on a store's host; an answer that is an error is a failure, unless it leaves open what happened. */
export async function performOn(host: Host, to: string, op: KvOperation): Promise<KvResult> {
  try {
    return await ask(host, to, op)
  } catch (error) {
    const code = kvErrorCode(error)
    if (code === null) throw error
    if (uncertain.includes(code)) throw new NetError('timeout', `${to}: ${(error as Error).message}`)
    throw new OperationFailed(`${to}: ${code}`)
  }
}

export async function ask(host: Host, to: string, op: KvOperation): Promise<KvResult> {
  const { partition } = op
  const options = { timeout: s(2) }
  const write = async (batch: readonly BatchOperation[]) => host.net.call(kvApi, to, 'write', { partition, batch }, options)
  const put = (key: string, value: number, bytes: number): BatchOperation => ({ kind: 'put', key: encode(key), value: encodeValue(value, bytes) })
  const members = Array.from({ length: groupKeys }, (_, i) => i)
  switch (op.f) {
    case 'get': {
      const found = await host.net.call(kvApi, to, 'read', { partition, key: encode(op.key) }, options)
      return found === null ? null : decodeValue(found)
    }
    case 'floor': {
      const found = await host.net.call(kvApi, to, 'floor', { partition, key: encode(op.key) }, options)
      return found === null ? [] : pairsOf([found])
    }
    case 'scan': {
      const range = op.direction === 'forward' ? { from: encode(op.from), to: encode('t') } : { from: encode('s'), to: encode(op.from) }
      return pairsOf(await host.net.call(kvApi, to, 'scan', { partition, ...range, limit: op.limit, direction: op.direction }, options))
    }
    case 'scan-group':
      return pairsOf(await host.net.call(kvApi, to, 'scan', { partition, from: encode(`g${op.group}/`), to: encode(`g${op.group}0`) }, options))
    case 'slow-scan': {
      const range = { from: encode('g'), to: encode('h'), pause: us(1_000 * op.pauseMillis) }
      return pairsOf(await host.net.call(kvApi, to, 'slow-scan', { partition, ...range }, options))
    }
    case 'scan-archive': {
      const found = await host.net.call(kvApi, to, 'scan-archive', { partition, from: encode('g'), to: encode('h') }, options)
      return found === null ? null : pairsOf(found)
    }
    case 'put':
      return write([put(op.key, op.value, op.bytes)])
    case 'delete':
      return write([{ kind: 'delete', key: encode(op.key) }])
    case 'put-for':
      return host.net.call(kvApi, to, 'write-for', { partition, key: encode(op.key), value: encodeValue(op.value, 8), ttlMillis: op.millis }, options)
    case 'group':
      return write(members.map((member) => put(groupKey(op.group, member), op.value, op.bytes)))
    case 'delete-group':
      return write(members.map((member) => ({ kind: 'delete', key: encode(groupKey(op.group, member)) })))
    case 'truncate':
      return write([{ kind: 'truncate', from: encode(op.from) }])
    case 'archive':
      await host.net.call(kvApi, to, 'archive', { partition }, options)
      return null
  }
}

// ---------------------------------------------------------------- judging

type KvRecord = OperationRecord<KvOperation, KvResult>

/**
 * Every scan of a group sees one batch whole, and each key of a partition, a group being one, is linearizable: a batch, a scan and a cut are taken apart into
 * operations on keys that happen between its beginning and its end. Whether a scan is one state as a whole, invariants judge.
 */
export const kvHistory: Judge<KvOperation, KvResult> = (history) => {
  for (const record of history) {
    const { op, outcome } = record
    if (outcome.kind !== 'ok') continue
    if (op.f === 'scan-group' || op.f === 'scan-archive' || op.f === 'slow-scan') {
      const torn = tornGroup(outcome.result as readonly (readonly [string, number])[] | null)
      if (torn !== undefined) return { check: 'history (torn batch)', message: torn, record: record as OperationRecord<unknown, unknown> }
    }
  }
  const written = keysOf(history)
  const parts = history.flatMap((record) => partsOf(record, written))
  return linearizable('kv')(parts)
}

function tornGroup(pairs: readonly (readonly [string, number])[] | null): string | undefined {
  const values = new Map<string, number[]>()
  for (const [key, value] of pairs ?? []) {
    const group = key.slice(0, key.indexOf('/'))
    values.set(group, [...(values.get(group) ?? []), value])
  }
  for (const [group, found] of values) {
    if (found.length !== groupKeys) return `group ${group} has ${found.length} of its ${groupKeys} keys: a batch is not whole`
    if (new Set(found).size > 1) return `group ${group} holds ${[...new Set(found)].join(' and ')}: batches are mixed`
  }
  return undefined
}

/** Keys that were ever written one at a time, by partition, in order. */
function keysOf(history: readonly KvRecord[]): ReadonlyMap<number, readonly string[]> {
  const keys = new Map<number, Set<string>>()
  for (const { op } of history) {
    if (op.f !== 'put') continue
    const ofPartition = keys.get(op.partition) ?? new Set()
    keys.set(op.partition, ofPartition.add(op.key))
  }
  return new Map([...keys].map(([partition, each]) => [partition, [...each].sort()]))
}

function partsOf(record: KvRecord, written: ReadonlyMap<number, readonly string[]>): OperationRecord<KvOp, unknown>[] {
  const { op, outcome } = record
  const name = (key: string) => `${op.partition}/${key}`
  const keys = written.get(op.partition) ?? []
  const part = (of: KvOp, result: unknown): OperationRecord<KvOp, unknown> => ({
    ...record,
    op: of,
    outcome: outcome.kind === 'ok' ? { kind: 'ok', result } : outcome,
  })
  /** What a look at these keys saw: those that were not answered are not there. */
  const seen = (looked: readonly string[]) => {
    const pairs = new Map(outcome.kind === 'ok' ? (outcome.result as readonly (readonly [string, number])[]) : [])
    return [...new Set([...looked, ...pairs.keys()])].map((key) => part({ f: 'get', key: name(key) }, pairs.get(key) ?? null))
  }
  switch (op.f) {
    case 'get':
      return [part({ f: 'get', key: name(op.key) }, outcome.kind === 'ok' ? outcome.result : null)]
    case 'put':
      return [part({ f: 'put', key: name(op.key), value: op.value }, true)]
    case 'delete':
      return [part({ f: 'delete', key: name(op.key) }, true)]
    case 'group':
      return [part({ f: 'put', key: name(`g${op.group}`), value: op.value }, true)]
    case 'delete-group':
      return [part({ f: 'delete', key: name(`g${op.group}`) }, true)]
    case 'scan-group':
      return [
        part(
          { f: 'get', key: name(`g${op.group}`) },
          outcome.kind === 'ok' ? ((outcome.result as readonly (readonly [string, number])[])[0]?.[1] ?? null) : null,
        ),
      ]
    case 'truncate':
      return keys.filter((key) => key >= op.from).map((key) => part({ f: 'delete', key: name(key) }, true))
    case 'floor': {
      if (outcome.kind !== 'ok') return []
      const found = (outcome.result as readonly (readonly [string, number])[])[0]?.[0]
      // Groups come before: what is found may be one of theirs, and lies below every key of this sort then.
      const isOwn = found?.startsWith('s') === true
      const looked = seen(keys.filter((key) => key.startsWith('s') && key <= op.key && (!isOwn || key >= (found as string))))
      return looked.filter((each) => !String(each.op.key).startsWith(name('g')))
    }
    case 'scan': {
      if (outcome.kind !== 'ok') return []
      const pairs = outcome.result as readonly (readonly [string, number])[]
      const last = pairs.length === op.limit ? pairs[pairs.length - 1]?.[0] : undefined
      const isLooked = (key: string) =>
        key.startsWith('s') &&
        (op.direction === 'forward' ? key >= op.from && (last === undefined || key <= last) : key < op.from && (last === undefined || key >= last))
      return seen(keys.filter(isLooked))
    }
    default:
      return []
  }
}

/** Clients of one store's host. */
export const kvClients = (clients: number) =>
  workload<KvOperation, KvResult>({
    clients,
    generate,
    perform: (host, op) => performOn(host, host.random.pick(host.peers.store as readonly string[]), op),
    think: (random, options) => random.int(2_000 * (options.thinkMicros as number)) + 1,
    judge: kvHistory,
  })
