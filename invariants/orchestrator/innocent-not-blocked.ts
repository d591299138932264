import { clientName } from '../../systems/orchestrator/storage/storage-api.js'
import { seen, type VmObservation } from './observer.js'

/**
 * Who is put on the storage's blocklist deserves it: a client because it holds a lock that a later start of the same VM takes from it, a session because the
 * control plane has committed that its host is lost.
 */
export const innocentNotBlocked = (observation: VmObservation) =>
  observation.invariant('InnocentNotBlocked', seen.storage | seen.control, () => {
    /** Sessions that some replica knew to be lost, whatever has become of that replica. */
    const lost = new Set<string>()
    return ({ aspects, control, broken, blocked, blockedClients }) => {
      if ((aspects & seen.control) !== 0) {
        for (const { name, session, state } of control?.state.hosts.values() ?? []) if (state !== 'ready') lost.add(`${name}/${session}`)
        return undefined
      }
      if (broken !== null) {
        const { image, lock, by } = broken
        const isOlder = lock.generation < by.generation || (lock.generation === by.generation && isLater(by.client, lock.client))
        if (!isOlder)
          return `${by.client.machine} broke the lock on ${image} for generation ${by.generation}, instance ${by.client.instance}: ${lock.client.machine} held it for generation ${lock.generation}, instance ${lock.client.instance}`
      }
      const holder = broken === null ? null : clientName(broken.lock.client)
      const released = blockedClients.find((client) => client !== holder)
      if (released !== undefined) return `the client ${released} was blocked, and held no lock that was broken`
      const innocent = blocked.find((session) => !lost.has(session))
      return innocent === undefined ? undefined : `the session ${innocent} was blocked, and the control plane never said that it is lost`
    }
  })

function isLater(one: { readonly session: number; readonly instance: number }, other: { readonly session: number; readonly instance: number }): boolean {
  return one.session > other.session || (one.session === other.session && one.instance > other.instance)
}
