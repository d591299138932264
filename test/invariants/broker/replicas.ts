import { BrokerObservation, type BrokerRoles } from '../../../invariants/broker/observation.js'
import type { HostView, Step, World } from '../../../sim/host/world.js'
import type { Invariant } from '../../../sim/run/scenario.js'
import { Acknowledgements } from '../../../systems/broker/acknowledgements.js'
import type { Broker } from '../../../systems/broker/broker.js'
import { Partition } from '../../../systems/broker/partition.js'
import { logDefaults } from '../../../systems/broker/partition-log.js'
import { encodeBatch } from '../../../systems/broker/record-batch.js'
import { WriteAheadLog } from '../../../systems/raft/write-ahead-log.js'
import { hostWith, ImageDisk } from '../../systems/raft/image-disk.js'

/** A broker as invariants see one: a real partition and write-ahead log on a disk image, without Raft or a network. */
export class Replica {
  readonly disk: ImageDisk
  readonly acknowledgements = new Acknowledgements()
  readonly partition: Partition
  readonly view: HostView<Broker>
  changes = 0
  #token = 0
  #wal: WriteAheadLog | null = null

  private constructor(
    readonly index: number,
    readonly incarnation: number,
    disk: ImageDisk,
    before: HostView<Broker> | null,
  ) {
    this.disk = disk
    const fail = (error: unknown) => {
      throw error
    }
    this.partition = new Partition(disk, 'events', 0, 'events-0/log', { log: logDefaults, maxProducers: 10 }, this, fail)
    this.view = this.#show(before)
  }

  static start(index: number): Promise<Replica> {
    return Replica.#start(index, 1, new ImageDisk(), null)
  }

  /** The process of the next life, on the same disk. */
  restarted(): Promise<Replica> {
    return Replica.#start(this.index, this.incarnation + 1, new ImageDisk(this.disk.image), this.view)
  }

  static async #start(index: number, incarnation: number, disk: ImageDisk, before: HostView<Broker> | null): Promise<Replica> {
    const replica = new Replica(index, incarnation, disk, before)
    await replica.partition.open()
    replica.#wal = await WriteAheadLog.open(hostWith(disk, incarnation), walDirectory)
    return replica
  }

  #show(before: HostView<Broker> | null): HostView<Broker> {
    const { partition, acknowledgements, incarnation, index } = this
    const counter: { readonly changes: number } = this
    const process = {
      partitions: [partition],
      nodes: [{ walDirectory }],
      acknowledgements,
      get changes() {
        return counter.changes
      },
    }
    const { durable } = this.disk.image
    // A host keeps its view through all its lives.
    return Object.assign(before ?? {}, {
      name: `broker-${index + 1}`,
      role: 'broker',
      index,
      status: 'up',
      incarnation,
      durable,
      process,
    }) as unknown as HostView<Broker>
  }

  /** Appends a batch of so many records as the next entry. */
  apply(records: number, producer?: { id: number; epoch: number; sequence: number }, value = 1): void {
    const values = Array.from({ length: records }, () => ({ key: null, value: Uint8Array.of(value), timestamp: 0 }))
    this.partition.apply(this.partition.appliedIndex + 1, 1, encodeBatch(values, { producer }))
  }

  /** Saves entries up to `index` of term 1; `sync`: and waits for the disk. */
  async save(from: number, index: number, sync = true): Promise<void> {
    const wal = this.#wal as WriteAheadLog
    const entries = Array.from({ length: index - from + 1 }, (_, i) => ({ index: from + i, term: 1, kind: 'normal' as const, data: Uint8Array.of(i) }))
    const token = ++this.#token
    const durable = new Promise<void>((resolve) => wal.onDurable((done) => done >= token && resolve()))
    wal.save(token, { kind: 'entries', entries })
    if (!sync) return
    wal.flush()
    await durable
  }

  acknowledge(baseOffset: number, nextOffset: number, index: number, crc = 0): void {
    this.changes++
    this.acknowledgements.add({ partition: 0, baseOffset, nextOffset, crc, index, term: 1 })
  }
}

const walDirectory = 'events-0/raft/wal'

/** One invariant over a few replicas, as a run would ask it. */
export class Watch {
  readonly #check: (world: World<BrokerRoles>, step: Step) => string | undefined
  readonly #world: World<BrokerRoles>
  #steps = 0

  constructor(make: (observation: BrokerObservation) => Invariant<BrokerRoles>, replicas: readonly Replica[]) {
    this.#check = make(new BrokerObservation()).begin()
    const views = replicas.map((replica) => replica.view)
    this.#world = { now: 0, hosts: { broker: views }, all: views, host: (name) => views.find((view) => view.name === name) }
  }

  /** After a step of this replica. */
  look(replica: Replica): string | undefined {
    const { view } = replica
    const step = { number: ++this.#steps, at: 0, host: view.name, stepped: view, incarnation: view.incarnation, kind: 'disk', cause: 0 }
    return this.#check(this.#world, step)
  }
}
