import { VmObservation, type VmRoles, vmInvariants } from '../invariants/orchestrator/index.js'
import { nothingHealthyDies } from '../invariants/orchestrator/nothing-healthy-dies.js'
import type { VmOperation, VmResult } from '../invariants/orchestrator/operations.js'
import { hasNoOrphans, isSettled } from '../invariants/orchestrator/settled.js'
import { type Random, s, scenario } from '../sim/index.js'
import { controlOutage, controlStall } from './orchestrator/control-loss.js'
import { readGuestsBack, vmClients } from './orchestrator/vm-clients.js'
import { vmCluster } from './orchestrator/vm-cluster.js'
import { downtimes, smallVm, thinkOption } from './orchestrator/vm-scenario.js'

/** The whole control plane stalls or dies, and comes back. Machines, agents and the storage are well all the time, so nothing that runs may end. */
const observation = new VmObservation()
const names = ['rock-1', 'rock-2', 'rock-3', 'rock-4', 'rock-5', 'rock-6']

function generate(random: Random, client: number, index: number): VmOperation {
  if (client === 1 && index < names.length) return { f: 'create', name: names[index] as string, definition: smallVm }
  const name = random.pick(names)
  const die = random.int(10)
  if (die < 4) return { f: 'put', name, value: client * 1_000_000 + index }
  if (die < 9) return { f: 'get', name }
  return { f: 'migrate', name }
}

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
    { name: 'guests hold what was acknowledged', within: s(15), ask: (host, history) => readGuestsBack(host, history, names) },
  ],
  options: thinkOption,
  measurements: downtimes(observation),
})
