import { AmbientGuard } from '../ambient/ambient-guard.js'
import { Misuse } from '../host/errors.js'
import { syncDrain } from '../kernel/drain.js'
import type { RunRequest } from './report.js'

/** The guard that a run asks for; null where steps are not drained synchronously, since other code of the program then runs between a step's halves. */
export function guardOf(request: RunRequest, failed: (error: Error) => void): AmbientGuard | null {
  const mode = request.ambient ?? request.scenario.ambient ?? 'trap'
  if (mode === 'off') return null
  if (request.drain === 'macrotask' || syncDrain() === null) {
    if (mode === 'virtual') throw new Misuse("ambient: 'virtual' needs steps that are drained synchronously, as Node.js can: leave out drain: 'macrotask'")
    return null
  }
  return new AmbientGuard({ mode, failed, namesIo: request.namesIo ?? false })
}
