import { resourcesOf } from '../../systems/orchestrator/definition.js'
import { seen, type VmObservation } from './observer.js'

/** What is on a machine, guests that are to come included, fits it; and so does what the control plane has claimed of it. */
export const capacity = (observation: VmObservation) =>
  observation.invariant('Capacity', seen.machine | seen.control, () => (observer) => {
    const { machine, host, events, touches, control } = observer
    if ((observer.aspects & seen.control) !== 0) {
      for (const { record } of touches) {
        for (const name of [record?.host, record?.migration?.target]) {
          const claimed = name == null ? undefined : control?.state.hosts.get(name)
          if (claimed === undefined || control === null) continue
          const { vcpus, memoryMib, diskMib } = control.state.usage(claimed.name)
          const most = claimed.capacity
          if (vcpus > most.vcpus || memoryMib > most.memoryMib || diskMib > most.diskMib)
            return `${vcpus} CPUs, ${memoryMib} MiB and ${diskMib} MiB of disk are claimed of ${claimed.name}`
        }
      }
      return undefined
    }
    if (machine === null || events.length === 0) return undefined
    let vcpus = 0
    let memoryMib = 0
    let diskMib = 0
    for (const { spec } of machine.guests.values()) {
      const needed = resourcesOf(spec.definition)
      vcpus += needed.vcpus
      memoryMib += needed.memoryMib
      diskMib += needed.diskMib
    }
    const most = machine.config.capacity
    if (vcpus <= most.vcpus && memoryMib <= most.memoryMib && diskMib <= most.diskMib) return undefined
    return `guests with ${vcpus} CPUs, ${memoryMib} MiB and ${diskMib} MiB of disk are on ${host?.name}`
  })
