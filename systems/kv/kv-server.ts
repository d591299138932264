/** A process that serves one store to others. */
import { RemoteError } from '../../sim/host/errors.js'
import type { Host } from '../../sim/host/seam.js'
import { protocol } from '../../sim/run/scenario.js'
import { leaveWhenAsked } from '../raft/leave-when-asked.js'
import type { BatchOperation } from './batch.js'
import { ExpiredTerm, KvError, type KvErrorCode } from './errors.js'
import { KvJournal } from './journal.js'
import { completeOptions, type GivenOptions } from './options.js'
import type { ScanOptions } from './reads.js'
import { type KvPartition, KvStore } from './store.js'

/** Keys and values are bytes; `partition` is the number of one of the table's. */
export type KvMethods = {
  read: { req: { partition: number; key: Uint8Array }; res: Uint8Array | null }
  floor: { req: { partition: number; key: Uint8Array }; res: KvPair | null }
  scan: { req: { partition: number } & ScanOptions; res: readonly KvPair[] }
  /** The same, so slowly that much else happens meanwhile: a rest between two entries, in nanoseconds. */
  'slow-scan': { req: { partition: number; pause: number } & ScanOptions; res: readonly KvPair[] }
  /** What an archive holds; of the name that `archive` answered, or of the latest. */
  'scan-archive': { req: { partition: number; archive?: string } & ScanOptions; res: readonly KvPair[] | null }
  write: { req: { partition: number; batch: readonly BatchOperation[] }; res: null }
  /** Writes entries that expire. */
  'write-for': { req: { partition: number; key: Uint8Array; value: Uint8Array; ttlMillis: number }; res: null }
  archive: { req: { partition: number }; res: string }
  /** Takes the partitions over from whoever owns them. */
  claim: { req: null; res: null }
}
export interface KvPair {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

export const kvApi = protocol<KvMethods>('kv')

export interface KvServerConfig {
  readonly store: GivenOptions
  readonly partitions: number
  /** For judges: what happens is kept until they take it. */
  readonly isObserved: boolean
}

const table = 'table'

/** The engine's code in an answer that is an error, if that is what it is. */
export function kvErrorCode(error: unknown): KvErrorCode | null {
  return error instanceof RemoteError && error.remoteCode !== undefined ? (error.remoteCode as KvErrorCode) : null
}

export class KvServer {
  readonly journal: KvJournal | null
  readonly #host: Host
  readonly #config: KvServerConfig
  #store: KvStore | null = null
  #claiming: Promise<null> | null = null

  private constructor(host: Host) {
    this.#host = host
    this.#config = { store: {}, partitions: 1, isObserved: false, ...(host.config as Partial<KvServerConfig> | undefined) }
    this.journal = this.#config.isObserved ? new KvJournal() : null
  }

  /** `host.config` is a `Partial<KvServerConfig>`. What cannot be opened now is tried again when it is asked for. */
  static async boot(host: Host): Promise<KvServer> {
    const server = new KvServer(host)
    host.mark('recovering')
    if (server.#config.store.cloud == null) await server.#open()
    server.#serve()
    return server
  }

  /** null while it owns nothing. */
  get store(): KvStore | null {
    return this.#store
  }

  get partitions(): readonly KvPartition[] {
    return this.#store?.partitions ?? []
  }

  async #open(): Promise<void> {
    const { store, partitions } = this.#config
    const opened = new KvStore(this.#host, completeOptions({ ...store, journal: this.journal }))
    this.#store = opened
    for (let number = 0; number < partitions; number++) {
      try {
        await opened.partition(table, number)
      } catch (error) {
        if (!(error instanceof KvError)) throw error
        this.#host.log.warn('kv.open', { partition: number, error: error.message })
      }
    }
    opened.startUpkeep()
  }

  #serve(): void {
    const host = this.#host
    const collect = async (found: AsyncGenerator<KvPair>): Promise<KvPair[]> => {
      const pairs: KvPair[] = []
      for await (const { key, value } of found) pairs.push({ key, value })
      return pairs
    }
    // With a cloud tier another owner may have gone on meanwhile.
    const isShared = this.#config.store.cloud != null
    host.net.serve(kvApi, {
      read: async ({ partition: number, key }) => {
        const partition = await this.#partition(number)
        const found = isShared ? await partition.readLatest((snapshot) => snapshot.read(key)) : await partition.read(key)
        return found?.value ?? null
      },
      floor: async ({ partition: number, key }) => {
        const found = await (await this.#partition(number)).readLatest((snapshot) => snapshot.floor(key))
        return found === null ? null : { key: found.key, value: found.value }
      },
      scan: async ({ partition: number, ...options }) => (await this.#partition(number)).readLatest((snapshot) => collect(snapshot.scan(options))),
      'slow-scan': async ({ partition: number, pause, ...options }) => {
        const partition = await this.#partition(number)
        const pairs: KvPair[] = []
        for await (const { key, value } of partition.scan(options)) {
          pairs.push({ key, value })
          await host.clock.sleep(pause)
        }
        return pairs
      },
      'scan-archive': async ({ partition: number, archive, ...options }) => {
        const partition = await this.#partition(number)
        const name = archive ?? partition.archives().at(-1)
        return name === undefined ? null : collect((await partition.openArchive(name)).scan(options))
      },
      write: async ({ partition, batch }) => {
        await (await this.#partition(partition)).batchWrite(batch)
        host.mark('acknowledged')
        return null
      },
      'write-for': async ({ partition, key, value, ttlMillis }) => {
        await (await this.#partition(partition)).write(key, value, { ttlMillis })
        return null
      },
      archive: async ({ partition }) => (await this.#partition(partition)).archive(),
      claim: () => {
        this.#claiming ??= this.#claim().finally(() => {
          this.#claiming = null
        })
        return this.#claiming
      },
    })
    leaveWhenAsked(host, () => this.#store?.close() ?? Promise.resolve())
  }

  async #claim(): Promise<null> {
    await this.#store?.close()
    await this.#open()
    return null
  }

  async #partition(number: number): Promise<KvPartition> {
    if (this.#store === null) throw new ExpiredTerm(table, 0)
    return this.#store.partition(table, number)
  }
}
