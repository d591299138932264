import { SeedfallError } from './errors.js'
import type { HostName } from './seam.js'

/**
 * A process used another host's `Host` (a module-level variable keeps it, most often), or its own while it was not its turn: after waiting for something
 * real, such as a file or another thread, whose answer comes outside of every step.
 */
export class OwnershipError extends SeedfallError {
  readonly code = 'ownership'
  constructor(
    /** Whose `Host` was used. */
    readonly used: HostName,
    /** Whose step it was; null: nobody's. */
    readonly owner: HostName | null,
    /** What it was at, where that is known: `while it answered api.add from client-1`. */
    during = '',
  ) {
    super(
      owner === null
        ? `the host ${used} was used outside any step${during === '' ? '' : `, ${during}`}: a process may use its host only while it runs, and wait only for what the host gives`
        : `the host ${used} was used in a step of ${owner}: a process may use only its own host; look for a variable of a module that both share`,
    )
  }
}
