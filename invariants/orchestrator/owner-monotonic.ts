import { seen, type VmObservation } from './observer.js'

/** Generations rise: in what the control plane commits, and in what machines start. */
export const ownerMonotonic = (observation: VmObservation) =>
  observation.invariant('OwnerMonotonic', seen.machine | seen.control, () => {
    const started = new Map<string, number>()
    return ({ aspects, touches, events, host }) => {
      if ((aspects & seen.control) !== 0) {
        for (const { vm, record, before } of touches) {
          if (record === null || before === null) continue
          if (record.generation < before.generation) return `${vm} went back from generation ${before.generation} to ${record.generation}`
          const isOther = record.host !== null && before.host !== null && record.host !== before.host
          if (isOther && record.generation === before.generation)
            return `${vm} went from ${before.host} to ${record.host} within generation ${record.generation}`
        }
        return undefined
      }
      for (const { what, vm, generation } of events) {
        if (what !== 'running' && what !== 'arrived') continue
        const highest = started.get(vm) ?? 0
        if (generation < highest) return `${vm} runs on ${host?.name} in generation ${generation}: it ran in ${highest} before`
        started.set(vm, generation)
      }
      return undefined
    }
  })
