import { Misuse } from '../../sim/host/errors.js'
import type { Step, World } from '../../sim/host/world.js'
import { type Invariant, invariant, type Observation } from '../../sim/run/scenario.js'
import type { Acknowledgement } from '../../systems/broker/acknowledgements.js'
import type { Broker } from '../../systems/broker/broker.js'
import type { TailBatch } from '../../systems/broker/log-tail.js'
import type { PartitionLog } from '../../systems/broker/partition-log.js'

/** The system that these invariants look at. */
export type BrokerRoles = { broker: Broker }

/**
 * What all broker invariants of one run look at: what the broker that stepped did in this step. Every batch that any replica appends and every
 * acknowledgement is seen once; a step in which a broker did nothing of the kind costs one comparison for all invariants together.
 */
export class BrokerObserver {
  /** Position of the broker's host. */
  host = -1
  broker: Broker | null = null
  /** Logs that began anew, after a start or a snapshot, by partition: what is in memory now is in `appended`, what lies before is not. */
  began: { readonly partition: number; readonly log: PartitionLog }[] = []
  appended: { readonly partition: number; readonly batch: TailBatch }[] = []
  acknowledged: Acknowledgement[] = []
  /** Partitions whose files were found to be damaged. */
  damaged: number[] = []
  /** This is the first look at a new life. */
  isNewLife = false
  readonly #hosts: (Followed | undefined)[] = []
  #step = -1
  #isChanged = false

  /** Takes in a step; the first check of a step does the work for all. Answers whether there is anything to see. */
  look(step: Step): boolean {
    if (step.number === this.#step) return this.#isChanged
    this.#step = step.number
    const broker = step.stepped?.process as Broker | undefined
    if (broker === undefined || step.stepped === null) {
      this.#isChanged = false
      return false
    }
    const host = step.stepped.index
    let followed = this.#hosts[host]
    this.#isChanged = followed?.broker !== broker || followed.changes !== broker.changes
    if (!this.#isChanged) return false
    this.isNewLife = followed?.broker !== broker
    if (followed === undefined || this.isNewLife) {
      followed = {
        broker,
        changes: -1,
        acknowledged: 0,
        seen: broker.partitions.map(() => 0),
        installs: broker.partitions.map(() => -1),
        losses: broker.partitions.map(() => 0),
      }
      this.#hosts[host] = followed
    }
    followed.changes = broker.changes
    this.host = host
    this.broker = broker
    this.#collect(followed)
    return true
  }

  #collect(followed: Followed): void {
    if (this.began.length > 0) this.began = []
    if (this.appended.length > 0) this.appended = []
    if (this.acknowledged.length > 0) this.acknowledged = []
    if (this.damaged.length > 0) this.damaged = []
    const { partitions, acknowledgements } = followed.broker
    for (let partition = 0; partition < partitions.length; partition++) {
      const { log, losses } = partitions[partition] as (typeof partitions)[number]
      const { tail } = log
      if (followed.losses[partition] !== losses) {
        followed.losses[partition] = losses
        this.damaged.push(partition)
      }
      if (followed.installs[partition] !== log.installs) {
        followed.installs[partition] = log.installs
        followed.seen[partition] = tail.first
        this.began.push({ partition, log })
      }
      for (let number = followed.seen[partition] as number; number < tail.end; number++) {
        const batch = tail.batch(number)
        if (batch === undefined) throw new Misuse(`batch ${number} of partition ${partition} was let go before it was looked at`)
        this.appended.push({ partition, batch })
      }
      followed.seen[partition] = tail.end
    }
    for (; followed.acknowledged < acknowledgements.count; followed.acknowledged++) this.acknowledged.push(acknowledgements.get(followed.acknowledged))
  }
}

interface Followed {
  readonly broker: Broker
  changes: number
  acknowledged: number
  /** By partition: number of the next batch, and the snapshots installed by then. */
  readonly seen: number[]
  readonly installs: number[]
  readonly losses: number[]
}

/** One observer a run, shared by the invariants that were made with it. */
export class BrokerObservation implements Observation<BrokerRoles> {
  readonly #observers = new WeakMap<object, BrokerObserver>()

  /** `begin` gives a check that runs after each step in which some broker did something. */
  invariant(name: string, begin: () => (observer: BrokerObserver, world: World<BrokerRoles>) => string | undefined): Invariant<BrokerRoles> {
    const made = invariant<BrokerRoles>(name, () => {
      const check = begin()
      let observer: BrokerObserver | undefined
      return (world, step) => {
        observer ??= this.#of(world)
        return observer.look(step) ? check(observer, world) : undefined
      }
    })
    return { ...made, observation: this }
  }

  begin(world: World<BrokerRoles>): (step: Step) => number {
    const observer = this.#of(world)
    return (step) => (observer.look(step) ? 1 : 0)
  }

  #of(world: object): BrokerObserver {
    let observer = this.#observers.get(world)
    if (observer === undefined) {
      observer = new BrokerObserver()
      this.#observers.set(world, observer)
    }
    return observer
  }
}
