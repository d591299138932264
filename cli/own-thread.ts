import { setFlagsFromString } from 'node:v8'

/**
 * From now on V8 collects young objects on the thread that makes them, and compiles hot code on the thread that runs it, if that is started later,
 * rather than with helpers beside it. This holds for the whole process. Where threads take all cores there is no beside: of the broker scenario's
 * runs, the first 100 took 11 s of CPU to compile in the background and 5 s in place, and the young collections of 150 took 3.2 s with a helper and
 * 1.7 s without.
 */
export function keepToOwnThread(): void {
  setFlagsFromString('--no-concurrent-recompilation')
  setFlagsFromString('--no-parallel-scavenge')
}
