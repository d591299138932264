import type { HostView, Invariant, Observation, Step, World } from '../../sim/index.js'
import type { KvEvent } from '../../systems/kv/journal.js'
import type { KvServer } from '../../systems/kv/kv-server.js'
import type { KvPartition } from '../../systems/kv/store.js'
import { DurablePartition } from './durable-partition.js'
import { PartitionModel } from './partition-model.js'

/** How much of a run can be judged. */
export interface KvPlacement {
  /** Whether hosts own the same partitions one after the other, rather than each its own. */
  readonly isShared: boolean
  /** Whether what is durable on the disk is whole: not so where disks are damaged behind the back of the file system, or are but a cache. */
  readonly isDiskWhole: boolean
}

/** An event with what it is about. */
export interface Seen {
  readonly event: KvEvent
  readonly host: HostView<KvServer>
  readonly model: PartitionModel
  /** While it is open. */
  readonly partition: KvPartition | undefined
  /** What the host's disk holds of it; null where that says nothing. */
  readonly durable: DurablePartition | null
}

/** What is wrong, under the name of the invariant that says so. */
export interface KvFault {
  readonly check: string
  readonly message: string
}

/** Looks at every event, in its order; keeps what it needs for one run. */
export type KvJudge = (seen: Seen) => KvFault | undefined

/** What all invariants of the engine look at together in a run: what stores told in the current step, and what each partition should hold. */
export class KvObserver {
  /** Of the current step. */
  faults: KvFault[] = []
  readonly #placement: KvPlacement
  readonly #judges: readonly KvJudge[]
  readonly #models = new Map<string, PartitionModel>()
  readonly #durable = new Map<string, DurablePartition>()
  #step = -1

  constructor(placement: KvPlacement, judges: readonly KvJudge[]) {
    this.#placement = placement
    this.#judges = judges
  }

  /** Takes in a step; the first who asks does the work for all. Answers whether something is wrong. */
  look(step: Step): boolean {
    if (step.number === this.#step) return this.faults.length > 0
    this.#step = step.number
    if (this.faults.length > 0) this.faults = []
    const host = step.stepped as HostView<KvServer> | null
    const journal = host?.process?.journal
    if (host === null || journal === null || journal === undefined || journal.isEmpty) return false
    for (const event of journal.take()) this.#see(host, event)
    return this.faults.length > 0
  }

  #see(host: HostView<KvServer>, event: KvEvent): void {
    const model = this.#modelOf(host, event.partition)
    const partition = host.process?.partitions.find(({ name }) => name === event.partition)
    const seen: Seen = { event, host, model, partition, durable: this.#placement.isDiskWhole ? this.#durableOf(host, event.partition) : null }
    for (const judge of this.#judges) {
      const fault = judge(seen)
      if (fault !== undefined) this.faults.push(fault)
    }
    const fault = model.take(event, host.name)
    if (fault !== undefined) this.faults.push({ check: 'BatchAtomic', message: fault })
    if (event.kind === 'committed' && partition !== undefined) model.forgetBefore(partition.core.chain.live[0]?.sequence ?? 0)
  }

  #modelOf(host: HostView<KvServer>, partition: string): PartitionModel {
    const key = this.#placement.isShared ? partition : `${host.name}/${partition}`
    let model = this.#models.get(key)
    if (model === undefined) {
      model = new PartitionModel(key)
      this.#models.set(key, model)
    }
    return model
  }

  #durableOf(host: HostView<KvServer>, partition: string): DurablePartition {
    const key = `${host.name}/${partition}`
    let durable = this.#durable.get(key)
    if (durable === undefined) {
      durable = new DurablePartition(host.durable, `kv/${partition}`, partition)
      this.#durable.set(key, durable)
    }
    return durable
  }
}

export class KvObservation implements Observation<Record<string, unknown>> {
  readonly #placement: KvPlacement
  readonly #judges: () => readonly KvJudge[]
  readonly #observers = new WeakMap<object, KvObserver>()

  constructor(placement: KvPlacement, judges: () => readonly KvJudge[]) {
    this.#placement = placement
    this.#judges = judges
  }

  /** Says what its judge found. */
  invariant(name: string): Invariant<Record<string, unknown>> {
    return {
      name,
      observation: this,
      begin: () => (world, step) => {
        const observer = this.#of(world)
        return observer.look(step) ? observer.faults.find(({ check }) => check === name)?.message : undefined
      },
    }
  }

  begin(world: World<Record<string, unknown>>): (step: Step) => number {
    const observer = this.#of(world)
    return (step) => (observer.look(step) ? 1 : 0)
  }

  #of(world: object): KvObserver {
    let observer = this.#observers.get(world)
    if (observer === undefined) {
      observer = new KvObserver(this.#placement, this.#judges())
      this.#observers.set(world, observer)
    }
    return observer
  }
}
