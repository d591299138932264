import { VmObservation, type VmRoles, vmInvariants } from '../invariants/orchestrator/index.js'
import type { VmOperation, VmResult } from '../invariants/orchestrator/operations.js'
import { hasNoOrphans, isSettled } from '../invariants/orchestrator/settled.js'
import { type Options, type Random, s, scenario, type World } from '../sim/index.js'
import { bothSidesCrash, guestCrash } from './orchestrator/guest-faults.js'
import { vmClients } from './orchestrator/vm-clients.js'
import { vmCluster } from './orchestrator/vm-cluster.js'
import { downtimes, guestsHold, smallVm, thinkOption } from './orchestrator/vm-scenario.js'

/** Everything is on the move, and whoever sends or receives a guest is harmed at any message. */
const observation = new VmObservation()
const names = ['bird-1', 'bird-2', 'bird-3', 'bird-4']

function generate(random: Random, client: number, index: number): VmOperation {
  if (client === 1 && index < names.length) return { f: 'create', name: names[index] as string, definition: { ...smallVm, memoryMib: 256 } }
  const name = random.pick(names)
  const die = random.int(10)
  if (die < 3) return { f: 'put', name, value: client * 1_000_000 + index }
  if (die < 6) return { f: 'get', name }
  return { f: 'migrate', name }
}

/** Whoever has a guest that is on its way, or waits for one; the first that is found. */
function atEither(side: 'outgoing' | 'incoming') {
  return (world: World<VmRoles>): string | undefined =>
    world.hosts.machine.find(({ process }) => [...(process?.guests.values() ?? [])].some((guest) => guest[side] !== null))?.name
}

const cluster = vmCluster({
  name: 'vm-migrate',
  machines: 4,
  survives: { down: 1, clockSkewMillis: 60_000 },
  machine: (_: number, options: Options) => ({ dirtyRegionsPerSecond: options.dirtyRegions ?? 20, stableAfter: s(3) }),
})

export default scenario<VmRoles, VmOperation, VmResult>({
  name: 'vm-migrate',
  system: { ...cluster, targets: { source: atEither('outgoing'), target: atEither('incoming'), ...cluster.targets } },
  workload: vmClients({ clients: 3, generate }),
  invariants: vmInvariants(observation),
  faults: {
    strategy: 'targeted',
    custom: [guestCrash, bothSidesCrash],
    kinds: [
      'process.crash',
      'process.crash-loop',
      'process.pause',
      'power.loss',
      'net.delay',
      'net.drop',
      'net.clog',
      'net.partition',
      'conn.reset',
      'code.failpoint',
      'vm.guest-crash',
      'vm.both-sides-crash',
    ],
  },
  mustMeet: ['a guest goes on where it migrated to'],
  duration: s(40),
  healAt: s(30),
  eventually: [
    { name: 'desired is observed', within: s(25), holds: isSettled },
    { name: 'nothing is left over', within: s(25), holds: hasNoOrphans },
    { name: 'guests hold what was acknowledged', within: s(15), ask: guestsHold(names) },
  ],
  options: { ...thinkOption, dirtyRegions: { min: 5, max: 120, log: true, why: 'of 64 regions of its memory, those that a guest writes in a second' } },
  measurements: downtimes(observation),
})
