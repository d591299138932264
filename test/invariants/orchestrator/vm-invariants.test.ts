import { describe, expect, test } from 'vitest'
import { antiAffinity } from '../../../invariants/orchestrator/anti-affinity.js'
import { applyDeterministic } from '../../../invariants/orchestrator/apply-deterministic.js'
import { atMostOneRunning } from '../../../invariants/orchestrator/at-most-one-running.js'
import { capacity } from '../../../invariants/orchestrator/capacity.js'
import { fenceBeforeStart } from '../../../invariants/orchestrator/fence-before-start.js'
import { innocentNotBlocked } from '../../../invariants/orchestrator/innocent-not-blocked.js'
import { migrationMemory } from '../../../invariants/orchestrator/migration-memory.js'
import { nothingHealthyDies } from '../../../invariants/orchestrator/nothing-healthy-dies.js'
import { seen } from '../../../invariants/orchestrator/observer.js'
import { ownerMonotonic } from '../../../invariants/orchestrator/owner-monotonic.js'
import { quotaHolds } from '../../../invariants/orchestrator/quota-holds.js'
import { runsWhereOwned } from '../../../invariants/orchestrator/runs-where-owned.js'
import { singleDiskWriter } from '../../../invariants/orchestrator/single-disk-writer.js'
import { uniqueAddresses } from '../../../invariants/orchestrator/unique-addresses.js'
import { warmSingleUse } from '../../../invariants/orchestrator/warm-single-use.js'
import { warmTenant } from '../../../systems/orchestrator/control/pool-commands.js'
import { event, fakeMachine, Shown, touch, vmRecord } from './shown.js'

const atControl = { aspects: seen.control }
const atMachine = { aspects: seen.machine }
const atStorage = { aspects: seen.storage }
const client = (machine: string, instance: number, session = 1) => ({ machine, session, instance })

describe('The invariants of the orchestrator trip on what they name, and on nothing else', () => {
  test('AtMostOneRunning: one VM on two machines; not one that stands still', () => {
    const shown = new Shown(atMostOneRunning)
    const one = fakeMachine('machine-1', { 'vm-1': 1 })
    const two = fakeMachine('machine-2', { 'vm-1': 2 })
    shown.observer.isDazed = () => false
    shown.observer.executions.set('vm-1', [{ ...one, vm: 'vm-1' }] as never)
    expect(shown.see({ ...atMachine, ...one, executing: ['vm-1'] })).toBeUndefined()
    shown.observer.executions.set('vm-1', [
      { ...one, vm: 'vm-1' },
      { ...two, vm: 'vm-1' },
    ] as never)
    shown.observer.isDazed = ({ host }) => host.name === 'machine-1'
    expect(shown.see({ ...atMachine, ...two, executing: ['vm-1'] })).toBeUndefined()
    shown.observer.isDazed = () => false
    expect(shown.see({ ...atMachine, ...one, executing: ['vm-1'] })).toContain('executes on machine-1')
  })

  test('RunsWhereOwned: another host, session or generation than the record names', () => {
    const shown = new Shown(runsWhereOwned)
    shown.observer.isDazed = () => false
    shown.see({ ...atControl, touches: [touch(vmRecord())] })
    expect(shown.see({ ...atMachine, ...fakeMachine('machine-1', { 'vm-1': 1 }), executing: ['vm-1'] })).toBeUndefined()
    expect(shown.see({ ...atMachine, ...fakeMachine('machine-1', { 'vm-1': 2 }), executing: ['vm-1'] })).toContain('generation 2')
    expect(shown.see({ ...atMachine, ...fakeMachine('machine-1', { 'vm-1': 1 }, 2), executing: ['vm-1'] })).toContain('session 2')
    expect(shown.see({ ...atMachine, ...fakeMachine('machine-2', { 'vm-1': 1 }), executing: ['vm-1'] })).toContain("it is machine-1's")
  })

  test('SingleDiskWriter: a write in another generation, session or from another machine', () => {
    const shown = new Shown(singleDiskWriter)
    shown.see({ ...atControl, touches: [touch(vmRecord({ generation: 2 }))] })
    const write = { image: 'vm-1', client: client('machine-1', 1), generation: 2 }
    expect(shown.see({ ...atStorage, write })).toBeUndefined()
    expect(shown.see({ ...atStorage, write: { ...write, generation: 1 } })).toContain('generation 1')
    expect(shown.see({ ...atStorage, write: { ...write, client: client('machine-2', 1) } })).toContain('machine-2 wrote')
    expect(shown.see({ ...atStorage, write: { ...write, image: 'vm-9' } })).toContain('deleted')
  })

  test('FenceBeforeStart: a start elsewhere while the host before was neither told to stop it nor fenced', () => {
    const begin = (more: object = {}) => {
      const shown = new Shown(fenceBeforeStart)
      shown.see({ ...atControl, touches: [touch(vmRecord())] })
      shown.see({ ...atControl, touches: [touch(vmRecord({ host: 'machine-2', session: 5, generation: 2, ...more }))] })
      shown.observer.storage = { state: { stateOf: () => 'open' } } as never
      return shown
    }
    const start = { ...atMachine, ...fakeMachine('machine-2', {}, 5), events: [event('running', { generation: 2 })] }
    expect(begin().see(start)).toContain('neither told to stop it nor fenced')
    const fenced = begin()
    fenced.observer.storage = { state: { stateOf: () => 'blocked' } } as never
    expect(fenced.see(start)).toBeUndefined()
    const stopped = begin()
    stopped.see({ ...atMachine, ...fakeMachine('machine-1'), events: [event('stopped')] })
    expect(stopped.see(start)).toBeUndefined()
    const stoppedBefore = begin()
    stoppedBefore.see({ ...atMachine, ...fakeMachine('machine-1'), events: [event('stopped', { generation: 0 })] })
    expect(stoppedBefore.see(start)).toBeDefined()
    expect(begin({ arrival: { migration: 1, source: 'machine-1', generation: 1 } }).see(start)).toBeUndefined()
  })

  test('OwnerMonotonic: a generation that falls, another host in the same one, a start in an earlier one', () => {
    const shown = new Shown(ownerMonotonic)
    const before = vmRecord({ generation: 2 })
    expect(shown.see({ ...atControl, touches: [touch(vmRecord({ generation: 3, host: 'machine-2' }), before)] })).toBeUndefined()
    expect(shown.see({ ...atControl, touches: [touch(vmRecord({ generation: 1 }), before)] })).toContain('went back')
    expect(shown.see({ ...atControl, touches: [touch(vmRecord({ generation: 2, host: 'machine-2' }), before)] })).toContain('within generation 2')
    expect(shown.see({ ...atMachine, events: [event('running', { generation: 4 })] })).toBeUndefined()
    expect(shown.see({ ...atMachine, events: [event('arrived', { generation: 3 })] })).toContain('it ran in 4 before')
  })

  test('Capacity: more guests than fit, and more claims than fit', () => {
    const shown = new Shown(capacity)
    expect(shown.see({ ...atMachine, ...fakeMachine('machine-1', { 'vm-1': 1, 'vm-2': 1 }), events: [event('incoming')] })).toBeUndefined()
    expect(shown.see({ ...atMachine, ...fakeMachine('machine-1', { 'vm-1': 1, 'vm-2': 1, 'vm-3': 1 }), events: [event('incoming')] })).toContain('3 CPUs')
    const control = (vcpus: number) => ({
      state: {
        hosts: new Map([['machine-1', { name: 'machine-1', capacity: { vcpus: 4, memoryMib: 9, diskMib: 9 } }]]),
        usage: () => ({ vcpus, memoryMib: 9, diskMib: 9 }),
      },
    })
    expect(shown.see({ ...atControl, control: control(4), touches: [touch(vmRecord())] })).toBeUndefined()
    expect(shown.see({ ...atControl, control: control(5), touches: [touch(vmRecord())] })).toContain('are claimed of machine-1')
  })

  test('AntiAffinity: one that must be alone with another of its group, claimed or executing', () => {
    const shown = new Shown(antiAffinity)
    const control = (members: number, alone: number) => ({ state: { usage: () => ({ groups: new Map([['acme/quorum', { members, alone }]]) }) } })
    expect(shown.see({ ...atControl, control: control(2, 0), touches: [touch(vmRecord())] })).toBeUndefined()
    expect(shown.see({ ...atControl, control: control(2, 1), touches: [touch(vmRecord())] })).toContain('must be alone')
    const alone = { ...vmRecord().definition, affinity: [{ group: 'quorum', kind: 'apart', strength: 'hard' }] } as never
    shown.see({
      ...atControl,
      touches: [touch(vmRecord({ definition: alone })), touch(vmRecord({ id: 'vm-2', definition: alone })), touch(vmRecord({ id: 'vm-3' }))],
    })
    expect(shown.see({ ...atMachine, ...fakeMachine('machine-1', { 'vm-1': 1, 'vm-3': 1 }), events: [event('running')] })).toBeUndefined()
    expect(shown.see({ ...atMachine, ...fakeMachine('machine-1', { 'vm-1': 1, 'vm-2': 1 }), events: [event('running')] })).toContain('quorum execute on')
  })

  test('UniqueIpMac: two that execute with one address, and two records with one name, though one may follow the other in one step', () => {
    const shown = new Shown(uniqueAddresses)
    shown.observer.isDazed = () => false
    const warm = vmRecord({ name: '~warm-jobs-1' })
    const claimed = vmRecord({ name: 'job' })
    const next = vmRecord({ id: 'vm-2', name: 'job' })
    expect(shown.see({ ...atControl, touches: [touch(warm)] })).toBeUndefined()
    const gone = { revision: 3, vm: 'vm-1', record: null, before: claimed }
    expect(shown.see({ ...atControl, touches: [touch(claimed, warm), gone, touch(next)] })).toBeUndefined()
    expect(shown.see({ ...atControl, touches: [touch(vmRecord({ id: 'vm-3', name: 'job' }))] })).toContain('both have the name job')
    const at = (name: string, vm: string) => {
      const fake = fakeMachine(name, { [vm]: 1 })
      const guest = (fake.machine.guests as Map<string, { spec: { address: object } }>).get(vm)
      if (guest !== undefined) guest.spec.address = { vni: 1, ip: '10.0.0.1', mac: vm, tap: vm }
      return { ...atMachine, ...fake, events: [event('networked', { vm })] }
    }
    shown.observer.executes = () => false
    expect(shown.see(at('machine-1', 'vm-1'))).toBeUndefined()
    expect(shown.see(at('machine-2', 'vm-2'))).toBeUndefined()
    shown.observer.executes = () => true
    expect(shown.see(at('machine-1', 'vm-1'))).toContain('both have the IP address 10.0.0.1')
  })

  test('ApplyDeterministic: another state after as many commands', () => {
    const shown = new Shown(applyDeterministic)
    const replica = (revision: number, digest: number) => ({ ...atControl, control: { host: { name: 'control-1' }, state: { revision, digest } } })
    expect(shown.see(replica(1, 7))).toBeUndefined()
    expect(shown.see(replica(1, 7))).toBeUndefined()
    expect(shown.see(replica(2, 8))).toBeUndefined()
    expect(shown.see(replica(1, 8))).toContain('another state')
  })

  test('MigrationMemory: other memory at the arrival than at the pause', () => {
    const shown = new Shown(migrationMemory)
    shown.see({ ...atMachine, events: [event('paused', { migration: 4, digest: 7 })] })
    expect(shown.see({ ...atMachine, events: [event('arrived', { migration: 4, digest: 7 })] })).toBeUndefined()
    expect(shown.see({ ...atMachine, events: [event('arrived', { migration: 4, digest: 8 })] })).toContain('other memory')
  })

  test('WarmSingleUse: a claimed one given away again, a guest that becomes somebody twice, two guests with one identity', () => {
    const shown = new Shown(warmSingleUse)
    const warm = vmRecord({ tenant: warmTenant, name: '~warm-1' })
    const claimed = vmRecord({ name: 'job-1' })
    expect(shown.see({ ...atControl, touches: [touch(claimed, warm)] })).toBeUndefined()
    expect(shown.see({ ...atControl, touches: [touch(vmRecord({ name: 'job-2' }), claimed)] })).toContain('given away again')
    const here = { ...atMachine, ...fakeMachine('machine-1') }
    expect(shown.see({ ...here, events: [event('identified'), event('networked')] })).toBeUndefined()
    expect(shown.see({ ...here, events: [event('identified')] })).toContain('became somebody twice')
    expect(shown.see({ ...here, events: [event('networked', { vm: 'vm-2' })] })).toContain('have one identity')
  })

  test('QuotaHolds: more than a tenant may have', () => {
    const shown = new Shown(quotaHolds)
    const control = (vms: number) => ({
      state: {
        tenants: new Map([['acme', { name: 'acme', quota: { vms: 2, vcpus: 9, memoryMib: 9 } }]]),
        tenantUsage: () => ({ vms, vcpus: 1, memoryMib: 1 }),
      },
    })
    expect(shown.see({ ...atControl, control: control(2), touches: [touch(vmRecord())] })).toBeUndefined()
    expect(shown.see({ ...atControl, control: control(3), touches: [touch(vmRecord())] })).toContain('more than its quota')
  })

  test('InnocentNotBlocked: a session that nobody knew to be lost, a lock of a later start, a client that held none', () => {
    const shown = new Shown(innocentNotBlocked)
    const hosts = new Map([['machine-1', { name: 'machine-1', session: 1, state: 'lost' }]])
    shown.see({ ...atControl, control: { state: { hosts } } })
    expect(shown.see({ ...atStorage, blocked: ['machine-1/1'] })).toBeUndefined()
    expect(shown.see({ ...atStorage, blocked: ['machine-2/1'] })).toContain('never said that it is lost')
    const broken = (held: number, by: number) => ({
      image: 'vm-1',
      lock: { client: client('machine-1', 1), generation: held },
      by: { client: client('machine-2', 1), generation: by },
    })
    expect(shown.see({ ...atStorage, broken: broken(1, 2), blockedClients: ['machine-1/1/1'] })).toBeUndefined()
    expect(shown.see({ ...atStorage, broken: broken(2, 1), blockedClients: ['machine-1/1/1'] })).toContain('held it for generation 2')
    expect(shown.see({ ...atStorage, blockedClients: ['machine-1/1/1'] })).toContain('held no lock')
  })

  test('NothingHealthyDies: a guest that is killed or stopped unasked, a session that is fenced', () => {
    const shown = new Shown(nothingHealthyDies)
    shown.see({ ...atControl, touches: [touch(vmRecord())] })
    const here = { ...atMachine, ...fakeMachine('machine-1') }
    expect(shown.see({ ...here, events: [event('stopped', { why: 'is booted anew' })] })).toBeUndefined()
    expect(shown.see({ ...here, events: [event('stopped', { why: 'its agent asked for it' })] })).toContain('is to run there')
    expect(shown.see({ ...here, events: [event('killed')] })).toContain('was killed')
    expect(shown.see({ ...atStorage, blocked: ['machine-1/1'] })).toContain('was fenced')
  })
})
