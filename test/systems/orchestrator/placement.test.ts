import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClusterState } from '../../../systems/orchestrator/control/cluster-state.js'
import type { Command, CommandResult } from '../../../systems/orchestrator/control/commands.js'
import { place } from '../../../systems/orchestrator/control/placement.js'
import { victimsFor } from '../../../systems/orchestrator/control/preemption.js'
import { type AffinityRule, definitionDefaults, type VmDefinition } from '../../../systems/orchestrator/definition.js'

const identity = { machineId: 'm', randomSeed: 1, generationId: 'g' }

/** A cluster's state, as its commands make it. */
class Cluster {
  readonly state = new ClusterState()
  #index = 0

  constructor(hosts: number, capacity = { vcpus: 8, memoryMib: 8_192, diskMib: 100_000 }) {
    this.do({ kind: 'set-tenant', tenant: 'acme', quota: { vms: 10_000, vcpus: 100_000, memoryMib: 100_000_000 } })
    for (let i = 1; i <= hosts; i++)
      this.do({ kind: 'join', host: `machine-${i}`, session: 1, version: 1, capacity, features: [], taints: [], zone: i % 2 === 0 ? 'b' : 'a', cost: 0 })
  }

  do(command: Command, key: string | null = null): CommandResult {
    this.#index++
    return this.state.apply(this.#index, 1, new TextEncoder().encode(JSON.stringify({ key, command })))
  }

  create(name: string, definition: Partial<VmDefinition> = {}): CommandResult {
    const whole = { ...definitionDefaults, ...definition }
    return this.do({ kind: 'create', name, tenant: 'acme', definition: whole, claim: place(this.state, { tenant: 'acme', definition: whole }), identity })
  }

  hostOf(name: string): string | null | undefined {
    return this.state.vmNamed(name)?.host
  }
}

const apart: AffinityRule = { group: 'db', kind: 'apart', strength: 'hard' }

describe('Placement', () => {
  test('spreads or packs, and of equals takes the first by name', () => {
    const cluster = new Cluster(3)
    for (const name of ['a', 'b', 'c']) cluster.create(name)
    expect(['a', 'b', 'c'].map((name) => cluster.hostOf(name))).toEqual(['machine-1', 'machine-2', 'machine-3'])
    cluster.create('d', { placement: 'pack' })
    cluster.create('e', { placement: 'pack' })
    expect(cluster.hostOf('d')).toBe(cluster.hostOf('e'))
  })

  test('keeps hard anti-affinity, and leaves a VM homeless rather than break it', () => {
    const cluster = new Cluster(2)
    for (const name of ['a', 'b', 'c']) cluster.create(name, { affinity: [apart] })
    expect(new Set([cluster.hostOf('a'), cluster.hostOf('b')]).size).toBe(2)
    expect(cluster.hostOf('c')).toBeNull()
  })

  test('a claim that comes too late is refused, and changes nothing', () => {
    const cluster = new Cluster(1)
    const claim = { kind: 'create', tenant: 'acme', definition: { ...definitionDefaults, affinity: [apart] }, claim: 'machine-1', identity } as const
    expect(cluster.do({ ...claim, name: 'a' }).kind).toBe('ok')
    expect(cluster.do({ ...claim, name: 'b' })).toMatchObject({ kind: 'refused', why: 'claim-lost' })
    expect(cluster.state.vmNamed('b')).toBeUndefined()
  })

  test('an order that is sent twice is done once', () => {
    const cluster = new Cluster(1)
    const create = { kind: 'create', name: 'a', tenant: 'acme', definition: definitionDefaults, claim: 'machine-1', identity } as const
    expect(cluster.do(create, 'k1')).toEqual(cluster.do(create, 'k1'))
    expect(cluster.do(create, 'k2')).toMatchObject({ why: 'name-in-use' })
    expect(cluster.state.vms.size).toBe(1)
  })

  test('lower priorities make room for higher ones, the fewest and lowest', () => {
    const cluster = new Cluster(2, { vcpus: 4, memoryMib: 8_192, diskMib: 100_000 })
    cluster.create('low-1', { vcpus: 2, priority: 10 })
    cluster.create('low-2', { vcpus: 4, priority: 20 })
    cluster.create('mid', { vcpus: 2, priority: 40, placement: 'pack' })
    cluster.create('high', { vcpus: 2, priority: 90 })
    const wanted = cluster.state.vmNamed('high')
    expect(wanted?.host).toBeNull()
    const found = victimsFor(cluster.state, wanted as NonNullable<typeof wanted>)
    expect(found?.victims.map(({ name }) => name)).toEqual(['low-1'])
  })

  test('whatever is created, moved and deleted, no host has more than it holds, and a snapshot is the state', () => {
    const action = fc.record({ what: fc.constantFrom('create', 'delete', 'stop', 'resize'), name: fc.nat({ max: 9 }), vcpus: fc.integer({ min: 1, max: 6 }) })
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const cluster = new Cluster(3)
        for (const { what, name, vcpus } of actions) {
          if (what === 'create') cluster.create(`vm${name}`, { vcpus, affinity: name < 3 ? [apart] : [] })
          else if (what === 'resize') cluster.do({ kind: 'resize', name: `vm${name}`, vcpus, memoryMib: 512 })
          else cluster.do({ kind: what as 'delete' | 'stop', name: `vm${name}` })
          for (const { name: host, capacity } of cluster.state.hosts.values()) {
            expect(cluster.state.usage(host).vcpus).toBeLessThanOrEqual(capacity.vcpus)
            for (const { members, alone } of cluster.state.usage(host).groups.values()) expect(alone > 0 && members > 1).toBe(false)
          }
        }
        const copy = new ClusterState()
        copy.decode(cluster.state.encode())
        expect(copy.encode()).toEqual(cluster.state.encode())
        for (const { name } of cluster.state.hosts.values()) expect(copy.usage(name).vcpus).toBe(cluster.state.usage(name).vcpus)
        expect(copy.tenantUsage('acme')).toEqual(cluster.state.tenantUsage('acme'))
      }),
    )
  })
})
