/** What the key-value engine costs on the simulated NVMe model: I/Os of a read and of a write, bytes written for each that was asked to be, and virtual times at half of the device's load. */
import { type Host, ms, s, scenario, simulate, system, us, workload } from '../sim/index.js'
import { type KvPartition, type KvStore, open } from '../systems/kv/store.js'
import type { Measure } from './harness.js'

const keys = 4_000
const valueBytes = 100
const encode = (text: string) => new TextEncoder().encode(text)
const keyOf = (n: number) => encode(`key-${String(n).padStart(6, '0')}`)
const scattered = (i: number) => (i * 7_919) % keys
const value = new Uint8Array(valueBytes).fill(7)

interface Costs {
  readonly readsOfARead: number
  readonly writesOfAWrite: number
  readonly syncsOfAWrite: number
  readonly writeAmplification: number
  /** In nanoseconds, sorted. */
  readonly readTimes: readonly number[]
  readonly writeTimes: readonly number[]
}

let costs: Promise<Costs> | undefined
/** All come from one run: the same seed, the same numbers. */
const measured = (): Promise<Costs> => {
  costs ??= measure()
  return costs
}

async function measure(): Promise<Costs> {
  let found: Costs | undefined
  const boot = async (host: Host) => {
    const store = await open(host, { filePages: 256, dataCacheBytes: 0, filterBytes: 0, upkeepEvery: ms(1_000_000) })
    host.spawn('measure', async () => {
      found = await measureOn(host, store)
    })
    return {}
  }
  const of = scenario({
    name: 'kv-device',
    system: system<{ store: object }>({ name: 'kv-device', roles: { store: { count: 1, boot } }, survives: {} }),
    workload: workload({ clients: 0, generate: () => 0, perform: async () => 0 }),
    invariants: [],
    faults: { strategy: 'none' },
    duration: s(3_600),
    healAt: s(3_600),
  })
  const simulation = await simulate(of, { seed: '1', faults: 'none', clients: false, options: { 'disk.model': 0, 'cpu.model': 0 } })
  await simulation.until(() => found !== undefined, { within: s(3_600) })
  await simulation.finish({ judge: false })
  return found as Costs
}

async function measureOn(host: Host, store: KvStore): Promise<Costs> {
  const partition = await store.partition('bench')
  for (let first = 0; first < keys; first += 1_000)
    await partition.batchWrite(Array.from({ length: 1_000 }, (_, i) => ({ kind: 'put', key: keyOf(first + i), value })))
  await partition.read(keyOf(0))
  const before = store.stats()
  // 32 operations at a time of 48 us each, on average: a read every 1.5 us is what the device can do.
  const readTimes = await timesOf(host, 4_000, us(3), async (i) => void (await partition.read(keyOf(scattered(i)))))
  const between = store.stats()
  // One commit after the other keeps the partition's writer busy: one every 800 us for half of the time.
  const writeTimes = await timesOf(host, 2_000, us(800), (i) => write(partition, i))
  const after = store.stats()
  return {
    readsOfARead: (between.pageReads - before.pageReads) / readTimes.length,
    writesOfAWrite: (after.writes - between.writes) / writeTimes.length,
    syncsOfAWrite: (after.syncs - between.syncs) / writeTimes.length,
    writeAmplification: (after.bytesWritten - between.bytesWritten) / (after.bytesAsked - between.bytesAsked),
    readTimes,
    writeTimes,
  }
}

const write = (partition: KvPartition, i: number) => partition.write(keyOf(scattered(i)), value)

/** How long operations took that begin at a steady rate, whatever becomes of those before. */
async function timesOf(host: Host, count: number, every: number, run: (i: number) => Promise<void>): Promise<number[]> {
  const took: number[] = []
  const running: Promise<void>[] = []
  for (let i = 0; i < count; i++) {
    const began = host.clock.monotonic()
    running.push(run(i).then(() => void took.push(host.clock.monotonic() - began)))
    await host.clock.sleep(every)
  }
  await Promise.all(running)
  return took.sort((a, b) => a - b)
}

const microsAt = (times: readonly number[], thousandths: number) => (times[Math.ceil((times.length * thousandths) / 1_000) - 1] as number) / 1_000

const figure = (name: string, unit: string, of: (costs: Costs) => number): Measure => ({
  name: `kv/simulated NVMe/${name}`,
  unit,
  run: async () => of(await measured()),
})

const quantiles = [500, 990, 999] as const

export const kvDeviceMeasures: readonly Measure[] = [
  figure('I/Os of a read', 'reads', ({ readsOfARead }) => readsOfARead),
  figure('I/Os of a single write', 'writes', ({ writesOfAWrite }) => writesOfAWrite),
  figure('syncs of a single write', 'syncs', ({ syncsOfAWrite }) => syncsOfAWrite),
  figure('bytes written for a byte of single writes', 'bytes', ({ writeAmplification }) => writeAmplification),
  ...quantiles.map((at) => figure(`read, p${at / 10}`, 'us of virtual time', ({ readTimes }) => microsAt(readTimes, at))),
  ...quantiles.map((at) => figure(`single write, p${at / 10}`, 'us of virtual time', ({ writeTimes }) => microsAt(writeTimes, at))),
]
