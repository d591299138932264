import type { HostName } from '../host/seam.js'
import type { EventLife } from '../kernel/event.js'

/** One life of a process, as its sockets know it. */
export interface SocketLife extends EventLife {
  readonly name: HostName
  /** Counts an effect; false from the crash point on. */
  effect(): boolean
}
