import { kvInvariants } from '../invariants/kv/index.js'
import { type Host, OperationFailed, s, scenario, system } from '../sim/index.js'
import { KvServer } from '../systems/kv/kv-server.js'
import { kvClients, performOn, storeConfig, storeOptions } from './kv-workload.js'
import { kvStatistics, storesAreTidy } from './kv-world.js'

/** One node, which crashes and loses power again and again, also while it recovers. */
export default scenario({
  name: 'kv-crash',
  system: system<{ store: KvServer }>({
    name: 'kv',
    roles: { store: { count: 1, boot: (host: Host) => KvServer.boot(host), config: (_, options) => storeConfig(options) } },
    survives: { down: 1, blackout: true, clockSkewMillis: 60_000, clockDriftPpm: 300_000, clockFreezeMillis: 3_000 },
    columns: (server) => ({ sequence: server.partitions[0]?.core.chain.current.sequence ?? '-', health: server.partitions[0]?.core.health ?? '-' }),
  }),
  workload: kvClients(4),
  invariants: kvInvariants<{ store: KvServer }>({ isShared: false, isDiskWhole: true }),
  faults: { strategy: 'targeted', kinds: crashKinds() },
  mustMeet: ['kv: data files are compacted', 'kv: data files are removed', 'kv: entries that have expired are removed'],
  duration: s(12),
  healAt: s(9),
  options: storeOptions,
  eventually: [
    { name: 'space comes back', within: s(20), holds: storesAreTidy },
    { name: 'a write is done', within: s(5), ask: writeIsDone },
  ],
  statistics: kvStatistics,
})

function crashKinds() {
  return [
    'process.crash',
    'process.crash-loop',
    'process.pause',
    'process.slow',
    'power.loss',
    'disk.lost',
    'disk.torn',
    'disk.lost-rename',
    'disk.slow',
    'disk.stall',
    'net.delay',
    'clock.skew',
    'clock.step',
    'code.maybe',
  ] as const
}

async function writeIsDone(host: Host): Promise<string | null> {
  try {
    await performOn(host, 'store-1', { partition: 0, f: 'put', key: 's000', value: 0, bytes: 0 })
    return null
  } catch (error) {
    if (error instanceof OperationFailed) return error.message
    throw error
  }
}
