import { obstacleTo } from '../../../sim/faults/armable.js'
import {
  type AnyScenario,
  type DiskError,
  type Host,
  linearizable,
  ms,
  protocol,
  type RunRequest,
  s,
  scenario,
  stockFaults,
  system,
  us,
  workload,
} from '../../../sim/index.js'

const Gossip = protocol<{ tell: { req: { from: number; seen: readonly number[]; bytes: Uint8Array }; res: null } }>('gossip', { transport: 'datagram' })
const Store = protocol<{ put: { req: { value: number; text: string }; res: boolean }; get: { req: null; res: number } }>('store')

const survives = { down: 2, blackout: true }

/** What may differ between two runs that must then not have the same hash, and what must not matter. */
export interface Variation {
  /** Flips one bit of one byte of one gossip's payload. */
  readonly flipByte?: boolean
  /** Exchanges two timers that are due at the same instant. */
  readonly swapTimers?: boolean
  /** A rejection that nobody handles until later in the same step. */
  readonly floating?: boolean
  /** Awaits nested this deep in every write. */
  readonly nested?: number
}

/**
 * A little of everything in a run: datagrams and streams, nested awaits, timers due at one instant, random draws, disk writes, every kind of fault.
 * The store is one host, so that its history is linearizable whatever befalls the rest.
 */
export function busyScenario(variation: Variation = {}): AnyScenario {
  return scenario({
    name: 'busy',
    system: system({
      name: 'busy',
      roles: { store: { count: 1, boot: (host: Host) => boot(host, variation) }, gossiper: { count: 4, boot: (host: Host) => gossip(host, variation) } },
      survives,
    }),
    workload: workload({
      clients: 2,
      generate: (random, client, index) => (random.int(3) === 0 ? { f: 'read' as const } : { f: 'write' as const, value: client * 1_000_000 + index + 1 }),
      perform: (host, op): Promise<number | boolean> =>
        op.f === 'read'
          ? host.net.call(Store, 'store-1', 'get', null, { timeout: ms(50) })
          : host.net.call(Store, 'store-1', 'put', { value: op.value, text: `value ${op.value}` }, { timeout: ms(50) }),
      think: (random) => random.int(ms(2)),
      judge: linearizable('register'),
    }),
    invariants: [],
    faults: { strategy: 'random' },
    duration: s(4),
    healAt: s(3),
  })
}

const timed = stockFaults.definitions.filter(({ options }) => options.everyMillis !== undefined).map(({ kind }) => kind)

/** Every kind of fault, so often that a few seconds see them all. */
export const storm: Pick<RunRequest, 'kinds' | 'options'> = {
  kinds: stockFaults.definitions
    .filter((definition) => definition.needs === undefined && obstacleTo(definition, 'random', { system: { name: 'busy', survives } }) === null)
    .map(({ kind }) => kind),
  options: { 'disk.model': 0, ...Object.fromEntries(timed.map((kind) => [`${kind}.everyMillis`, 400])) },
}

async function boot(host: Host, variation: Variation): Promise<{ value: number }> {
  const bytes = await host.disk.readFile('value').catch((error: DiskError) => host.exit(error.code))
  const state = { value: bytes === null ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) }
  let last: Promise<unknown> = Promise.resolve()
  const write = async (value: number) => {
    await deep(variation.nested ?? 3)
    if (variation.floating) void float()
    const encoded = new Uint8Array(4)
    new DataView(encoded.buffer).setUint32(0, value)
    await host.disk.replace('value', encoded).catch((error: DiskError) => host.exit(error.code))
    state.value = value
    return true
  }
  host.net.serve(Store, {
    put: ({ value }) => {
      const written = last.then(() => write(value))
      last = written.catch(() => undefined)
      return written
    },
    get: () => last.then(() => state.value),
  })
  return state
}

async function deep(levels: number): Promise<number> {
  return levels === 0 ? 0 : 1 + (await deep(levels - 1))
}

/** Rejected first, handled a few microtasks later. */
async function float(): Promise<void> {
  const rejected = Promise.reject(new Error('handled later'))
  await Promise.resolve()
  await Promise.resolve()
  rejected.catch(() => undefined)
}

function gossip(host: Host, variation: Variation): { seen: number[]; diskErrors: number } {
  const state = { seen: [] as number[], diskErrors: 0 }
  let rounds = 0
  const self = Number(host.name.slice('gossiper-'.length))
  host.net.serve(Gossip, {
    tell: ({ from }) => {
      state.seen = [...state.seen.slice(-9), from]
      return null
    },
  })
  const tick = () => {
    rounds++
    const bytes = Uint8Array.from({ length: 64 }, (_, i) => (rounds + i) & 0xff)
    if (variation.flipByte && self === 1 && rounds === 5) bytes[63]! ^= 1
    const peer = host.random.pick(host.peers.gossiper!)
    if (peer !== host.name) host.net.send(Gossip, peer, 'tell', { from: self, seen: state.seen.slice(), bytes })
    // Never synced: a power loss has something to lose and to tear.
    host.disk.append('log', bytes).catch(() => {
      state.diskErrors++
    })
  }
  host.clock.every(ms(7), tick)
  if (self === 2) {
    const timers = [() => host.log.info('first'), () => host.log.info('second')]
    if (variation.swapTimers) timers.reverse()
    for (const fire of timers) host.clock.timer(ms(50), fire)
  }
  host.clock.every(ms(11), () => host.work(us(3)))
  return state
}
