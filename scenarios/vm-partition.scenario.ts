import { VmObservation, type VmRoles, vmInvariants } from '../invariants/orchestrator/index.js'
import type { VmOperation, VmResult } from '../invariants/orchestrator/operations.js'
import { hasNoOrphans, isSettled } from '../invariants/orchestrator/settled.js'
import { type Random, s, scenario } from '../sim/index.js'
import { cutFromAgent, cutFromControl, cutFromStorage } from './orchestrator/cuts.js'
import { readGuestsBack, vmClients } from './orchestrator/vm-clients.js'
import { vmCluster } from './orchestrator/vm-cluster.js'
import { downtimes, smallVm, thinkOption } from './orchestrator/vm-scenario.js'

/** Machines are cut off from the control plane but not from the storage, and the reverse: they must not run what was started elsewhere, and need not stop what was not. */
const observation = new VmObservation()
const names = ['ship-1', 'ship-2', 'ship-3', 'ship-4', 'ship-5', 'ship-6']

function generate(random: Random, client: number, index: number): VmOperation {
  if (client === 1 && index < names.length) return { f: 'create', name: names[index] as string, definition: smallVm }
  const name = random.pick(names)
  const die = random.int(20)
  if (die < 9) return { f: 'put', name, value: client * 1_000_000 + index }
  if (die < 17) return { f: 'get', name }
  if (die < 19) return { f: 'migrate', name }
  return { f: 'restart', name }
}

export default scenario<VmRoles, VmOperation, VmResult>({
  name: 'vm-partition',
  system: vmCluster({ name: 'vm-partition', machines: 4, survives: { down: 1, blackout: true, clockSkewMillis: 60_000 } }),
  workload: vmClients({ clients: 3, generate }),
  invariants: vmInvariants(observation),
  faults: {
    strategy: 'random',
    custom: [cutFromControl, cutFromStorage, cutFromAgent],
    kinds: ['vm.cut-control', 'vm.cut-storage', 'vm.cut-agent', 'net.delay', 'net.drop', 'net.clog', 'net.partition', 'process.pause', 'code.failpoint'],
  },
  mustMeet: ['a machine is fenced, and begins anew'],
  duration: s(40),
  healAt: s(30),
  eventually: [
    { name: 'desired is observed', within: s(25), holds: isSettled },
    { name: 'nothing is left over', within: s(25), holds: hasNoOrphans },
    { name: 'guests hold what was acknowledged', within: s(15), ask: (host, history) => readGuestsBack(host, history, names) },
  ],
  options: thinkOption,
  measurements: downtimes(observation),
})
