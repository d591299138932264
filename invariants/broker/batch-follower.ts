import { Misuse } from '../../sim/host/errors.js'
import type { Step } from '../../sim/host/world.js'
import type { Broker } from '../../systems/broker/broker.js'
import type { TailBatch } from '../../systems/broker/log-tail.js'
import type { PartitionLog } from '../../systems/broker/partition-log.js'

/** The system that these invariants look at. */
export type BrokerRoles = { broker: Broker }

export interface BatchVisitor {
  /** A replica's log begins anew after a start or a snapshot: what is in memory now comes to `appended`, what lies before does not. */
  began?(host: number, partition: number, log: PartitionLog): string | undefined
  /** A replica appended a batch. */
  appended(host: number, partition: number, batch: TailBatch): string | undefined
  /** A replica's partitions changed in this step, and all batches were visited. */
  changed?(host: number, broker: Broker): string | undefined
}

/** Shows a visitor every batch that any replica appends, once and in order, in constant time for a step that appends nothing. */
export class BatchFollower {
  readonly #visitor: BatchVisitor
  readonly #hosts: (Followed | undefined)[] = []

  constructor(visitor: BatchVisitor) {
    this.#visitor = visitor
  }

  follow(step: Step): string | undefined {
    const { stepped } = step
    if (stepped === null) return undefined
    const broker = stepped.process as Broker | undefined
    if (broker === undefined) return undefined
    let followed = this.#hosts[stepped.index]
    if (followed === undefined || followed.broker !== broker) {
      followed = { broker, changes: -1, seen: broker.partitions.map(() => 0), installs: broker.partitions.map(() => -1) }
      this.#hosts[stepped.index] = followed
    }
    if (followed.changes === broker.changes) return undefined
    followed.changes = broker.changes
    return this.#visit(stepped.index, followed)
  }

  #visit(host: number, followed: Followed): string | undefined {
    const { partitions } = followed.broker
    for (let p = 0; p < partitions.length; p++) {
      const log = (partitions[p] as (typeof partitions)[number]).log
      const { tail } = log
      if (followed.installs[p] !== log.installs) {
        followed.installs[p] = log.installs
        followed.seen[p] = tail.first
        const wrong = this.#visitor.began?.(host, p, log)
        if (wrong !== undefined) return wrong
      }
      for (let number = followed.seen[p] as number; number < tail.end; number++) {
        const batch = tail.batch(number)
        if (batch === undefined) throw new Misuse(`batch ${number} of partition ${p} was let go before it was looked at`)
        const wrong = this.#visitor.appended(host, p, batch)
        if (wrong !== undefined) return wrong
      }
      followed.seen[p] = tail.end
    }
    return this.#visitor.changed?.(host, followed.broker)
  }
}

interface Followed {
  readonly broker: Broker
  changes: number
  /** By partition: number of the next batch, and the snapshots installed by then. */
  readonly seen: number[]
  readonly installs: number[]
}
