import { VmObservation, type VmRoles, vmInvariants } from '../invariants/orchestrator/index.js'
import type { VmOperation, VmResult } from '../invariants/orchestrator/operations.js'
import { hasNoOrphans, isSettled } from '../invariants/orchestrator/settled.js'
import { ms, type Random, s, scenario } from '../sim/index.js'
import { guestCrash } from './orchestrator/guest-faults.js'
import { readGuestsBack, vmClients } from './orchestrator/vm-clients.js'
import { vmCluster } from './orchestrator/vm-cluster.js'
import { downtimes, smallVm } from './orchestrator/vm-scenario.js'

/** A hundred machines and two thousand VMs: the same, at size. Ten virtual minutes of it take less than a minute. */
const observation = new VmObservation()
const machines = 100
const vms = 2_000
const clients = 20
const perClient = vms / clients

const nameOf = (client: number, index: number): string => `node-${(client - 1) * perClient + index + 1}`

function generate(random: Random, client: number, index: number): VmOperation {
  if (index < perClient) return { f: 'create', name: nameOf(client, index), definition: { ...smallVm, vcpus: 1, memoryMib: 256 } }
  const name = nameOf(1 + random.int(clients), random.int(perClient))
  const die = random.int(20)
  if (die < 9) return { f: 'put', name, value: client * 1_000_000 + index }
  if (die < 18) return { f: 'get', name }
  return { f: die === 18 ? 'migrate' : 'restart', name }
}

export default scenario<VmRoles, VmOperation, VmResult>({
  name: 'vm-scale',
  system: vmCluster({
    name: 'vm-scale',
    machines,
    survives: { down: 1, blackout: false, clockSkewMillis: 60_000 },
    machine: () => ({ capacity: { vcpus: 32, memoryMib: 16_384, diskMib: 65_536 }, guestWrites: s(10), keepAlive: ms(600) }),
    agent: () => ({ syncPeriod: s(1) }),
    control: () => ({
      raft: { heartbeat: ms(100), electionTimeout: [ms(300), ms(600)], compactAfterEntries: 4_000, trailingEntries: 500 },
      leader: { placementsPerTick: 50, tick: ms(500), hostPatience: s(5), longHostPatience: s(15) },
    }),
  }),
  workload: vmClients({ clients, generate, quota: { vms: 2_500, vcpus: 5_000, memoryMib: 2_000_000 } }),
  invariants: vmInvariants(observation),
  faults: {
    strategy: 'random',
    custom: [guestCrash],
    kinds: ['process.crash', 'process.pause', 'power.loss', 'net.delay', 'net.partition', 'vm.guest-crash'],
  },
  duration: s(600),
  healAt: s(570),
  eventually: [
    { name: 'desired is observed', within: s(25), holds: isSettled },
    { name: 'nothing is left over', within: s(25), holds: hasNoOrphans },
    {
      name: 'guests hold what was acknowledged',
      within: s(15),
      ask: (host, history) =>
        readGuestsBack(
          host,
          history,
          Array.from({ length: clients }, (_, i) => nameOf(i + 1, 0)),
        ),
    },
  ],
  options: { thinkMillis: { min: 200, max: 1_000, log: true, why: "a client's mean pause between two operations" } },
  measurements: downtimes(observation),
  statistics: (world) => ({ vms: Math.max(0, ...world.hosts.control.map(({ process }) => process?.state.vms.size ?? 0)) }),
})
