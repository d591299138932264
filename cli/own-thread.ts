import { setFlagsFromString } from 'node:v8'

/**
 * From now on V8 collects young objects on the thread that makes them, and compiles hot code on the thread that runs it, if that is started later,
 * rather than with helpers beside it. This holds for the whole process. Where threads take all cores there is no beside: of two hunting threads on two cores, the helpers took twice as long for the
 * same code, which ran slowly until they were done, and twice as long for the same garbage.
 */
export function keepToOwnThread(): void {
  setFlagsFromString('--no-concurrent-recompilation')
  setFlagsFromString('--no-parallel-scavenge')
}
