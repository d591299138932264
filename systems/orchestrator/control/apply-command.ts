import type { ClusterState } from './cluster-state.js'
import type { Command, CommandResult } from './commands.js'
import { evict, hostFenced, hostLost, join, placeVm, report, setMode } from './host-commands.js'
import { abortMigration, handOver, migrate, startMigration } from './migration-commands.js'
import { setPool, sizePool, warmUp } from './pool-commands.js'
import { create, remove, resize, restart, setTenant, start, stop } from './vm-commands.js'

/** Does a command to the state and answers what it came to. A refusal changes nothing. Pure. */
export function applyCommand(state: ClusterState, command: Command): CommandResult {
  switch (command.kind) {
    case 'set-tenant':
      return setTenant(state, command)
    case 'create':
      return create(state, command)
    case 'start':
      return start(state, command.name)
    case 'stop':
      return stop(state, command.name)
    case 'restart':
      return restart(state, command.name)
    case 'delete':
      return remove(state, command.name)
    case 'resize':
      return resize(state, command)
    case 'migrate':
      return migrate(state, command)
    case 'set-mode':
      return setMode(state, command)
    case 'set-pool':
      return setPool(state, command)
    case 'join':
      return join(state, command)
    case 'report':
      return report(state, command)
    case 'hand-over':
      return handOver(state, command)
    case 'host-lost':
      return hostLost(state, command)
    case 'host-fenced':
      return hostFenced(state, command)
    case 'place':
      return placeVm(state, command)
    case 'evict':
      return evict(state, command)
    case 'start-migration':
      return startMigration(state, command)
    case 'abort-migration':
      return abortMigration(state, command)
    case 'warm-up':
      return warmUp(state, command)
    case 'size-pool':
      return sizePool(state, command)
  }
}
