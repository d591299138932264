import { SeedfallError } from '../host/errors.js'
import { placeOf } from './place.js'

/** A process reached past its host for something of the machine's. Ends the run as `crashed`, whoever catches it. */
export class AmbientUse extends SeedfallError {
  readonly code = 'ambient-use'
  /** File, line and column of the caller. */
  readonly place: string | undefined

  /** `caller`: the function whose caller is to blame. */
  constructor(
    readonly what: string,
    readonly instead: string,
    caller: (...words: never[]) => unknown,
  ) {
    super('')
    Error.captureStackTrace?.(this, caller)
    this.place = placeOf(this)
    this.message = `${what} was used${this.place === undefined ? '' : ` at ${this.place}`}: ${instead}. For code that is not yours there is --ambient virtual`
  }
}

/** A process started real input or output: it takes the machine's time, and ends when the machine likes. */
export class RealIo extends SeedfallError {
  readonly code = 'real-io'
  readonly place: string | undefined

  constructor(
    /** The resource as Node calls it: `TCPWRAP`, `FSREQCALLBACK`. */
    readonly resource: string,
    caller: ((...words: never[]) => unknown) | null,
    when = '',
  ) {
    super('')
    if (caller !== null) Error.captureStackTrace?.(this, caller)
    this.place = caller === null ? undefined : placeOf(this)
    const where = this.place === undefined ? '' : ` at ${this.place}`
    this.message = `real input or output was started${where}${when}: ${resource}${explained(resource)}; use host.net and host.disk`
  }
}

function explained(resource: string): string {
  const found = explanations.find(([pattern]) => pattern.test(resource))
  return found === undefined ? '' : ` (${found[1]})`
}

const explanations: readonly (readonly [RegExp, string])[] = [
  [/^(TCP|TLS|HTTP)/i, 'a socket'],
  [/^UDP/i, 'a datagram socket'],
  [/^Pipe/i, 'a pipe'],
  [/^(FS|FileHandle|StatWatcher)/i, 'a file'],
  [/^(GetAddrInfo|GetNameInfo|Query)/i, 'a name look-up'],
  [/^Process/i, 'another program'],
  [/^(Worker|MessagePort)/i, 'another thread'],
]
