import type { VmRoles } from '../../invariants/orchestrator/index.js'
import type { Budget, Options, World } from '../../sim/index.js'
import { ms, system } from '../../sim/index.js'
import { Agent, type AgentConfig } from '../../systems/orchestrator/agent/agent.js'
import { type ControlConfig, ControlPlane } from '../../systems/orchestrator/control/control-plane.js'
import { Machine } from '../../systems/orchestrator/hypervisor/machine.js'
import type { MachineConfig } from '../../systems/orchestrator/hypervisor/machine-config.js'
import { Gateway } from '../../systems/orchestrator/network/gateway.js'
import { Storage } from '../../systems/orchestrator/storage/storage.js'
import { blockedMember } from '../../systems/raft/blocked.js'

export interface VmClusterShape {
  readonly name: string
  readonly machines: number
  readonly survives: Budget
  readonly machine?: (ordinal: number, options: Options) => Partial<MachineConfig>
  readonly agent?: (ordinal: number, options: Options) => Partial<AgentConfig>
  readonly control?: (options: Options) => Partial<ControlConfig>
}

/** Three replicas of the control plane, machines with an agent each, the storage, and the gateway: everything on a host of its own. */
export function vmCluster({ name, machines, survives, machine, agent, control }: VmClusterShape) {
  const raft = (options: Options) => ({
    compactAfterEntries: options.compactAfterEntries ?? 400,
    trailingEntries: options.trailingEntries ?? 32,
    snapshotChunkBytes: 16_384,
    walSegmentBytes: 65_536,
  })
  const controlConfig = (options: Options): Partial<ControlConfig> => ({ raft: raft(options), ...control?.(options) })
  const agentConfig = (ordinal: number, options: Options): Partial<AgentConfig> => ({ zone: ordinal % 2 === 0 ? 'b' : 'a', ...agent?.(ordinal, options) })
  return system<VmRoles>({
    name,
    roles: {
      control: {
        count: 3,
        boot: ControlPlane.boot,
        config: (_, options) => controlConfig(options),
        // Other times and limits than before, in the same group.
        versions: {
          next: { config: (_, options) => ({ ...controlConfig(options), raft: { ...raft(options), heartbeat: ms(30), electionTimeout: [ms(90), ms(180)] } }) },
        },
      },
      agent: {
        count: machines,
        boot: Agent.boot,
        config: agentConfig,
        versions: { next: { config: (ordinal, options) => ({ ...agentConfig(ordinal, options), version: 2, syncPeriod: ms(200) }) } },
      },
      machine: { count: machines, boot: Machine.boot, config: (ordinal, options) => machine?.(ordinal, options) ?? {} },
      storage: { count: 1, boot: Storage.boot, config: (_, options) => ({ compactAfterBytes: options.storageCompactBytes ?? 1 << 18 }) },
      gateway: { count: 1, boot: Gateway.boot },
    },
    survives,
    waits: (process) => (process instanceof ControlPlane ? blockedMember(process.node) : []),
    columns: (process) => columnsOf(process),
    targets: { leader: leaderOf, busiest: busiestMachine },
  })
}

function columnsOf(process: VmRoles[keyof VmRoles]): Record<string, string | number> {
  if (process instanceof ControlPlane) return { role: process.node.role, commits: process.node.commit, vms: process.state.vms.size }
  if (process instanceof Machine) return { session: process.session ?? '-', fed: process.isFed ? 1 : 0, guests: process.guests.size }
  if (process instanceof Storage) return { images: process.state.images.size, blocked: process.state.blocklist.length }
  return {}
}

function leaderOf(world: World<VmRoles>): string | undefined {
  return world.hosts.control.find(({ process }) => process?.node.isLeader)?.name
}

/** With the most guests; the first of equals. */
function busiestMachine(world: World<VmRoles>): string | undefined {
  let best: { name: string; guests: number } | undefined
  for (const { name, process } of world.hosts.machine) {
    const guests = process?.guests.size ?? 0
    if (guests > (best?.guests ?? 0)) best = { name, guests }
  }
  return best?.name
}
