/** One node with a store of its own, as most scenarios of the engine have it. */
import { type Host, OperationFailed, type Options, system } from '../sim/index.js'
import { KvServer } from '../systems/kv/kv-server.js'
import type { GivenOptions } from '../systems/kv/options.js'
import { performOn, storeConfig } from './kv-workload.js'

export type NodeRoles = { store: KvServer }

export interface NodeSystem {
  /** Disks may do what nobody is told of: data pages, archives and one copy of the manifest may decay. */
  readonly isDamaged?: boolean
  readonly options?: (options: Options) => GivenOptions
}

export const nodeSystem = ({ isDamaged = false, options }: NodeSystem = {}) =>
  system<NodeRoles>({
    name: 'kv',
    roles: {
      store: { count: 1, boot: (host: Host) => KvServer.boot(host), config: (_, drawn) => storeConfig(drawn, options?.(drawn)) },
    },
    survives: {
      down: 1,
      blackout: true,
      clockSkewMillis: 60_000,
      clockDriftPpm: 300_000,
      clockFreezeMillis: 3_000,
      ...(isDamaged ? { corruptCopies: 2 } : {}),
    },
    ...(isDamaged ? { replicaUnit: (_host: string, path: string, offset: number) => unitOf(path, offset) } : {}),
    columns: ({ partitions: [first] }) => ({ sequence: first?.core.chain.current.sequence ?? '-', health: first?.core.health ?? '-' }),
  })

/** The second copy of a manifest stays whole: a store with one copy cannot tell a change that decayed from one that was never durable. */
function unitOf(path: string, offset: number): string | null {
  return path.endsWith('/manifest-2') || path.endsWith('.tmp') ? null : `${path}:${Math.floor(offset / 4_096)}`
}

export async function writeIsDone(host: Host): Promise<string | null> {
  try {
    await performOn(host, 'store-1', { partition: 0, f: 'put', key: 's000', value: 0, bytes: 0 })
    return null
  } catch (error) {
    if (error instanceof OperationFailed) return error.message
    throw error
  }
}

/** Kinds that every scenario of one node has. */
export const nodeKinds = [
  'process.crash',
  'process.pause',
  'process.slow',
  'power.loss',
  'disk.lost',
  'disk.torn',
  'disk.slow',
  'net.delay',
  'code.maybe',
] as const
