import { warmTenant } from '../../systems/orchestrator/control/pool-commands.js'
import { seen, type VmObservation } from './observer.js'

/** A guest that was booted warm becomes somebody once, before its network is up; and no two guests on the network have one identity. */
export const warmSingleUse = (observation: VmObservation) =>
  observation.invariant('WarmSingleUse', seen.machine | seen.control, () => {
    const used = new Set<string>()
    /** By identity, the VM that came up with it. */
    const identities = new Map<string, string>()
    return ({ aspects, machine, host, events, touches }) => {
      if ((aspects & seen.control) !== 0) {
        for (const { vm, record, before } of touches) {
          if (before === null || record === null || before.tenant === warmTenant || before.name === record.name) continue
          return `${vm} was ${before.name}, and is given away again as ${record.name}`
        }
        return undefined
      }
      for (const { what, vm, instance, generationId } of events) {
        if (what === 'identified') {
          const key = `${host?.name}/${host?.incarnation}/${machine?.session}/${instance}`
          if (used.has(key)) return `the guest of ${vm} on ${host?.name} became somebody twice`
          used.add(key)
        }
        if (what !== 'networked') continue
        const other = identities.get(generationId)
        if (other !== undefined && other !== vm) return `${vm} and ${other} have one identity`
        identities.set(generationId, vm)
      }
      return undefined
    }
  })
