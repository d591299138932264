import { SeedfallError } from './errors.js'

/** What `host.exit` throws, so that nothing after it runs. Never caught by name: the simulator knows it. */
export class HostExit extends SeedfallError {
  readonly code = 'host-exit'
  constructor(readonly reason: string) {
    super(`the process exits: ${reason}`)
  }
}
