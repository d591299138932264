import { VmObservation, type VmRoles, vmInvariants } from '../invariants/orchestrator/index.js'
import type { VmOperation, VmResult } from '../invariants/orchestrator/operations.js'
import { hasNoOrphans, isSettled } from '../invariants/orchestrator/settled.js'
import { type Random, s, scenario } from '../sim/index.js'
import { vmClients } from './orchestrator/vm-clients.js'
import { vmCluster } from './orchestrator/vm-cluster.js'
import { downtimes, guestsHold, smallVm, thinkOption } from './orchestrator/vm-scenario.js'

/** One host after another is upgraded, with both versions side by side, while owners go on and operators drain machines and open them again. */
const observation = new VmObservation()
const names = ['tree-1', 'tree-2', 'tree-3', 'tree-4', 'tree-5']

function generate(random: Random, client: number, index: number): VmOperation {
  if (client === 1 && index < names.length) return { f: 'create', name: names[index] as string, definition: smallVm }
  const name = random.pick(names)
  const machine = `machine-${1 + random.int(4)}`
  const die = random.int(20)
  if (die < 7) return { f: 'put', name, value: client * 1_000_000 + index }
  if (die < 14) return { f: 'get', name }
  if (die < 16) return { f: 'migrate', name }
  if (die < 17) return { f: 'mode', name: machine, mode: random.pick(['draining', 'cordoned', 'maintenance'] as const) }
  if (die < 19) return { f: 'mode', name: machine, mode: 'open' }
  return { f: 'restart', name }
}

export default scenario<VmRoles, VmOperation, VmResult>({
  name: 'vm-upgrade',
  system: vmCluster({ name: 'vm-upgrade', machines: 4, survives: { down: 1, rollback: true, clockSkewMillis: 60_000 } }),
  workload: vmClients({ clients: 3, generate }),
  invariants: vmInvariants(observation),
  faults: { strategy: 'rolling', kinds: ['process.upgrade', 'process.crash', 'process.pause', 'net.delay', 'net.clog', 'code.maybe', 'code.failpoint'] },
  mustMeet: ['stops in order when it is asked to', 'a guest goes on where it migrated to'],
  duration: s(40),
  healAt: s(32),
  eventually: [
    { name: 'desired is observed', within: s(25), holds: isSettled },
    { name: 'nothing is left over', within: s(25), holds: hasNoOrphans },
    { name: 'guests hold what was acknowledged', within: s(15), ask: guestsHold(names) },
  ],
  options: thinkOption,
  measurements: downtimes(observation),
})
