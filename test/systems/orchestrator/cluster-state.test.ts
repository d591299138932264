import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ClusterState } from '../../../systems/orchestrator/control/cluster-state.js'
import type { Command } from '../../../systems/orchestrator/control/commands.js'
import type { VmRecord } from '../../../systems/orchestrator/control/records.js'
import { definitionDefaults } from '../../../systems/orchestrator/definition.js'

const hosts = ['machine-1', 'machine-2', 'machine-3']
const names = ['web', 'db', 'cache']
const identity = { machineId: 'm', randomSeed: 1, generationId: 'g' }
const definition = { ...definitionDefaults, affinity: [{ group: 'quorum', kind: 'apart' as const, strength: 'soft' as const }] }
const capacity = { vcpus: 6, memoryMib: 8_192, diskMib: 65_536 }

const host = fc.constantFrom(...hosts)
const name = fc.constantFrom(...names)

/** What could be asked or said next of a VM, its record being as it is. */
const ways: readonly ((vm: VmRecord, host: string) => Command)[] = [
  ({ name }) => ({ kind: 'stop', name }),
  ({ name }) => ({ kind: 'start', name }),
  ({ name }) => ({ kind: 'restart', name }),
  ({ name }) => ({ kind: 'delete', name }),
  ({ name, definition: { vcpus } }) => ({ kind: 'resize', name, vcpus: 1 + (vcpus % 3), memoryMib: 512 }),
  ({ name }, target) => ({ kind: 'migrate', name, target }),
  ({ id, generation }, host) => ({ kind: 'place', vm: id, generation, host }),
  ({ id, generation }) => ({ kind: 'evict', vm: id, generation, why: 'fails' }),
  ({ id, migration }) => ({ kind: 'abort-migration', vm: id, migration: migration?.id ?? 0, why: '' }),
  ({ id, host, session, generation, migration }) => ({ kind: 'hand-over', vm: id, migration: migration?.id ?? 0, generation, host: host ?? '', session }),
  (vm) => says(vm.host, { guests: [{ vm: vm.id, generation: vm.generation, phase: 'running' }] }),
  (vm) => says(vm.host, { guests: [{ vm: vm.id, generation: vm.generation, phase: 'crashed' }] }),
  (vm) => says(vm.host, { released: [{ vm: vm.id, generation: vm.generation }] }),
  (vm) => says(vm.arrival?.source ?? null, { released: [{ vm: vm.id, generation: vm.generation }] }),
  (vm) => says(vm.migration?.target ?? null, { prepared: [{ vm: vm.id, migration: vm.migration?.id ?? 0 }] }),
]
const says = (host: string | null, said: Partial<Extract<Command, { kind: 'report' }>>): Command => ({
  kind: 'report',
  host: host ?? '',
  session: 1,
  guests: [],
  released: [],
  prepared: [],
  ...said,
})

/** It runs and is to move; the target is ready; it is handed over, or stays after all. */
const journeys: readonly (readonly number[])[] = [
  [10, 5, 14, 9],
  [10, 5, 14],
  [10, 5, 8],
]

type Move =
  | { readonly kind: 'create'; readonly name: string; readonly claim: string | null }
  | { readonly kind: 'way'; readonly ways: readonly number[]; readonly name: string; readonly host: string }
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('create' as const), name, claim: fc.option(host, { freq: 2 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('way' as const),
      ways: fc.oneof(
        fc.nat(ways.length - 1).map((way) => [way]),
        fc.constantFrom(...journeys),
      ),
      name,
      host,
    }),
  },
)

/** Each as the one before has left the records. */
function* commandsOf(state: ClusterState, made: Move): Generator<Command> {
  if (made.kind === 'create') yield { kind: 'create', name: made.name, tenant: 'acme', definition, claim: made.claim, identity }
  else {
    for (const way of made.ways) {
      const vm = state.vmNamed(made.name)
      if (vm !== undefined) yield (ways[way] as (typeof ways)[number])(vm, made.host)
    }
  }
}

const first: Command[] = [
  { kind: 'set-tenant', tenant: 'acme', quota: { vms: 9, vcpus: 30, memoryMib: 30_000 } },
  ...hosts.map((host): Command => ({ kind: 'join', host, session: 1, version: 1, capacity, features: [], taints: [], zone: 'a', cost: 0 })),
]

function booksOf(state: ClusterState) {
  return {
    hosts: hosts.map((name) => {
      const { vcpus, memoryMib, diskMib, vms, departed, groups } = state.usage(name)
      return { vcpus, memoryMib, diskMib, vms: [...vms].sort(), departed: [...departed].sort(), groups: [...groups].sort() }
    }),
    tenant: state.tenantUsage('acme'),
    group: state.groupSize('acme/quorum'),
    homeless: [...state.homeless].sort(),
    names: names.map((name) => state.vmNamed(name)?.id),
  }
}

describe('The books of the control plane', () => {
  test('are those that its records make, whatever was done', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.array(move, { minLength: 10, maxLength: 80 }), (moves) => {
        const state = new ClusterState()
        for (const one of first) state.perform({ key: null, command: one })
        for (const made of moves) {
          for (const command of commandsOf(state, made)) {
            if (state.perform({ key: null, command }).kind === 'ok') seen.add(command.kind)
            const anew = new ClusterState()
            anew.adopt(state.facts())
            expect(booksOf(state)).toEqual(booksOf(anew))
          }
        }
      }),
      { numRuns: 100 },
    )
    expect([...seen]).toEqual(expect.arrayContaining(['hand-over', 'evict', 'abort-migration', 'place', 'resize', 'report']))
  })
})
