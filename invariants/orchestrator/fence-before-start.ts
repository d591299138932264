import { seen, type VmObservation } from './observer.js'

interface Left {
  readonly host: string
  readonly session: number
  readonly generation: number
}

/**
 * A VM is started only when its owner before has let it go: its machine has stopped it in that session, or handed it over, or the storage refuses that session
 * by now. It does not
 * count that the machine is dead: nobody can know.
 */
export const fenceBeforeStart = (observation: VmObservation) =>
  observation.invariant('FenceBeforeStart', seen.machine | seen.control, () => {
    const owners = new Map<string, Left>()
    const before = new Map<string, Left>()
    /** By VM and machine: the highest generation that ended there by an order, with its session. */
    const ended = new Map<string, { readonly session: number; readonly generation: number }>()
    return (observer) => {
      if ((observer.aspects & seen.control) !== 0) {
        for (const { vm, record } of observer.touches) {
          if (record === null || record.host === null) continue
          const known = owners.get(vm)
          const owner = { host: record.host, session: record.session, generation: record.generation }
          // Who asked for a hand-over has let it go by asking.
          const isHandedOver = record.arrival?.source === known?.host && record.arrival?.generation === known?.generation
          if (isHandedOver) before.delete(vm)
          else if (known !== undefined && known.generation !== owner.generation) before.set(vm, known)
          owners.set(vm, owner)
        }
        return undefined
      }
      const { machine, host, events, storage } = observer
      if (machine === null || host === null) return undefined
      for (const { what, vm, generation } of events) {
        if (what === 'stopped' || what === 'killed' || what === 'handed-over' || what === 'discarded')
          ended.set(`${vm} ${host.name}`, { session: machine.session ?? Number.POSITIVE_INFINITY, generation })
        if (what !== 'running' && what !== 'arrived') continue
        const last = before.get(vm)
        if (last === undefined || last.generation >= generation || (last.host === host.name && last.session === machine.session)) continue
        const end = ended.get(`${vm} ${last.host}`)
        if (end !== undefined && end.session >= last.session && end.generation >= last.generation) continue
        if (storage !== null && storage.state.stateOf({ machine: last.host, session: last.session }) !== 'open') continue
        return `${vm} starts on ${host.name} in generation ${generation}: ${last.host} had it in session ${last.session} and was neither told to stop it nor fenced`
      }
      return undefined
    }
  })
