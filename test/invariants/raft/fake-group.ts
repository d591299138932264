import { RaftObservation, raftInvariants } from '../../../invariants/raft/index.js'
import { DiskImage } from '../../../sim/disk/disk-image.js'
import type { HostView, Measurements, Step, World } from '../../../sim/index.js'
import { configurationOf } from '../../../systems/raft/configuration.js'
import type { Entry, Position, RaftChange } from '../../../systems/raft/messages.js'
import { PendingReads } from '../../../systems/raft/pending-reads.js'
import { quorumOf } from '../../../systems/raft/quorum.js'
import type { RaftNode } from '../../../systems/raft/raft-node.js'
import type { RaftState } from '../../../systems/raft/state.js'
import { noReadLease } from '../../../systems/raft/state.js'
import { WriteAheadLog } from '../../../systems/raft/write-ahead-log.js'
import { hostWith, ImageDisk } from '../../systems/raft/image-disk.js'

const names = ['member-1', 'member-2', 'member-3']

export const entry = (index: number, term: number, text = `${index}`): Entry => ({ index, term, kind: 'normal', data: new TextEncoder().encode(text) })
export const entries = (from: number, to: number, term: number): Entry[] => Array.from({ length: to - from + 1 }, (_, i) => entry(from + i, term))

/** What invariants see of a node, to be set as a test likes. */
class FakeNode {
  changes = 0
  applied = 0
  flushed: Position = { index: 0, term: 0 }
  readonly group = 'group'
  readonly peers = names
  readonly walDirectory = 'wal'
  readonly reads = new PendingReads()
  readonly machineState: Pick<
    RaftState,
    | 'role'
    | 'term'
    | 'vote'
    | 'commit'
    | 'log'
    | 'votes'
    | 'progress'
    | 'suspect'
    | 'configuration'
    | 'quorum'
    | 'configurations'
    | 'firstOwnIndex'
    | 'readLease'
    | 'lacks'
  >
  constructor(readonly id: number) {
    this.machineState = {
      role: 'follower',
      term: 0,
      vote: null,
      commit: 0,
      log: { base: { index: 0, term: 0 }, entries: [], durable: 0, pending: [] },
      votes: [],
      progress: [],
      suspect: false,
      configuration: configurationOf([0, 1, 2]),
      quorum: quorumOf(configurationOf([0, 1, 2])),
      configurations: [{ index: 0, configuration: configurationOf([0, 1, 2]) }],
      firstOwnIndex: 0,
      readLease: noReadLease(),
      lacks: 0,
    }
  }
  get lastIndex(): number {
    return this.machineState.log.base.index + this.machineState.log.entries.length
  }
  termAt(index: number): number {
    const { base, entries: held } = this.machineState.log
    return index === base.index ? base.term : (held[index - base.index - 1]?.term ?? -1)
  }
}

export interface FakeProcess {
  readonly node: FakeNode
  digest: number
}

interface FakeHost {
  readonly name: string
  readonly index: number
  incarnation: number
  process: FakeProcess
  readonly durable: HostView<unknown>['durable']
}

interface FakeDisk {
  readonly image: DiskImage
  log: WriteAheadLog | null
  token: number
}

/** Three members whose states a test sets by hand, over real logs on disk images, and the invariants of one run over them. */
export class FakeGroup {
  /** Where the state machines are durable. */
  readonly states: (Position | null)[] = [
    { index: 0, term: 0 },
    { index: 0, term: 0 },
    { index: 0, term: 0 },
  ]
  readonly #hosts: FakeHost[] = []
  readonly #disks: FakeDisk[] = []
  readonly #checks: { name: string; check: (world: World<Record<string, unknown>>, step: Step) => string | undefined }[]
  readonly #world: World<Record<string, unknown>>
  readonly observation: RaftObservation
  /** Virtual nanoseconds at the next step. */
  at = 0
  #step = 0

  constructor() {
    for (const [index, name] of names.entries()) {
      const image = new DiskImage()
      this.#disks.push({ image, log: null, token: 0 })
      this.#hosts.push({ name, index, incarnation: 1, process: { node: new FakeNode(index), digest: 0 }, durable: image.durable })
    }
    const host = (name: string) => this.#hosts.find((each) => each.name === name)
    this.#world = { now: 0, hosts: { member: this.#hosts }, all: this.#hosts, host } as unknown as World<Record<string, unknown>>
    this.observation = new RaftObservation({
      nodes: (process) => [(process as FakeProcess).node as unknown as RaftNode],
      durableState: ({ index }) => this.states[index] as Position | null,
      digest: (process) => (process as FakeProcess).digest,
    })
    const invariants = raftInvariants(this.observation)
    this.#checks = invariants.map((invariant) => ({ name: invariant.name, check: invariant.begin() }))
  }

  get measurements(): Measurements {
    return this.observation.measurements(this.#world)
  }

  process(member: number): FakeProcess {
    return this.#hosts[member]?.process as FakeProcess
  }

  /** Makes changes durable in the member's log. Seen at its next step. */
  async persist(member: number, ...changes: RaftChange[]): Promise<void> {
    const disk = this.#disks[member] as FakeDisk
    disk.log ??= await WriteAheadLog.open(hostWith(new ImageDisk(disk.image), 1), 'wal')
    const { log } = disk
    await new Promise<void>((resolve) => {
      const last = disk.token + changes.length
      log.onDurable((token) => {
        if (token === last) resolve()
      })
      for (const change of changes) log.save(++disk.token, change)
      log.flush()
    })
  }

  /** Rubbish in the last record of the member's log, which it finds at its next start. */
  async damage(member: number): Promise<void> {
    const disk = this.#disks[member] as FakeDisk
    const files = new ImageDisk(disk.image)
    const [segment] = (await files.list('wal')).slice(-1)
    const file = await files.open(`wal/${segment}`)
    await file.writeAt(file.size() - 1, new Uint8Array([0xff]))
    await file.sync()
    this.restart(member)
    disk.log = await WriteAheadLog.open(hostWith(files, 2), 'wal')
  }

  /** The member does something; what the invariants say of it. */
  step(member: number, act: (state: FakeNode['machineState'], node: FakeNode, process: FakeProcess) => void = () => {}): string | undefined {
    const host = this.#hosts[member] as FakeHost
    const { process } = host
    act(process.node.machineState, process.node, process)
    process.node.changes++
    const step = { number: ++this.#step, at: this.at, host: host.name, stepped: host, incarnation: 1, kind: 'message', cause: 0 } as unknown as Step
    for (const { name, check } of this.#checks) {
      const message = check(this.#world, step)
      if (message !== undefined) return `${name}: ${message}`
    }
    return undefined
  }

  /** The process dies and a new one comes up. */
  restart(member: number): void {
    const host = this.#hosts[member] as FakeHost
    host.incarnation++
    host.process = { node: new FakeNode(member), digest: 0 }
  }

  /** A leader of term 1 with three entries, all durable on all members and committed. Nothing is wrong with it. */
  async settled(): Promise<string | undefined> {
    const log = entries(1, 3, 1)
    for (const member of [0, 1, 2]) {
      await this.persist(member, { kind: 'hard-state', hardState: { term: 1, vote: 0 } }, { kind: 'entries', entries: log })
      const wrong = this.step(member, (state) => {
        state.term = 1
        state.vote = 0
        state.log.entries.push(...log)
      })
      if (wrong !== undefined) return wrong
    }
    for (const member of [0, 1, 2]) {
      const wrong = this.step(member, (state, node, process) => {
        if (member === 0) {
          state.role = 'leader'
          state.votes = [true, true, null]
        }
        state.commit = 3
        node.applied = 3
        process.digest = 33
      })
      if (wrong !== undefined) return wrong
    }
    return undefined
  }
}
