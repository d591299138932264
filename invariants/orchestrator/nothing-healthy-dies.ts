import { seen, type VmObservation } from './observer.js'

/**
 * Where machines, agents and the storage are well, no guest ends unless somebody asked for it, and no machine is fenced, whatever becomes of the control plane. For
 * scenarios in which nothing else is harmed.
 */
export const nothingHealthyDies = (observation: VmObservation) =>
  observation.invariant('NothingHealthyDies', seen.machine | seen.storage, () => (observer) => {
    const { events, host, blocked, records } = observer
    if ((observer.aspects & seen.storage) !== 0) return blocked.length === 0 ? undefined : `the healthy session ${blocked[0]} was fenced`
    for (const { what, vm, generation, why } of events) {
      if (what === 'killed') return `${vm} on ${host?.name} was killed: ${why}`
      if (what !== 'stopped' || generation === 0) continue
      const record = records.get(vm)
      const isWanted = record !== undefined && record.desired === 'running' && record.evicted === null
      const isOwn = record?.host === host?.name && record?.generation === generation
      // A boot that its owner asked for ends the one before.
      if (isWanted && isOwn && !why.startsWith('is booted anew')) return `${vm} on ${host?.name} was stopped, and is to run there: ${why}`
    }
    return undefined
  })
