import { describe, expect, test } from 'vitest'
import { deedsFor } from '../../../systems/orchestrator/agent/deeds.js'
import type { Assignment } from '../../../systems/orchestrator/control/control-api.js'
import { definitionDefaults } from '../../../systems/orchestrator/definition.js'
import type { GuestSpec, GuestView, HypervisorView } from '../../../systems/orchestrator/hypervisor/hypervisor.js'

const spec = (generation: number): GuestSpec => ({
  vm: 'vm-1',
  generation,
  boots: 1,
  definition: definitionDefaults,
  address: null,
  identity: { machineId: 'm', randomSeed: 1, generationId: 'g' },
  snapshotOf: null,
})
const assigned = (role: Assignment['role'], generation: number, migration: Assignment['migration'] = null): Assignment => ({
  vm: 'vm-1',
  generation,
  role,
  spec: spec(generation),
  migration,
})
const present = (generation: number, state: GuestView['state'], migration: number | null = null): HypervisorView => ({
  life: 1,
  changes: 1,
  session: 1,
  capacity: { vcpus: 1, memoryMib: 1, diskMib: 1 },
  guests: [{ vm: 'vm-1', generation, boots: 1, state, generationId: 'g', migration }],
})
const kinds = (view: HypervisorView, ...assignments: Assignment[]) => deedsFor(view, assignments).map(({ kind }) => kind)

describe('What an agent has its machine do', () => {
  test('starts what is assigned and not there, and stops what is there and not assigned', () => {
    expect(kinds({ ...present(1, 'running'), guests: [] }, assigned('run', 1))).toEqual(['start'])
    expect(kinds(present(1, 'running'))).toEqual(['stop'])
    expect(kinds(present(1, 'running'), assigned('run', 1))).toEqual([])
    expect(kinds(present(1, 'running'), assigned('run', 2))).toEqual(['start'])
    expect(kinds(present(2, 'running'), assigned('run', 1))).toEqual([])
  })

  test('throws away what was to come and comes no more, and does not stop the generation that it would have had', () => {
    expect(deedsFor(present(4, 'complete', 19), [])).toEqual([{ kind: 'discard', vm: 'vm-1', generation: 4, migration: 19 }])
  })

  test('throws away what was to come back before the release of what had left: it would be in the way of the release for ever', () => {
    expect(deedsFor(present(4, 'complete', 19), [assigned('stop', 2)])).toEqual([{ kind: 'discard', vm: 'vm-1', generation: 4, migration: 19 }])
    expect(kinds(present(4, 'incoming', 19), assigned('stop', 2))).toEqual(['discard'])
    // What has become its own is stopped as its own.
    expect(kinds(present(4, 'complete', 19), assigned('stop', 4))).toEqual(['stop'])
    expect(kinds({ ...present(1, 'running'), guests: [] }, assigned('stop', 2))).toEqual(['stop'])
  })

  test('prepares for what is to come once, and wakes it when it has become its own', () => {
    const migration = { id: 7, phase: 'preparing' as const, target: 'machine-2', targetSession: null }
    expect(kinds({ ...present(2, 'incoming'), guests: [] }, assigned('incoming', 2, migration))).toEqual(['prepare'])
    expect(kinds(present(2, 'incoming', 7), assigned('incoming', 2, migration))).toEqual([])
    expect(kinds(present(2, 'complete', 7), assigned('run', 2))).toEqual(['activate'])
    expect(kinds(present(2, 'incoming', 7), assigned('run', 2))).toEqual(['start'])
  })

  test('asks for the hand-over of what stands still, and lets it go on when its migration is over', () => {
    const migration = { id: 7, phase: 'copying' as const, target: 'machine-2', targetSession: 3 }
    expect(kinds(present(1, 'running'), assigned('run', 1, migration))).toEqual(['migrate'])
    expect(kinds(present(1, 'standing', 7), assigned('run', 1, migration))).toEqual(['hand-over'])
    expect(kinds(present(1, 'standing', 7), assigned('run', 1))).toEqual(['cancel'])
    expect(kinds(present(1, 'sending', 7), assigned('run', 1, { ...migration, id: 8 }))).toEqual(['cancel'])
  })
})
