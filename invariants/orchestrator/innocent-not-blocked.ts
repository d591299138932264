import { seen, type VmObservation } from './observer.js'

/**
 * Who is put on the storage's blocklist deserves it: a client because a later start of the same VM takes its lock, a session because the control plane has
 * committed that its host is lost.
 */
export const innocentNotBlocked = (observation: VmObservation) =>
  observation.invariant('InnocentNotBlocked', seen.storage, () => ({ broken, blocked }, world) => {
    if (broken !== null) {
      const { image, lock, by } = broken
      const isOlder = lock.generation < by.generation || (lock.generation === by.generation && isLater(by.client, lock.client))
      if (!isOlder)
        return `${by.client.machine} broke the lock on ${image} for generation ${by.generation}, instance ${by.client.instance}: ${lock.client.machine} held it for generation ${lock.generation}, instance ${lock.client.instance}`
    }
    for (const session of blocked) {
      const [machine, number] = session.split('/') as [string, string]
      const isLost = world.hosts.control.some(({ process }) => {
        const record = process?.state.hosts.get(machine)
        return record !== undefined && (record.session > Number(number) || (record.session === Number(number) && record.state !== 'ready'))
      })
      if (!isLost) return `session ${number} of ${machine} was blocked, and the control plane never said that it is lost`
    }
    return undefined
  })

function isLater(one: { readonly session: number; readonly instance: number }, other: { readonly session: number; readonly instance: number }): boolean {
  return one.session > other.session || (one.session === other.session && one.instance > other.instance)
}
