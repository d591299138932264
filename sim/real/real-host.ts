import { writeSync } from 'node:fs'
import { Misuse, SeedfallError } from '../host/errors.js'
import { HostExit } from '../host/exit.js'
import type { ObjectStore } from '../host/object-store.js'
import type { Host, HostName, Log, Nanos, Properties, Random } from '../host/seam.js'
import { exitCodes } from '../report/exit-code.js'
import { DataDirectory } from './data-directory.js'
import { JsonLog, type LogLevel } from './json-log.js'
import { OwnedObjectStore } from './owned-object-store.js'
import type { PeerAddress } from './peer-address.js'
import { RealClock } from './real-clock.js'
import { RealDisk } from './real-disk.js'
import { RealNet } from './real-net.js'
import { realRandom } from './real-random.js'
import { ReportedProperties } from './reported-properties.js'

export interface RealHostOptions {
  /** The system this host is part of: hosts of different ones do not listen to each other. */
  readonly cluster: string
  readonly role: string
  /** From 1. */
  readonly ordinal: number
  /** Where its typed protocols are served, and the address of its other sockets; without it the host only calls. Port 0: any that is free. */
  readonly listen?: PeerAddress
  /** The other hosts of the system, by name. */
  readonly peers?: Readonly<Record<HostName, PeerAddress>>
  /** Where it keeps its files and its incarnation: a directory of its own, made when it is missing. */
  readonly data: string
  readonly objects?: ObjectStore
  readonly config?: unknown
  /** Lines of JSON on standard error, from `info` on, when not given. */
  readonly log?: { readonly least?: LogLevel; readonly write?: (line: string) => void }
  /** A task or a handler failed and nobody was there to tell. Throws it where nothing catches it when not given, which ends the process. */
  readonly onCrash?: (crash: ProcessCrashed) => void
  /** `host.exit` was called. Ends the process when not given: with exit code 0 after `stopping`, with 7 otherwise. */
  readonly onExit?: (reason: string) => void
}

/** A process failed in a way that it did not foresee; `cause` is what was thrown. */
export class ProcessCrashed extends SeedfallError {
  readonly code = 'process-crashed'
}

/** The Host seam over this machine: its clocks, sockets and files. Several may live in one process of the machine. */
export class RealHost implements Host {
  readonly name: HostName
  readonly role: string
  readonly incarnation: number
  readonly config: unknown
  readonly peers: Readonly<Record<string, readonly HostName[]>>
  readonly clock: RealClock
  readonly random: Random
  readonly net: RealNet
  readonly disk: RealDisk
  readonly log: Log
  readonly check: Properties
  readonly #options: RealHostOptions
  readonly #directory: DataDirectory
  readonly #objects: ObjectStore | null
  readonly #stopping = new AbortController()
  readonly #tasks = new Set<Promise<void>>()
  #closed: Promise<void> | null = null

  private constructor(options: RealHostOptions, directory: DataDirectory, log: JsonLog, clock: RealClock, random: Random, net: RealNet) {
    this.#options = options
    this.#directory = directory
    this.name = nameOf(options)
    this.role = options.role
    this.incarnation = directory.incarnation
    this.config = options.config
    this.peers = peersOf([this.name, ...Object.keys(options.peers ?? {})])
    this.clock = clock
    this.random = random
    this.net = net
    this.disk = new RealDisk(directory.disk)
    this.log = log
    this.#objects = options.objects === undefined ? null : new OwnedObjectStore(options.objects, () => this.#closed !== null)
    this.check = new ReportedProperties(log)
  }

  /** Claims the data directory, then the address. Rejects with `DataDirectoryInUse`, or with the machine's error: EADDRINUSE, EACCES. */
  static async open(options: RealHostOptions): Promise<RealHost> {
    const name = nameOf(options)
    const addresses = new Map(Object.entries(options.peers ?? {}).filter(([peer]) => peer !== name))
    for (const peer of addresses.keys()) requireName(peer)
    const directory = await DataDirectory.claim(options.data)
    const log = new JsonLog(name, directory.incarnation, options.log?.write ?? toStandardError, options.log?.least)
    let host: RealHost | undefined
    const crash = (error: unknown, where: string) => host?.crash(error, where)
    const clock = new RealClock(crash)
    const random = realRandom()
    try {
      const net = await RealNet.open({ cluster: options.cluster, name, listen: options.listen, addresses, clock, random, log, crash })
      host = new RealHost(options, directory, log, clock, random, net)
      return host
    } catch (error) {
      clock.stop()
      await directory.release()
      throw error
    }
  }

  get objects(): ObjectStore {
    if (this.#objects === null) throw new Misuse(`${this.name} was given no object store`)
    return this.#objects
  }

  /** Aborted when a graceful stop was asked for. */
  get stopping(): AbortSignal {
    return this.#stopping.signal
  }

  spawn(name: string, task: () => Promise<void>): void {
    if (this.#closed !== null) return
    const run = new Promise<void>((resolve) => setImmediate(resolve))
      .then(() => (this.#closed === null ? task() : undefined))
      .catch((error: unknown) => this.crash(error, `in the task '${name}'`))
      .finally(() => this.#tasks.delete(run))
    this.#tasks.add(run)
  }

  /** The work itself takes its time here. */
  work(cost: Nanos): void {
    if (!Number.isInteger(cost) || cost < 0) throw new Misuse(`host.work(cost) takes an integer of nanoseconds from 0 on, not ${cost}`)
  }

  exit(reason: string): never {
    if (this.#closed === null) {
      this.log.warn('host.exit', { reason })
      const { onExit } = this.#options
      if (onExit !== undefined) onExit(reason)
      else process.exit(this.stopping.aborted ? exitCodes.passed : exitCodes.exited)
    }
    throw new HostExit(reason)
  }

  /** Nothing goes wrong on purpose here. */
  maybe(_site: string): boolean {
    return false
  }
  mark(_moment: string): void {}
  failpoint(_site: string): Promise<void> {
    return Promise.resolve()
  }

  /** The process failed in a way that it did not foresee. `host.exit` is none of these. */
  crash(error: unknown, where: string): void {
    if (error instanceof HostExit || this.#closed !== null) return
    const text = error instanceof Error ? error.message : String(error)
    const crash = new ProcessCrashed(`${this.name} crashed ${where}: ${text}`, { cause: error })
    const { onCrash } = this.#options
    if (onCrash !== undefined) onCrash(crash)
    else
      setImmediate(() => {
        throw crash
      })
  }

  /** Tells the process to stop, waits until its tasks and the requests it handles are done, at most `grace` nanoseconds, and closes the host. True: all was done. */
  async stop(grace: Nanos): Promise<boolean> {
    this.#stopping.abort()
    let timer: NodeJS.Timeout | undefined
    const isLate = new Promise<false>((resolve) => {
      timer = setTimeout(() => resolve(false), Math.ceil(grace / 1_000_000))
    })
    const isDone = await Promise.race([this.#idle(), isLate])
    clearTimeout(timer)
    await this.close()
    return isDone
  }

  /** The process is dead: no timer fires, no promise settles, sockets and files are closed, and the data directory is free. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #idle(): Promise<true> {
    // A request may start a task, and a task answer a request.
    do {
      await this.net.idle()
      await Promise.all(this.#tasks)
    } while (this.#tasks.size > 0)
    return true
  }

  async #close(): Promise<void> {
    this.clock.stop()
    await Promise.all([this.net.close(), this.disk.close()])
    await this.#directory.release()
  }
}

function nameOf({ role, ordinal }: RealHostOptions): HostName {
  if (!Number.isInteger(ordinal) || ordinal < 1) throw new Misuse(`a host's ordinal is an integer from 1 on, not ${ordinal}`)
  return `${role}-${ordinal}`
}

function requireName(name: HostName): void {
  if (!hostName.test(name)) throw new Misuse(`a host's name is its role and ordinal, such as replica-2, not '${name}'`)
}

const hostName = /^(.+)-([1-9]\d*)$/

/** By role, in the order of their ordinals: the same on every host. */
function peersOf(names: readonly HostName[]): Readonly<Record<string, readonly HostName[]>> {
  const byRole = new Map<string, Map<number, HostName>>()
  for (const name of names) {
    const [, role, ordinal] = hostName.exec(name) as unknown as [string, string, string]
    const hosts = byRole.get(role) ?? new Map<number, HostName>()
    byRole.set(role, hosts.set(Number(ordinal), name))
  }
  const sorted = [...byRole].sort(([a], [b]) => (a < b ? -1 : 1))
  const ordered = (hosts: Map<number, HostName>) => [...hosts].sort(([a], [b]) => a - b).map(([, name]) => name)
  return Object.freeze(Object.fromEntries(sorted.map(([role, hosts]) => [role, Object.freeze(ordered(hosts))])))
}

/** Written before the next line of the program runs: a process that dies at once has said why. */
function toStandardError(line: string): void {
  writeSync(2, `${line}\n`)
}
