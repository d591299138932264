import type { Nanos } from '../host/seam.js'
import type { EventHost, EventLife } from '../kernel/event.js'
import type { Handler } from './handler.js'
import type { PendingCall } from './pending-call.js'
import type { SocketTable } from './socket-table.js'

/** What the network needs of a machine. */
export interface Endpoint extends EventHost {
  readonly name: string
  readonly role: string
  /** False after a power loss, until it is back: then there is nobody to refuse a packet. */
  readonly isPowered: boolean
  /** The process that packets reach now; null while there is none. */
  readonly receiver: Receiver | null
  readonly sockets: SocketTable
  /** How much true time passes while the machine's clock counts `delay`. */
  trueDelay(delay: Nanos): Nanos
}

/** One life of a process, as packets see it. */
export interface Receiver extends EventLife {
  /** Handlers by message type. */
  readonly handlers: (Handler | undefined)[]
  handlerOf(typeId: number, protocol: string, method: string): Handler | undefined
  /** Calls whose handler has not answered yet. */
  inService: PendingCall | null
  /** Counts an effect; false from the crash point on. */
  effect(): boolean
}
