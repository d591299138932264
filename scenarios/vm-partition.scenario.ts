import { VmObservation, type VmRoles, vmInvariants } from '../invariants/orchestrator/index.js'
import type { VmOperation, VmResult } from '../invariants/orchestrator/operations.js'
import { hasNoOrphans, isSettled } from '../invariants/orchestrator/settled.js'
import { s, scenario } from '../sim/index.js'
import { cutFromAgent, cutFromControl, cutFromStorage } from './orchestrator/cuts.js'
import { vmClients } from './orchestrator/vm-clients.js'
import { vmCluster } from './orchestrator/vm-cluster.js'
import { downtimes, guestsHold, namedVms, thinkOption } from './orchestrator/vm-scenario.js'

/** Machines are cut off from the control plane but not from the storage, and the reverse: they must not run what was started elsewhere, and need not stop what was not. */
const observation = new VmObservation()
const names = ['ship-1', 'ship-2', 'ship-3', 'ship-4', 'ship-5', 'ship-6']

const generate = namedVms(names, 20, { put: 9, get: 8 }, (name, die) => ({ f: die < 2 ? 'migrate' : 'restart', name }))

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
    { name: 'guests hold what was acknowledged', within: s(15), ask: guestsHold(names) },
  ],
  options: thinkOption,
  measurements: downtimes(observation),
})
