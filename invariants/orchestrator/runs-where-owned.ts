import type { VmRecord } from '../../systems/orchestrator/control/records.js'
import { type Execution, seen, type VmObservation, type VmObserver } from './observer.js'

/**
 * What executes is what the control plane's record says: the VM's host, in the session and the generation in which it was given to it. It holds at every moment,
 * since a VM is given to another only after its host has let it go, or was fenced.
 */
export const runsWhereOwned = (observation: VmObservation) =>
  observation.invariant('RunsWhereOwned', seen.machine | seen.control, () => {
    const doubts: Execution[] = []
    return (observer) => {
      if ((observer.aspects & seen.control) !== 0) {
        for (const { vm, record } of observer.touches) {
          for (const execution of observer.executions.get(vm) ?? []) {
            const broken = strays(observer, execution, record, doubts)
            if (broken !== undefined) return broken
          }
        }
        return undefined
      }
      const { machine, host, executing } = observer
      if (machine === null || host === null) return undefined
      for (let i = doubts.length - 1; i >= 0; i--) {
        const doubt = doubts[i] as Execution
        if (doubt.machine !== machine) continue
        doubts.splice(i, 1)
        const broken = strays(observer, doubt, observer.records.get(doubt.vm) ?? null, doubts)
        if (broken !== undefined) return broken
      }
      for (const vm of executing) {
        const broken = strays(observer, { host, machine, vm }, observer.records.get(vm) ?? null, doubts)
        if (broken !== undefined) return broken
      }
      return undefined
    }
  })

function strays(observer: VmObserver, execution: Execution, record: VmRecord | null, doubts: Execution[]): string | undefined {
  const { host, machine, vm } = execution
  const guest = machine.guests.get(vm)
  if (host.process !== machine || guest === undefined) return undefined
  const { generation } = guest.spec
  if (record !== null && record.host === host.name && record.session === machine.session && record.generation === generation) return undefined
  if (observer.isDazed(execution)) {
    doubts.push(execution)
    return undefined
  }
  if (!observer.executes(execution)) return undefined
  const owner =
    record === null ? 'there is no such VM' : record.host === null ? 'no host may run it' : `it is ${record.host}'s in generation ${record.generation}`
  return `${vm} executes on ${host.name} in session ${machine.session} and generation ${generation}, but ${owner}`
}
