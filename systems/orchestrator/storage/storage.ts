import type { Host } from '../../../sim/host/seam.js'
import { leaveWhenAsked } from '../../raft/leave-when-asked.js'
import { Journal } from '../journal.js'
import { type StorageApi, storageApi } from './storage-api.js'
import { StorageState } from './storage-state.js'

/**
 * The block storage as a process: one host that all machines reach. It answers a request when what it did, and all that it has seen, is durable. Asked to stop, it
 * leaves when nothing is pending.
 */
export class Storage {
  private constructor(
    readonly state: StorageState,
    readonly journal: Journal,
  ) {}

  static async boot(host: Host): Promise<Storage> {
    host.mark('recovering')
    const state = new StorageState()
    const { compactAfterBytes } = { ...storageDefaults, ...(host.config as Partial<StorageConfig> | null) }
    const journal = await Journal.open(host, 'storage', state, compactAfterBytes)
    const storage = new Storage(state, journal)
    storage.#serve(host)
    leaveWhenAsked(host, () => journal.settled())
    return storage
  }

  #serve(host: Host): void {
    const { state, journal } = this
    /** Journals what may have changed something, and answers when that is durable. */
    const change =
      <K extends Parameters<StorageState['perform']>[0]>(method: K) =>
      async (request: StorageApi[K]['req']): Promise<StorageApi[K]['res']> => {
        const answer = state.perform(method, request)
        await journal.append({ method, request })
        return answer
      }
    host.net.serve(storageApi, {
      openSession: change('openSession'),
      closeSession: change('closeSession'),
      blocklist: change('blocklist'),
      open: change('open'),
      breakLock: change('breakLock'),
      release: change('release'),
      write: change('write'),
      remove: change('remove'),
      async keepAlive(session) {
        const kind = state.stateOf(session)
        await journal.settled()
        return { kind }
      },
      async sessionState(session) {
        const kind = state.stateOf(session)
        await journal.settled()
        return { kind }
      },
      async read(request) {
        const answer = state.read(request)
        await journal.settled()
        return answer
      },
      async images() {
        const names = [...state.images.keys()]
        await journal.settled()
        return names
      },
    })
  }
}

export interface StorageConfig {
  /** A journal larger than this is followed by a snapshot and a new one. */
  readonly compactAfterBytes: number
}
export const storageDefaults: StorageConfig = { compactAfterBytes: 1 << 20 }
