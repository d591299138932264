import { VmObservation, type VmRoles, vmInvariants } from '../invariants/orchestrator/index.js'
import type { VmOperation, VmResult } from '../invariants/orchestrator/operations.js'
import { hasNoOrphans, isSettled } from '../invariants/orchestrator/settled.js'
import { type Random, s, scenario } from '../sim/index.js'
import type { OrchestratorClient } from '../systems/orchestrator/client.js'
import { guestCrash } from './orchestrator/guest-faults.js'
import { vmClients } from './orchestrator/vm-clients.js'
import { vmCluster } from './orchestrator/vm-cluster.js'
import { downtimes, smallVm, thinkOption } from './orchestrator/vm-scenario.js'

/** Many want a VM at once, and take it from a pool of warm ones. */
const observation = new VmObservation()
const names = Array.from({ length: 12 }, (_, i) => `job-${i + 1}`)
const pool = 'jobs'

function generate(random: Random, client: number, index: number): VmOperation {
  const name = random.pick(names)
  const die = random.int(10)
  if (die < 4) return { f: 'create', name, definition: smallVm, pool }
  if (die < 7) return { f: 'delete', name }
  if (die < 8) return { f: 'look', name }
  return { f: random.int(2) === 0 ? 'stop' : 'start', name: names[(client + index) % names.length] as string }
}

async function makePool(control: OrchestratorClient): Promise<void> {
  await control.order({ kind: 'set-pool', pool, definition: smallVm, least: 2, most: 6, source: 'snapshot' }, { key: 'pool' })
}

export default scenario<VmRoles, VmOperation, VmResult>({
  name: 'vm-warm',
  system: vmCluster({ name: 'vm-warm', machines: 4, survives: { down: 1, blackout: true, clockSkewMillis: 60_000 } }),
  workload: vmClients({ clients: 5, generate, prepare: makePool }),
  invariants: vmInvariants(observation),
  faults: { strategy: 'targeted', custom: [guestCrash] },
  mustMeet: ['a warm guest becomes somebody'],
  duration: s(30),
  healAt: s(22),
  eventually: [
    { name: 'desired is observed', within: s(25), holds: isSettled },
    { name: 'nothing is left over', within: s(25), holds: hasNoOrphans },
  ],
  options: thinkOption,
  measurements: downtimes(observation),
})
