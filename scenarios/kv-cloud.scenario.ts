import { kvInvariants } from '../invariants/kv/index.js'
import { type Host, ms, NetError, OperationFailed, s, scenario, system, workload } from '../sim/index.js'
import { KvServer, kvApi, kvErrorCode } from '../systems/kv/kv-server.js'
import { type NodeRoles, nodeKinds } from './kv-node.js'
import { powerCut } from './kv-power-cut.js'
import { ask, generate, type KvOperation, type KvResult, kvHistory, storeConfig, storeOptions } from './kv-workload.js'
import { kvStatistics } from './kv-world.js'

/**
 * Two hosts that take the same partitions over from one another, in an object store that fails, is slow and forgets to answer. Their disks are a cache, which may
 * decay. Whoever was overtaken, and does not know it yet, must neither acknowledge nor answer anything.
 */
const owners = system<NodeRoles>({
  name: 'kv-cloud',
  roles: {
    store: {
      count: 2,
      boot: (host: Host) => KvServer.boot(host),
      config: (ordinal, options) => {
        const { cloudCacheBytes = 65_536, listPage = 1_000, snapshotEvery = 32 } = options
        const cloud = { owner: `store-${ordinal}`, cacheBytes: cloudCacheBytes, listPage, snapshotEvery, timeout: ms(500), attempts: 4, pause: ms(20) }
        return storeConfig({ ...options, appends: 1 }, { cloud })
      },
    },
  },
  survives: { down: 1, blackout: true, corruptCopies: 2, clockSkewMillis: 60_000, clockDriftPpm: 300_000, clockFreezeMillis: 3_000 },
  replicaUnit: (_host, path, offset) => `${path}:${Math.floor(offset / 4_096)}`,
  columns: ({ partitions: [first] }) => ({
    term: first?.core.storage.term ?? '-',
    sequence: first?.core.chain.current.sequence ?? '-',
    health: first?.core.health ?? '-',
  }),
})

/** Whom a client takes for the owner. */
interface Session {
  owner: string
}

const clients = workload<KvOperation, KvResult, Session>({
  clients: 4,
  generate: (random, client, index, options) => generate(random, client, index, { ...options, appends: 1 }),
  connect: (host) => ({ owner: host.peers.store?.[0] as string }),
  perform,
  think: (random, options) => random.int(2_000 * (options.thinkMicros as number)) + 1,
  judge: kvHistory,
})

/** Asks whom it takes for the owner; one who is not is asked to become it, or the other is. */
async function perform(host: Host, op: KvOperation, session: Session): Promise<KvResult> {
  const stores = host.peers.store as readonly string[]
  const { takeoverPerMille = 5 } = host.config as Readonly<Record<string, number>>
  if (host.random.int(1_000) < takeoverPerMille) await claim(host, host.random.pick(stores), session)
  try {
    return await ask(host, session.owner, op)
  } catch (error) {
    const code = kvErrorCode(error)
    if (code === 'expired-term' || code === 'closed') await claim(host, host.random.pick(stores), session)
    else if (error instanceof NetError && code === null) session.owner = host.random.pick(stores)
    if (code === null) throw error
    if (code === 'unknown-outcome') throw new NetError('timeout', (error as Error).message)
    throw new OperationFailed(`${session.owner}: ${code}`)
  }
}

async function claim(host: Host, store: string, session: Session): Promise<void> {
  try {
    await host.net.call(kvApi, store, 'claim', null, { timeout: s(5) })
    session.owner = store
  } catch (error) {
    if (!(error instanceof NetError)) throw error
  }
}

async function writeIsDone(host: Host): Promise<string | null> {
  const session = { owner: 'store-2' }
  try {
    await claim(host, 'store-1', session)
    await perform(host, { partition: 0, f: 'put', key: 's000', value: 0, bytes: 0 }, session)
    return null
  } catch (error) {
    if (error instanceof OperationFailed) return error.message
    throw error
  }
}

export default scenario({
  name: 'kv-cloud',
  system: owners,
  workload: clients,
  invariants: kvInvariants<NodeRoles>({ isShared: true, isDiskWhole: false }),
  faults: {
    strategy: 'random',
    custom: [powerCut],
    kinds: [
      ...nodeKinds,
      powerCut.kind,
      'disk.rot',
      'disk.misdirect-read',
      'disk.full',
      'net.partition',
      'net.clog',
      'store.error',
      'store.timeout-after-commit',
      'store.slow',
      'store.conflict',
    ],
  },
  mustMeet: ['kv: data files are compacted', 'kv: data files are removed'],
  duration: s(20),
  healAt: s(15),
  objects: {},
  options: {
    ...storeOptions,
    partitions: { min: 1, max: 2 },
    thinkMicros: { min: 10_000, max: 60_000, log: true },
    filePages: { min: 4, max: 64, log: true },
    takeoverPerMille: { min: 0, max: 40, why: 'how often a client has the owner changed for no reason' },
    cloudCacheBytes: { min: 0, max: 262_144, why: 'of the disk; little: pages are fetched again' },
    listPage: { min: 2, max: 1_000, log: true },
    snapshotEvery: { min: 2, max: 64, log: true },
  },
  eventually: [{ name: 'a write is done', within: s(10), ask: writeIsDone }],
  statistics: kvStatistics,
})
