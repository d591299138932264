import { VmObservation, type VmRoles, vmInvariants } from '../invariants/orchestrator/index.js'
import type { VmOperation, VmResult } from '../invariants/orchestrator/operations.js'
import { hasNoOrphans, isSettled } from '../invariants/orchestrator/settled.js'
import { type Options, type Random, s, scenario } from '../sim/index.js'
import { definitionDefaults, type VmDefinition } from '../systems/orchestrator/definition.js'
import { guestCrash, guestHang } from './orchestrator/guest-faults.js'
import { vmClients } from './orchestrator/vm-clients.js'
import { vmCluster } from './orchestrator/vm-cluster.js'
import { downtimes, guestsHold, thinkOption } from './orchestrator/vm-scenario.js'

/** Owners create, move, resize and delete VMs while everything breaks that may: machines, agents, the control plane, the storage, the network, guests. */
const observation = new VmObservation()

const pets = ['pet-1', 'pet-2', 'pet-3', 'pet-4']
const cattle = ['cow-1', 'cow-2', 'cow-3', 'cow-4', 'cow-5', 'cow-6']

const pet: VmDefinition = { ...definitionDefaults, vcpus: 2, memoryMib: 1_024, priority: 80 }
const alone: VmDefinition = { ...pet, affinity: [{ group: 'quorum', kind: 'apart', strength: 'hard' }] }
const cow: VmDefinition = { ...definitionDefaults, vcpus: 2, memoryMib: 512, priority: 20, placement: 'pack' }
const herd: VmDefinition = { ...cow, affinity: [{ group: 'herd', kind: 'apart', strength: 'hard' }] }

function generate(random: Random, client: number, index: number, options: Options): VmOperation {
  if (client === 1 && index < pets.length) return { f: 'create', name: pets[index] as string, definition: index < 2 ? alone : pet }
  const name = random.pick(pets)
  const die = random.int(100)
  if (die < (options.talkPercent ?? 50)) {
    return random.int(2) === 0 ? { f: 'get', name } : { f: 'put', name, value: client * 1_000_000 + index }
  }
  const cowName = random.pick(cattle)
  switch (random.int(13)) {
    case 0:
    case 1:
    case 2:
      // There are fewer machines than would be of the herd: who is late finds that the last one that will do was taken.
      return { f: 'create', name: cowName, definition: random.int(4) === 0 ? cow : herd }
    case 3:
    case 4:
    case 5:
      return { f: 'delete', name: cowName }
    case 6:
    case 7:
      return { f: 'look', name: cowName }
    case 8:
      return { f: random.int(2) === 0 ? 'stop' : 'restart', name: cowName }
    case 9:
      return { f: 'start', name: cowName }
    case 10:
      return { f: 'resize', name: random.int(2) === 0 ? cowName : name, vcpus: 1 + random.int(3) }
    case 11:
      return { f: 'restart', name }
    default:
      return { f: 'migrate', name: random.int(4) === 0 ? cowName : name }
  }
}

export default scenario<VmRoles, VmOperation, VmResult>({
  name: 'vm-storm',
  system: vmCluster({
    name: 'vm-storm',
    machines: 4,
    survives: { down: 1, wiped: 0, blackout: true, rollback: true, clockSkewMillis: 60_000 },
    machine: (_, options) => ({
      capacity: { vcpus: 8, memoryMib: 8_192, diskMib: 32_768 },
      dirtyRegionsPerSecond: options.dirtyRegions ?? 20,
      stableAfter: s(5),
    }),
  }),
  workload: vmClients({ clients: 3, generate, quota: { vms: 9, vcpus: 24, memoryMib: 16_384 } }),
  invariants: vmInvariants(observation),
  faults: { strategy: 'targeted', custom: [guestCrash, guestHang] },
  mustMeet: ['a machine is fenced, and begins anew', 'a guest goes on where it migrated to'],
  duration: s(40),
  healAt: s(30),
  eventually: [
    { name: 'desired is observed', within: s(25), holds: isSettled },
    { name: 'nothing is left over', within: s(25), holds: hasNoOrphans },
    { name: 'guests hold what was acknowledged', within: s(15), ask: guestsHold(pets) },
  ],
  options: {
    ...thinkOption,
    talkPercent: { min: 20, max: 80, why: 'operations that go to guests' },
    dirtyRegions: { min: 5, max: 120, log: true, why: 'of 64 regions of its memory, those that a guest writes in a second' },
    compactAfterEntries: { min: 30, max: 1_000, log: true },
    trailingEntries: { min: 1, max: 64, log: true },
    storageCompactBytes: { min: 20_000, max: 1_000_000, log: true },
  },
  measurements: downtimes(observation),
  statistics: (world) => ({ vms: Math.max(0, ...world.hosts.control.map(({ process }) => process?.state.vms.size ?? 0)) }),
})
