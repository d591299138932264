import { type Execution, seen, type VmObservation, type VmObserver } from './observer.js'

/**
 * No VM executes on two machines at once. A machine that stands still executes nothing; when it goes on, it must find in its first step that it may not.
 */
export const atMostOneRunning = (observation: VmObservation) =>
  observation.invariant('AtMostOneRunning', seen.machine, () => {
    /** Of machines that stood still when another began: to be looked at when they go on. */
    const doubts: Execution[] = []
    return (observer) => {
      const { machine, executing } = observer
      if (machine === null) return undefined
      for (let i = doubts.length - 1; i >= 0; i--) {
        const doubt = doubts[i] as Execution
        if (doubt.machine !== machine) continue
        doubts.splice(i, 1)
        const broken = twice(observer, doubt.vm, doubts)
        if (broken !== undefined) return broken
      }
      for (const vm of executing) {
        const broken = twice(observer, vm, doubts)
        if (broken !== undefined) return broken
      }
      return undefined
    }
  })

function twice(observer: VmObserver, vm: string, doubts: Execution[]): string | undefined {
  const known = observer.executions.get(vm) ?? []
  if (known.length < 2) return undefined
  const running: Execution[] = []
  for (const execution of known) {
    if (execution.host.process !== execution.machine) continue
    if (observer.isDazed(execution)) {
      if (!doubts.includes(execution)) doubts.push(execution)
    } else if (observer.executes(execution)) running.push(execution)
  }
  if (running.length < 2) return undefined
  const places = running.map(({ machine, host }) => `on ${host.name} in generation ${machine.guests.get(vm)?.spec.generation}`)
  return `${vm} executes ${places.join(' and ')}`
}
