import { DiskError, Misuse } from '../../sim/host/errors.js'
import type { Host, HostName, Nanos } from '../../sim/host/seam.js'
import { UnknownGroup } from './errors.js'
import { GroupExchange } from './group-exchange.js'
import { HeartbeatTicker, type MemberTimer } from './heartbeat-ticker.js'
import { HostWatch } from './host-watch.js'
import type { RaftGroup } from './raft-group.js'
import { RaftNode } from './raft-node.js'
import { type RaftNodeOptions, raftNodeOptions } from './raft-node-options.js'
import type { MemberTransport, Receive } from './raft-transport.js'
import { defaultSharedLogOptions, SharedLog } from './shared-log.js'
import { SharedTimers } from './shared-timers.js'
import { CorruptLog } from './wal-recovery.js'

export interface RaftStoreOptions {
  /** Where the log of all groups is kept. */
  readonly directory: string
  /** For all groups, where a group says nothing else. Timeouts should be the same for all. */
  readonly raft?: Partial<RaftNodeOptions>
  /** Heartbeats in a row with nothing to do after which a group rests; 0: never. */
  readonly restAfterHeartbeats?: number
  /** Segments of the log after which what idle groups need is written anew. */
  readonly mostSegments?: number
}

/**
 * What the Raft groups of one host share, so that a host may have many: one write-ahead log with one sync for all, one packet of heartbeats to each other host, one
 * timer of the clock, and rest for groups that have nothing to do. A group has its members' stores on all its hosts, or on none.
 */
export class RaftStore {
  readonly log: SharedLog
  /** Of the write-ahead log, for those who read it on the disk. */
  readonly walDirectory: string
  readonly #host: Host
  readonly #options: RaftStoreOptions
  readonly #exchange: GroupExchange
  readonly #ticker: HeartbeatTicker
  readonly #timers: SharedTimers
  readonly #watch: HostWatch
  readonly #nodes: RaftNode[] = []
  /** Groups whose start has not ended. */
  readonly #starting = new Set<string>()
  /** Resting leaders' followers by host, and the hosts of resting followers' leaders. */
  readonly #restingHere = new Map<RaftNode, readonly HostName[]>()
  readonly #greeted = new Map<HostName, number>()
  readonly #restingWith = new Map<RaftNode, HostName>()
  /** Leaders that have let their groups rest: some follower may rest yet, whatever was said to it since. */
  readonly #haveRested = new Set<RaftNode>()
  readonly #beat: MemberTimer
  readonly #heartbeat: Nanos

  /** Recovers the log. A disk that fails ends the process (`host.exit`), as does a log found damaged. */
  static async open(host: Host, options: RaftStoreOptions): Promise<RaftStore> {
    const { walSegmentBytes } = raftNodeOptions(options.raft)
    const { restAfterHeartbeats: given, raft } = options
    if (given !== undefined && raft?.restAfterHeartbeats !== undefined && raft.restAfterHeartbeats !== given)
      throw new Misuse(`restAfterHeartbeats is given twice: ${given} to the store, and ${raft.restAfterHeartbeats} in its raft options`)
    const walDirectory = `${options.directory}/wal`
    const { mostSegments = defaultSharedLogOptions.mostSegments } = options
    try {
      const log = await SharedLog.open(host, walDirectory, { segmentBytes: walSegmentBytes, mostSegments })
      return new RaftStore(host, options, log, walDirectory)
    } catch (error) {
      if (error instanceof DiskError || error instanceof CorruptLog) host.exit(`${walDirectory}: ${error.message}`)
      throw error
    }
  }

  private constructor(host: Host, options: RaftStoreOptions, log: SharedLog, walDirectory: string) {
    this.#host = host
    this.#options = options
    this.log = log
    this.walDirectory = walDirectory
    const { heartbeat, electionTimeout } = raftNodeOptions(options.raft)
    this.#heartbeat = heartbeat
    this.#timers = new SharedTimers(host.clock)
    this.#watch = new HostWatch(
      (fire) => this.#timers.timer(fire),
      electionTimeout[0],
      (name, groups) => this.#onUnheard(name, groups),
    )
    this.#exchange = new GroupExchange(host, (from, word) => this.#watch.heard(from, word))
    this.#ticker = new HeartbeatTicker(host.clock, (run) => this.#exchange.gather(run))
    this.#beat = this.#ticker.timer(() => this.#greet())
  }

  /** Starts a member of a group here, on what the log holds of it. One whose start fails may be started again, or leave. */
  async start<Result>(given: Omit<RaftGroup<Result>, 'directory' | 'store'>): Promise<RaftNode<Result>> {
    const { restAfterHeartbeats = 3, directory, raft } = this.#options
    const { group } = given
    if (given.options?.restAfterHeartbeats !== undefined) throw new Misuse('restAfterHeartbeats is given to the store, for all groups')
    if (this.#starting.has(group)) throw new Misuse(`group ${group} is being started on this host`)
    this.log.expectUnused(group)
    this.#starting.add(group)
    try {
      const options = { restAfterHeartbeats, ...raft, ...given.options }
      return await RaftNode.start(this.#host, { ...given, directory, options, store: this })
    } catch (error) {
      if (!this.#nodes.some((node) => node.group === group)) this.log.giveBack(group)
      throw error
    } finally {
      this.#starting.delete(group)
    }
  }

  /**
   * Ends this host's part in a group: its member stops, and then all that the log holds of it is void. Settles once that is durable; a crash before leaves the group
   * whole or gone, and `groups` tells. Rejects with `UnknownGroup` when there is nothing of it here. The member should be removed from the configuration first: before
   * its next life is heard, the leader counts what it had acknowledged, of which one copy less is left. The state machine's files are the caller's to remove, then or
   * in a later life, before the group is started here again: it begins with nothing, and, as one that may have forgotten votes, counts once a leader has taught it.
   */
  async leave(group: string): Promise<void> {
    if (this.#starting.has(group)) throw new Misuse(`group ${group} is being started on this host`)
    const node = this.#nodes.find((each) => each.group === group)
    if (node === undefined && !this.log.groups.includes(group)) throw new UnknownGroup(group)
    await node?.stop()
    await this.log.leave(group)
    if (node !== undefined) this.#nodes.splice(this.#nodes.indexOf(node), 1)
  }

  /** Of which the log holds something, started or not: those that this host has a part in. */
  get groups(): readonly string[] {
    return this.log.groups
  }

  /** Of all members started here, in the order in which they were, without those that left. */
  get nodes(): readonly RaftNode[] {
    return this.#nodes
  }

  /** Stops all members, makes all durable, closes the log. */
  async stop(): Promise<void> {
    await Promise.all(this.#nodes.map((node) => node.stop()))
    this.#exchange.close()
    await this.log.close()
  }

  // ---------------------------------------------------------------- for the nodes

  began(node: RaftNode): void {
    this.#nodes.push(node)
  }

  transport(group: string, members: readonly HostName[], receive: Receive): MemberTransport {
    return this.#exchange.transport(group, members, receive)
  }

  timer(fire: () => void): MemberTimer {
    return this.#timers.timer(fire)
  }

  heartbeatTimer(fire: () => void): MemberTimer {
    return this.#ticker.timer(fire)
  }

  rests(node: RaftNode, isResting: boolean): void {
    for (const name of this.#restingHere.get(node) ?? []) this.#greetLess(name)
    this.#restingHere.delete(node)
    const leader = this.#restingWith.get(node)
    if (leader !== undefined) this.#watch.unwatch(leader)
    this.#restingWith.delete(node)
    if (!isResting) return
    if (node.isLeader) {
      const followers = node.machineState.progress.flatMap((progress) => (progress === null ? [] : [node.peers[progress.member] as HostName]))
      this.#restingHere.set(node, followers)
      this.#haveRested.add(node)
      for (const name of followers) this.#greeted.set(name, (this.#greeted.get(name) ?? 0) + 1)
      if (this.#beat.deadline === Number.POSITIVE_INFINITY) this.#beat.set(this.#heartbeat)
    } else if (node.leader !== undefined) {
      this.#restingWith.set(node, node.leader)
      this.#watch.watch(node.leader)
    }
  }

  leadsNoLonger(node: RaftNode): void {
    if (this.#haveRested.delete(node)) this.#exchange.quit(node.group)
  }

  #greetLess(name: HostName): void {
    const rest = (this.#greeted.get(name) ?? 0) - 1
    if (rest > 0) this.#greeted.set(name, rest)
    else this.#greeted.delete(name)
  }

  #greet(): void {
    for (const name of this.#greeted.keys()) this.#exchange.greet(name)
    if (this.#greeted.size > 0) this.#beat.set(this.#heartbeat)
  }

  /** `groups`: it lives, and leads these no longer. */
  #onUnheard(name: HostName, groups: readonly string[] | null): void {
    const nodes = [...this.#restingWith].filter(([node, leader]) => leader === name && (groups === null || groups.includes(node.group)))
    for (const [node] of nodes) node.input({ kind: 'wake' })
  }
}
