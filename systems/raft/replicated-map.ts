import { Misuse } from '../../sim/host/errors.js'
import type { Host, HostName } from '../../sim/host/seam.js'
import { protocol } from '../../sim/run/scenario.js'
import { crc32c } from './crc32c.js'
import { Busy, ChangePending, NotLeader, Superseded, TransferFailed } from './errors.js'
import type { HostChange } from './group-members.js'
import { leaveWhenAsked } from './leave-when-asked.js'
import { RaftNode } from './raft-node.js'
import type { RaftNodeOptions } from './raft-node-options.js'
import { type MemoryState, SnapshotFile } from './snapshot-file.js'

/** The smallest service on Raft: a map from names to numbers, replicated by one group. Values carry ballast, so that logs and snapshots grow. */
export type MapCommand =
  | { readonly f: 'put'; readonly key: string; readonly value: number; readonly ballast: number }
  | { readonly f: 'cas'; readonly key: string; readonly from: number; readonly to: number }
  /** A missing key counts as 0. */
  | { readonly f: 'add'; readonly key: string; readonly value: number }

export type MapAnswer<Result> =
  | { readonly kind: 'ok'; readonly result: Result }
  /** Certainly not done. */
  | { readonly kind: 'not-leader'; readonly leader: HostName | undefined }
  | { readonly kind: 'busy' }
  /** Nobody can tell whether it was or will be done. */
  | { readonly kind: 'unknown' }

export const mapApi = protocol<{
  read: { req: { readonly key: string }; res: MapAnswer<number | null> }
  update: { req: MapCommand; res: MapAnswer<boolean> }
}>('raft-map-api')

/** For operators, and answered by leaders only. */
export const mapOperatorApi = protocol<{
  members: { req: null; res: MapAnswer<MapMembers> }
  change: { req: MapChange; res: MapAnswer<null> }
}>('raft-map-operator')

export interface MapMembers {
  readonly voters: readonly HostName[]
  readonly outgoing: readonly HostName[]
  readonly learners: readonly HostName[]
}

export type MapChange =
  | { readonly kind: 'change'; readonly changes: readonly HostChange[]; readonly through: 'auto' | 'joint' | 'joint-until-told' }
  | { readonly kind: 'leave' }
  | { readonly kind: 'transfer'; readonly to: HostName }

/** The state; a missing key reads as null. An update answers whether it changed anything. */
export class MapState implements MemoryState<boolean> {
  /** Of all commands applied, in their order. */
  #commands = 0
  /** Of what is there, in any order: a snapshot that lacks something shows. */
  #contents = 0
  #values = new Map<string, StoredValue>()

  /** Equal on all members at equal indexes. */
  get digest(): number {
    return (this.#commands ^ this.#contents) >>> 0
  }

  get(key: string): number | null {
    return this.#values.get(key)?.value ?? null
  }

  apply(_index: number, term: number, data: Uint8Array): boolean {
    this.#commands = crc32c(data, 0, data.length, (this.#commands ^ term) >>> 0)
    const command = JSON.parse(text.decode(data)) as MapCommand
    const { key } = command
    const found = this.#values.get(key)
    switch (command.f) {
      case 'put':
        this.#set(key, found, { value: command.value, ballast: 'x'.repeat(command.ballast) })
        return true
      case 'cas':
        if (found === undefined || found.value !== command.from) return false
        this.#set(key, found, { ...found, value: command.to })
        return true
      case 'add':
        this.#set(key, found, { value: (found?.value ?? 0) + command.value, ballast: found?.ballast ?? '' })
        return true
    }
  }

  #set(key: string, old: StoredValue | undefined, value: StoredValue): void {
    if (old !== undefined) this.#contents ^= sumOf(key, old)
    this.#contents ^= sumOf(key, value)
    this.#values.set(key, value)
  }

  encode(): Uint8Array {
    return bytes.encode(JSON.stringify({ commands: this.#commands, values: [...this.#values] }))
  }

  decode(state: Uint8Array): void {
    const { commands, values } = JSON.parse(text.decode(state)) as { commands: number; values: [string, StoredValue][] }
    this.#commands = commands
    this.#values = new Map(values)
    this.#contents = 0
    for (const [key, value] of this.#values) this.#contents ^= sumOf(key, value)
  }
}

/** Of one entry; without memory of its own, since every member takes it twice for every command. (FNV-1a's steps, over words.) */
function sumOf(key: string, { value, ballast }: StoredValue): number {
  let sum = 0x811c_9dc5
  for (let i = 0; i < key.length; i++) sum = Math.imul(sum ^ key.charCodeAt(i), 0x0100_0193)
  sum = Math.imul(sum ^ value, 0x0100_0193)
  sum = Math.imul(sum ^ Math.floor(value / 2 ** 32), 0x0100_0193)
  sum = Math.imul(sum ^ ballast.length, 0x0100_0193)
  return sum ^ (sum >>> 15)
}

interface StoredValue {
  readonly value: number
  readonly ballast: string
}

/** `voters`: how many of the hosts vote when the group begins; all, when not given. */
export interface MapConfig extends Partial<RaftNodeOptions> {
  readonly voters?: number
}

/** One member: its Raft node and the requests of clients. Asked to stop, it resigns, makes all durable and leaves. `host.config` is a `MapConfig`. */
export class MapMember {
  private constructor(
    readonly node: RaftNode<boolean>,
    readonly state: MapState,
  ) {}

  static async boot(host: Host): Promise<MapMember> {
    host.mark('recovering')
    const state = new MapState()
    const { voters, ...options } = host.config as MapConfig
    const forwards = options.forwardsProposals === true
    const peers = host.peers[host.role] ?? []
    const node = await RaftNode.start<boolean>(host, {
      group: 'map',
      peers,
      ...(voters === undefined ? {} : { voters: peers.slice(0, voters) }),
      directory: 'map',
      stateMachine: new SnapshotFile(host.disk, snapshotDirectory, state),
      options,
    })
    host.net.serve(mapApi, {
      read: ({ key }) => readMap(host, node, state, key),
      update: (command) => updateMap(host, node, command, forwards),
    })
    serveOperators(host, node)
    leaveWhenAsked(host, () => node.stop())
    return new MapMember(node, state)
  }
}

/** Asks the leader's state machine. */
export async function readMap(host: Host, node: RaftNode<boolean>, state: MapState, key: string): Promise<MapAnswer<number | null>> {
  if (!node.isLeader) return { kind: 'not-leader', leader: node.leader }
  try {
    await node.readIndex()
    // The later it is read, the newer it is.
    await host.failpoint('map.read')
    return { kind: 'ok', result: state.get(key) }
  } catch (error) {
    return refusal(error)
  }
}

/** `forwards`: a follower that knows the leader hands the command on. */
export async function updateMap(host: Host, node: RaftNode<boolean>, command: MapCommand, forwards = false): Promise<MapAnswer<boolean>> {
  if (!node.isLeader && (!forwards || node.leader === undefined)) return { kind: 'not-leader', leader: node.leader }
  if (!node.isLeader) host.check.reachable('a follower hands a proposal on')
  try {
    const result = await node.propose(bytes.encode(JSON.stringify(command)))
    host.mark('acknowledged')
    return { kind: 'ok', result }
  } catch (error) {
    return refusal(error)
  }
}

function serveOperators(host: Host, node: RaftNode<boolean>): void {
  const { members } = node
  host.net.serve(mapOperatorApi, {
    async members(): Promise<MapAnswer<MapMembers>> {
      if (!node.isLeader) return { kind: 'not-leader', leader: node.leader }
      const { voters, outgoing, learners } = members
      return { kind: 'ok', result: { voters, outgoing, learners } }
    },
    async change(change): Promise<MapAnswer<null>> {
      try {
        if (change.kind === 'leave') await members.leaveJoint()
        else if (change.kind === 'transfer') await members.transferLeadership(change.to)
        else await members.change(change.changes, change.through)
        return { kind: 'ok', result: null }
      } catch (error) {
        // Another change came before it.
        return error instanceof Misuse ? { kind: 'busy' } : refusal(error)
      }
    },
  })
}

/** Where members keep their snapshot, for those who read it on the disk. */
export const snapshotDirectory = 'map/state'

function refusal(error: unknown): MapAnswer<never> {
  if (error instanceof NotLeader) return { kind: 'not-leader', leader: error.leader }
  if (error instanceof Busy || error instanceof ChangePending) return { kind: 'busy' }
  if (error instanceof TransferFailed || error instanceof Superseded) return { kind: 'unknown' }
  throw error
}

const bytes = new TextEncoder()
const text = new TextDecoder()
