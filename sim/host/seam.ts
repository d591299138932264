/**
 * The Host seam: everything that a process may touch, and nothing else. The same process runs on a simulated host and on a real one.
 *
 * Times are integer nanoseconds unless a name says otherwise.
 */

import type { ObjectStore } from './object-store.js'

export type Nanos = number
/** Role and ordinal: `'replica-1'`. */
export type HostName = string

export interface Host {
  readonly name: HostName
  readonly role: string
  /** 1 at first boot, one more at every restart. */
  readonly incarnation: number
  /** What the scenario gives this host. */
  readonly config: unknown
  /** Host names by role, self included. */
  readonly peers: Readonly<Record<string, readonly HostName[]>>
  readonly clock: Clock
  /** Keyed by (seed, host, incarnation). */
  readonly random: Random
  readonly net: Net
  readonly disk: Disk
  /** Throws `Misuse` where there is none: a scenario says with `objects` that there is. */
  readonly objects: ObjectStore
  readonly log: Log
  readonly check: Properties
  /** Aborted when the process is asked to stop (an upgrade, fewer hosts): end what is under way, then `exit`. Who takes too long is killed. */
  readonly stopping: AbortSignal
  /** Starts a task beside the current one. A rejection ends the run as `crashed`. */
  spawn(name: string, task: () => Promise<void>): void
  /** CPU this step takes beyond the model's default; delays the host's next step. */
  work(cost: Nanos): void
  /** A legal death (an fsync that failed): the host goes down and restarts by the plan. Throws, so nothing after it runs. */
  exit(reason: string): never
  /** A moment that a nemesis may aim at: `'acknowledged'`, `'recovering'`. */
  mark(moment: string): void
  /** Whether to take a rare but correct path here (FoundationDB's BUGGIFY): a small batch, an early flush. Always false on a real host. */
  maybe(site: string): boolean
  /**
   * A place that may take long, never return, or reject with one of the errors that it names (only those that the code around it deals with).
   * Does nothing on a real host.
   */
  failpoint(site: string, errors?: FailpointErrors): Promise<void>
}

/** Errors by the names that a fault plan calls them by: `{ EIO: () => new DiskError('EIO', 'sync', path) }`. */
export type FailpointErrors = Readonly<Record<string, () => Error>>

export interface Clock {
  /** Never goes back. */
  monotonic(): Nanos
  wallMillis(): number
  sleep(delay: Nanos, options?: { signal?: AbortSignal }): Promise<void>
  timer(delay: Nanos, fire: () => void): Timer
  /** `period` must be positive. */
  every(period: Nanos, fire: () => void): Timer
}
export interface Timer {
  cancel(): void
}

export interface Random {
  u32(): number
  /** In [0, 1). */
  float(): number
  /** An integer in [0, below); `below` is an integer in [1, 2^32]. */
  int(below: number): number
  chance(odds: { in: number; of: number }): boolean
  pick<T>(items: readonly T[]): T
  /** A new array; the argument is left as it was. */
  shuffle<T>(items: readonly T[]): T[]
}

// ---------------------------------------------------------------- network

/**
 * A typed protocol: named methods with requests and answers.
 * `stream`: loss is delay, corruption is a reset, order holds. `datagram`: anything may happen.
 */
export interface Protocol<M extends Methods> {
  readonly name: string
  readonly transport: 'stream' | 'datagram'
  /** Carries the type only. */
  readonly methods?: M
}
export type Methods = Record<string, { req: unknown; res: unknown }>
export type Handlers<M extends Methods> = {
  [K in keyof M]: (request: M[K]['req'], from: HostName) => M[K]['res'] | Promise<M[K]['res']>
}
export interface CallOptions {
  /** 5 s when not given. */
  timeout?: Nanos
  signal?: AbortSignal
}
export interface Net extends Sockets {
  /** A handler that rejects answers its caller with a `RemoteError`. */
  serve<M extends Methods>(protocol: Protocol<M>, handlers: Handlers<M>): Closable
  /** Rejects with a `NetError`; only `refused` says for certain that the request was never handled. */
  call<M extends Methods, K extends keyof M & string>(
    protocol: Protocol<M>,
    to: HostName,
    method: K,
    request: M[K]['req'],
    options?: CallOptions,
  ): Promise<M[K]['res']>
  /** One way: no answer, no error. */
  send<M extends Methods, K extends keyof M & string>(protocol: Protocol<M>, to: HostName, method: K, message: M[K]['req']): void
}
export interface Closable {
  close(): void
}

/**
 * Byte streams and datagrams between ports of hosts, as TCP and UDP carry them. Ports are integers from 1 to 65,535.
 * Bytes are copied when they are handed over: sender and receiver may change theirs at once.
 */
export interface Sockets {
  /**
   * Connections to this port are given to `accept` once they are established. Port 0: any that is free.
   * Rejects with the `NetError` `in-use` while this host listens there.
   */
  listen(port: number, accept: (connection: Connection) => void): Promise<Listener>
  /** Rejects with a `NetError`: `refused` (nobody listens there), `timeout` (nothing answers), `aborted`. */
  connect(to: HostName, port: number, options?: ConnectOptions): Promise<Connection>
  /** Rejects with the `NetError` `in-use` while this host has a datagram socket there. Port 0: any that is free. */
  datagrams(port: number): Promise<DatagramSocket>
}
export interface ConnectOptions {
  /** 5 s when not given. */
  timeout?: Nanos
  signal?: AbortSignal
}
export interface Listener extends Closable {
  readonly port: number
}
export interface Address {
  readonly host: HostName
  readonly port: number
}

/**
 * One end of a byte stream. What one side reads is a prefix of what the other wrote, and all of it once it reads the end.
 *
 * An end that failed says why from then on, as a `NetError`: `reset` (the other side's process closed with bytes unread, or is gone),
 * `timeout` (what was written, or a keep-alive, was not answered for too long), `closed` (this side called `close`).
 */
export interface Connection extends Closable {
  readonly local: Address
  readonly remote: Address
  /** At least one byte, in pieces that need not be those that were written; null: the other side ended. Several reads are answered in their order. */
  read(): Promise<Uint8Array | null>
  /** Settles when all of it is in the send buffer: that says nothing of its arrival. Rejects when the connection fails first, and after `end`. */
  write(bytes: Uint8Array): Promise<void>
  /** No more writes: the other side reads null after the last byte. Reading goes on. */
  end(): void
  /** Both directions end. What is in the send buffer still goes out; with bytes unread it is a reset, which may take them along. */
  close(): void
  /** Asks the other side for a sign of life after `idle` nanoseconds without one, then every second; ten unanswered are a `timeout`. null: never (at first). */
  keepAlive(idle: Nanos | null): void
}

export interface DatagramSocket extends Closable {
  readonly port: number
  /** May be lost, repeated, reordered or altered on its way. Throws a `NetError`: `too-large` above 65,507 bytes, `closed`. */
  send(to: HostName, port: number, bytes: Uint8Array): void
  /** Rejects with `closed` once the socket is closed. */
  receive(): Promise<Datagram>
}
export interface Datagram {
  readonly from: HostName
  /** The sender's. */
  readonly port: number
  readonly bytes: Uint8Array
}

// ---------------------------------------------------------------- storage

/** Paths are relative, parts joined by `/`. Every method rejects with a `DiskError` when the disk says no. */
export interface Disk {
  open(path: string, options?: OpenOptions): Promise<File>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Names (not paths) in the directory, sorted by code unit. */
  list(directory: string): Promise<string[]>
  /** With its parents; no error when it exists. */
  makeDirectory(path: string): Promise<void>
  syncDirectory(path: string): Promise<void>
  stat(path: string): Promise<{ size: number } | null>
  /** null: no such file. */
  readFile(path: string): Promise<Uint8Array | null>
  /** Opens, creates when missing, appends, closes; not durable. */
  append(path: string, bytes: Uint8Array): Promise<void>
  /** The file and, when its name is new, its directory. */
  sync(path: string): Promise<void>
  /** Write new, sync, rename, sync directory: after it, old or new, never a mix. */
  replace(path: string, bytes: Uint8Array): Promise<void>
}
export interface OpenOptions {
  create?: boolean
  /** With `create`: fails with EEXIST when it exists. */
  exclusive?: boolean
  truncate?: boolean
}
export interface File extends Closable {
  readonly path: string
  /** Short only at the end of the file. */
  readAt(offset: number, length: number): Promise<Uint8Array>
  /** Into the page cache; not durable. */
  writeAt(offset: number, bytes: Uint8Array): Promise<void>
  /** Answers the offset it went to. */
  append(bytes: Uint8Array): Promise<number>
  truncate(size: number): Promise<void>
  /** Data and size durable; a new file's name needs `syncDirectory` too. */
  sync(): Promise<void>
  size(): number
}

/** What a power loss right now is sure to leave: synced bytes under synced names. Reading it takes no virtual time. */
export interface DurableView {
  /** Rises with every change to what is durable on this host: look again only when it did. */
  readonly changes: number
  /** What the last of these changes was about: a file's bytes, or null: names, or more than one file. */
  readonly lastChanged: DurableFile | null
  read(path: string): Uint8Array | null
  /** Bytes of a file from `offset` on, null when there is no such file: for followers of a growing log. */
  readFrom(path: string, offset: number): Uint8Array | null
  size(path: string): number | null
  list(directory: string): string[]
  /** The file under a durable name, the same object as long as the name stands for it; null when there is none. */
  file(path: string): DurableFile | null
}
export interface DurableFile {
  readonly durableSize: number
  /** Durable bytes from `offset` on, to be looked at only: valid until the disk changes. */
  viewDurable(offset: number): Uint8Array
}

// ---------------------------------------------------------------- observation

export interface Log {
  debug(event: string, fields?: object): void
  info(event: string, fields?: object): void
  warn(event: string, fields?: object): void
}
export interface Properties {
  always(name: string, holds: boolean, detail?: object): void
  sometimes(name: string, holds?: boolean): void
  reachable(name: string): void
  unreachable(name: string, detail?: object): void
}
