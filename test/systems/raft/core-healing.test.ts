import { describe, expect, it } from 'vitest'
import type { RaftMachineNode } from '../../../invariants/raft/core-harness.js'
import { Stream } from '../../../sim/kernel/stream.js'
import type { TimerTag } from '../../../systems/raft/messages.js'
import { CoreCluster } from './core-cluster.js'

const limits = { maxBatchBytes: 40, maxInflightMessages: 2, maxUncommittedBytes: 400 }

/** Anything may happen, for a while. */
function trouble(cluster: CoreCluster, random: Stream, steps: number): void {
  const size = cluster.nodes.length
  for (let i = 0; i < steps; i++) {
    const node = random.pick(cluster.nodes)
    if (!node.up) {
      if (random.int(4) === 0) cluster.boot(node.id)
      continue
    }
    const roll = random.int(100)
    if (roll < 45 && cluster.network.length > 0) {
      const [envelope] = cluster.network.splice(random.int(cluster.network.length), 1)
      if (envelope !== undefined && cluster.node(envelope.to).up && random.int(5) > 0) cluster.receive(envelope.to, envelope.from, envelope.message)
    } else if (roll < 65) cluster.save(node.id)
    else if (roll < 75 && node.timers.length > 0) cluster.timer(node.id, random.pick(node.timers) as TimerTag)
    else if (roll < 90) cluster.propose(node.id, random.int(30))
    else if (roll < 94) {
      const input = node.inputs.shift()
      if (input !== undefined) cluster.input(node.id, input)
    } else if (roll < 97 && node.state.lacks === 0 && node.state.applied > node.state.log.base.index)
      cluster.input(node.id, { kind: 'compact', index: node.state.applied })
    else if (roll === 98 && mayLoseState(node, size)) cluster.input(node.id, { kind: 'state-lost' })
    else if (roll === 99) {
      cluster.crash(node.id, random.int(size))
      if (node.durable !== null && mayLoseState(node, size) && random.int(2) === 0) node.durable = { ...node.durable, applied: null }
    }
  }
}

/** A minority, the same all through: the others can always teach it. */
function mayLoseState({ id }: RaftMachineNode, size: number): boolean {
  return 2 * (id + 1) < size
}

/** What the world does once it is well: messages arrive, saves complete, leaders beat, and in turn a member without a leader times out. */
function heal(cluster: CoreCluster, rounds: number): void {
  for (const node of cluster.nodes) if (!node.up) cluster.boot(node.id)
  for (let round = 0; round < rounds; round++) {
    cluster.settle()
    for (const { id, state, timers } of cluster.nodes) if (state.role === 'leader' && timers.includes('heartbeat')) cluster.timer(id, 'heartbeat')
    cluster.settle()
    if (cluster.nodes.some(({ state }) => state.role === 'leader')) continue
    for (const { id, timers } of cluster.nodes) if (timers.includes('lease')) cluster.timer(id, 'lease')
    cluster.timer(round % cluster.nodes.length, 'election')
  }
}

describe('The Raft core after trouble', () => {
  it.each([1, 2, 3, 5])('with %i members elects a leader, and all logs become equal', (size) => {
    for (let seed = 0; seed < 60; seed++) {
      const cluster = new CoreCluster(size, limits)
      const random = new Stream({ high: seed, low: size })
      trouble(cluster, random, 600)
      heal(cluster, 40)
      const leaders = cluster.nodes.filter(({ state }) => state.role === 'leader')
      expect(leaders, `seed ${seed}`).toHaveLength(1)
      const leader = leaders[0]?.id as number
      const id = cluster.propose(leader)
      const read = cluster.read(leader)
      for (let i = 0; i < 3; i++) cluster.beat(leader)
      expect(cluster.events(leader, 'proposed').at(-1)?.id).toBe(id)
      expect(cluster.events(leader, 'read-ready').at(-1)?.id).toBe(read)
      const { commit } = cluster.state(leader)
      expect(commit).toBe(cluster.state(leader).log.base.index + cluster.state(leader).log.entries.length)
      for (const { state } of cluster.nodes)
        expect({ commit: state.commit, applied: state.applied, leader: state.leader }, `seed ${seed}`).toEqual({ commit, applied: commit, leader })
    }
  })
})
