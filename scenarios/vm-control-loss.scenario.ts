import { VmObservation, type VmRoles, vmInvariants } from '../invariants/orchestrator/index.js'
import { nothingHealthyDies } from '../invariants/orchestrator/nothing-healthy-dies.js'
import type { VmOperation, VmResult } from '../invariants/orchestrator/operations.js'
import { hasNoOrphans, isSettled } from '../invariants/orchestrator/settled.js'
import { s, scenario } from '../sim/index.js'
import { controlOutage, controlStall } from './orchestrator/control-loss.js'
import { vmClients } from './orchestrator/vm-clients.js'
import { vmCluster } from './orchestrator/vm-cluster.js'
import { downtimes, guestsHold, namedVms, thinkOption } from './orchestrator/vm-scenario.js'

/** The whole control plane stalls or dies, and comes back. Machines, agents and the storage are well all the time, so nothing that runs may end. */
const observation = new VmObservation()
const names = ['rock-1', 'rock-2', 'rock-3', 'rock-4', 'rock-5', 'rock-6']

const generate = namedVms(names, 10, { put: 4, get: 5 }, (name) => ({ f: 'migrate', name }))

export default scenario<VmRoles, VmOperation, VmResult>({
  name: 'vm-control-loss',
  system: vmCluster({ name: 'vm-control-loss', machines: 5, survives: { down: 0 } }),
  workload: vmClients({ clients: 3, generate }),
  invariants: [...vmInvariants(observation), nothingHealthyDies(observation)],
  faults: { strategy: 'random', custom: [controlStall, controlOutage], kinds: ['vm.control-stall', 'vm.control-outage', 'code.failpoint'] },
  duration: s(50),
  healAt: s(40),
  eventually: [
    { name: 'desired is observed', within: s(25), holds: isSettled },
    { name: 'nothing is left over', within: s(25), holds: hasNoOrphans },
    { name: 'guests hold what was acknowledged', within: s(15), ask: guestsHold(names) },
  ],
  options: thinkOption,
  measurements: downtimes(observation),
})
