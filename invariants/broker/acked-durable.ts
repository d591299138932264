import type { HostView, Step, World } from '../../sim/host/world.js'
import { invariant } from '../../sim/run/scenario.js'
import type { Acknowledgement } from '../../systems/broker/acknowledgements.js'
import type { Broker } from '../../systems/broker/broker.js'
import type { BrokerRoles } from './batch-follower.js'
import { DurableReplica } from './durable-replica.js'

/**
 * Every acknowledged batch is on the disks of a quorum of its replicas, as the next loss of power would leave them: at the moment of the
 * acknowledgement, so that an answer before the sync shows without any crash, and again after every recovery. The replicas' memory is never asked. Since logs
 * that hold an entry hold all before it (Raft's log matching), it is enough to follow the last acknowledged entry of each partition.
 *
 * Not checked here: that the bytes are the acknowledged ones, which is LogMatching's and the histories' to say.
 */
export const ackedDurable = invariant<BrokerRoles>('AckedDurable', () => {
  const check = new DurabilityCheck()
  return (world, step) => check.step(world, step)
})

class DurabilityCheck {
  /** By partition, then by host. */
  readonly #replicas: DurableReplica[][] = []
  /** By partition: the acknowledged batch that is latest in the replicated log. */
  readonly #latest: (Acknowledgement | undefined)[] = []
  readonly #hosts: ({ broker: Broker; changes: number; seen: number } | undefined)[] = []

  step(world: World<BrokerRoles>, step: Step): string | undefined {
    const { stepped } = step
    if (stepped === null) return undefined
    const host = stepped as HostView<Broker>
    const broker = host.process
    if (broker === undefined) return undefined
    let known = this.#hosts[host.index]
    if (known?.broker !== broker) {
      known = { broker, changes: -1, seen: 0 }
      this.#hosts[host.index] = known
      const wrong = this.#recovered(world, host)
      if (wrong !== undefined) return wrong
    }
    if (known.changes === broker.changes) return undefined
    known.changes = broker.changes
    for (; known.seen < broker.acknowledgements.count; known.seen++) {
      const wrong = this.#acknowledged(world, broker, broker.acknowledgements.get(known.seen))
      if (wrong !== undefined) return wrong
    }
    return undefined
  }

  #acknowledged(world: World<BrokerRoles>, broker: Broker, acknowledgement: Acknowledgement): string | undefined {
    const { partition } = acknowledgement
    this.#replicas[partition] ??= world.hosts.broker.map((host) => {
      const { walDirectory } = broker.nodes[partition] as Broker['nodes'][number]
      return new DurableReplica(host, broker.partitions[partition] as Broker['partitions'][number], walDirectory)
    })
    const latest = this.#latest[partition]
    if (latest === undefined || acknowledgement.index > latest.index) this.#latest[partition] = acknowledgement
    return this.#count(acknowledgement)
  }

  /** Recovery may have cut what counted. */
  #recovered(world: World<BrokerRoles>, host: HostView<Broker>): string | undefined {
    const place = world.hosts.broker.indexOf(host)
    for (const [partition, latest] of this.#latest.entries()) {
      if (latest === undefined) continue
      const replica = (this.#replicas[partition] as DurableReplica[])[place] as DurableReplica
      const held = replica.counted
      replica.counted = replica.holds(latest.index, latest.term)
      if (held && !replica.counted) {
        const wrong = this.#count(latest)
        if (wrong !== undefined) return wrong
      }
    }
    return undefined
  }

  #count({ partition, baseOffset, nextOffset, index, term }: Acknowledgement): string | undefined {
    const replicas = this.#replicas[partition] as DurableReplica[]
    let holding = 0
    for (const replica of replicas) {
      replica.counted = replica.holds(index, term)
      if (replica.counted) holding++
    }
    if (holding * 2 > replicas.length) return undefined
    const where = replicas.filter((replica) => replica.counted).map((replica) => replica.host.name)
    return (
      `partition ${partition}: offsets ${baseOffset} to ${nextOffset - 1} (entry ${index} of term ${term}) were acknowledged, ` +
      `but are on ${holding} of ${replicas.length} disks (${where.join(', ') || 'none'})`
    )
  }
}
