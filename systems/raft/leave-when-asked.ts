import { DiskError } from '../../sim/host/errors.js'
import type { Host } from '../../sim/host/seam.js'

/** When the process is asked to stop (`host.stopping`), ends what is under way and leaves. `end` is called once; a disk that fails it ends the process too. */
export function leaveWhenAsked(host: Host, end: () => Promise<void>): void {
  const leave = (): void =>
    host.spawn('stop', async () => {
      try {
        await end()
      } catch (error) {
        if (error instanceof DiskError) host.exit(`could not stop in order: ${error.message}`)
        throw error
      }
      host.check.reachable('stops in order when it is asked to')
      host.exit('was asked to stop')
    })
  if (host.stopping.aborted) leave()
  else host.stopping.addEventListener('abort', leave, { once: true })
}
