import { seen, type VmObservation } from './observer.js'

/** Replicas that applied the same commands have the same state: seen by the digest of all commands and their results. */
export const applyDeterministic = (observation: VmObservation) =>
  observation.invariant('ApplyDeterministic', seen.control, () => {
    const digests = new Map<number, number>()
    return ({ control }) => {
      if (control === null) return undefined
      const { revision, digest } = control.state
      const known = digests.get(revision)
      if (known === undefined) {
        digests.set(revision, digest)
        return undefined
      }
      return known === digest ? undefined : `${control.host.name} has another state than others after ${revision} commands`
    }
  })
