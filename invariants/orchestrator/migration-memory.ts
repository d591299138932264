import { seen, type VmObservation } from './observer.js'

/** The memory that a guest goes on with after a migration is the memory that it had when it was stopped for it. */
export const migrationMemory = (observation: VmObservation) =>
  observation.invariant('MigrationMemory', seen.machine, () => {
    const paused = new Map<number, number>()
    return ({ events, host }) => {
      for (const { what, vm, migration, digest } of events) {
        if (migration === null) continue
        if (what === 'paused') paused.set(migration, digest)
        if (what === 'arrived' && paused.get(migration) !== digest) return `${vm} goes on at ${host?.name} with other memory than it was stopped with`
      }
      return undefined
    }
  })
