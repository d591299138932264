import { Misuse } from '../../sim/host/errors.js'
import type { Host, HostName } from '../../sim/host/seam.js'
import { protocol } from '../../sim/run/scenario.js'
import { leaveWhenAsked } from './leave-when-asked.js'
import type { RaftNode } from './raft-node.js'
import type { RaftNodeOptions } from './raft-node-options.js'
import { RaftStore } from './raft-store.js'
import { type MapAnswer, type MapCommand, MapState, readMap, updateMap } from './replicated-map.js'
import { SnapshotFile } from './snapshot-file.js'

/** Many replicated maps, each on a group of its own that has members on some of the hosts. */
export const manyMapsApi = protocol<{
  read: { req: { readonly group: string; readonly key: string }; res: MapAnswer<number | null> }
  update: { req: { readonly group: string; readonly command: MapCommand }; res: MapAnswer<boolean> }
}>('raft-many-maps-api')

export interface ManyMapsConfig extends Partial<RaftNodeOptions> {
  readonly groups: number
  /** Hosts that a group has a member on. */
  readonly replicas: number
  readonly restAfterHeartbeats?: number
  readonly mostSegments?: number
}

/** The host that stores some maps' members: one Raft store for all. `host.config` is a `ManyMapsConfig`. */
export class MapStore {
  private constructor(
    readonly store: RaftStore,
    readonly maps: ReadonlyMap<string, MapReplica>,
  ) {}

  static async boot(host: Host): Promise<MapStore> {
    host.mark('recovering')
    const { groups, replicas, restAfterHeartbeats = 3, mostSegments, ...raft } = host.config as ManyMapsConfig
    const hosts = host.peers[host.role] ?? []
    const store = await RaftStore.open(host, {
      directory: 'raft',
      raft,
      restAfterHeartbeats,
      ...(mostSegments === undefined ? {} : { mostSegments }),
    })
    const mine = Array.from({ length: groups }, (_, group) => group).filter((group) => hostsOf(hosts, group, replicas).includes(host.name))
    const started = await Promise.all(
      mine.map(async (group) => {
        const state = new MapState()
        const name = groupName(group)
        const stateMachine = new SnapshotFile(host.disk, mapDirectory(name), state)
        return [name, { state, node: await store.start<boolean>({ group: name, peers: hostsOf(hosts, group, replicas), stateMachine }) }] as const
      }),
    )
    const maps = new Map(started)
    const map = (group: string): MapReplica => {
      const found = maps.get(group)
      if (found === undefined) throw new Misuse(`${host.name} stores no member of ${group}`)
      return found
    }
    host.net.serve(manyMapsApi, {
      read: ({ group, key }) => readMap(host, map(group).node, map(group).state, key),
      update: ({ group, command }) => updateMap(host, map(group).node, command),
    })
    leaveWhenAsked(host, () => store.stop())
    return new MapStore(store, maps)
  }
}

export interface MapReplica {
  readonly node: RaftNode<boolean>
  readonly state: MapState
}

export const groupName = (group: number): string => `g${group}`

/** Group by group it goes on by one host. */
export function hostsOf(hosts: readonly HostName[], group: number, replicas: number): HostName[] {
  return Array.from({ length: Math.min(replicas, hosts.length) }, (_, i) => hosts[(group + i) % hosts.length] as HostName)
}

/** Where a map's snapshot is, for those who read it on the disk. */
export const mapDirectory = (group: string): string => `maps/${group}`
