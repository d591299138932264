import type { Handlers, Host } from '../../../sim/host/seam.js'
import { protocol } from '../../../sim/run/scenario.js'

export interface Methods extends Record<string, { req: unknown; res: unknown }> {
  echo: { req: unknown; res: unknown }
  slow: { req: unknown; res: unknown }
  fail: { req: unknown; res: unknown }
}
export const Stream = protocol<Methods>('stream')
export const Loose = protocol<Methods>('loose', { transport: 'datagram' })
export const Other = protocol<Methods>('other')

export const handlers = (changes: Partial<Handlers<Methods>> = {}): Handlers<Methods> => ({
  echo: (value) => value,
  slow: (value) => value,
  fail: () => {
    throw new Error('it failed')
  },
  ...changes,
})

/** Serves for ever: answers are the other side's to see. */
export const serving = (changes?: Partial<Handlers<Methods>>) => async (host: Host) => {
  host.net.serve(Stream, handlers(changes))
  host.net.serve(Loose, handlers(changes))
}
