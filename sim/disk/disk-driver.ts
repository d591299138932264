import type { Nanos } from '../host/seam.js'
import { dice, fold, type Key } from '../kernel/mix.js'
import { type DeviceModel, type LatencyRange, latency } from './device-model.js'
import type { DiskFaults, DiskSite } from './disk-faults.js'
import type { DiskHost } from './disk-host.js'
import type { DiskImage } from './disk-image.js'
import { operationNumbers } from './disk-operation.js'
import type { DiskRequest, Order } from './disk-request.js'
import type { FileInode } from './file-inode.js'

/** Turns requests into completions some time later: latencies, the device's queue, faults. One incarnation's; dies with it. */
export class DiskDriver {
  readonly nameOrder: Order = { until: 0 }
  #issued = 0
  #inFlight = 0
  /** Requests that found the device's queue full, from `#waitingFrom` on. */
  #waiting: DiskRequest<unknown>[] = []
  #waitingFrom = 0
  /** One executor for all promises: a closure a request would cost as much as the promise. It leaves in `resolve` and `reject` what the newest one settles by. */
  readonly capture = (resolve: (value: never) => void, reject: (error: unknown) => void): void => {
    this.resolve = resolve as (value: unknown) => void
    this.reject = reject
  }
  resolve!: (value: unknown) => void
  reject!: (error: unknown) => void
  readonly #fileOrders = new WeakMap<FileInode, Order>()

  constructor(
    readonly host: DiskHost,
    readonly image: DiskImage,
    readonly model: DeviceModel,
    /** Of the latencies. */
    public key: Key,
    readonly faults: DiskFaults | null,
  ) {}

  /** `offset` and `length`: the bytes it is about, for faults; `hash` covers all of its arguments, for the trace. */
  issue<T>(request: DiskRequest<T>, site: DiskSite | null, range: LatencyRange, offset: number, length: number, hash: number): Promise<T> {
    const { host, model, faults } = this
    host.fold(fold(hash, (operationNumbers[request.operation] << 24) ^ length))
    let delay = latency(model, range, length, dice(this.key, this.#issued++))
    if (faults !== null && site !== null) {
      const strike = faults.strike(site, request.operation, host.now, offset, length, request)
      if (strike !== null) {
        delay = delay * strike.times + strike.plus
        request.failure = strike.failure
      }
    }
    request.delay = delay
    if (this.#inFlight < model.queueDepth) this.#start(request)
    else this.#waiting.push(request as DiskRequest<unknown>)
    return request.promise
  }

  /** A request has completed: the next may start. */
  release(): void {
    this.#inFlight--
    if (this.#waitingFrom === this.#waiting.length) return
    const next = this.#waiting[this.#waitingFrom++] as DiskRequest<unknown>
    if (this.#waitingFrom === this.#waiting.length) {
      this.#waiting = []
      this.#waitingFrom = 0
    }
    this.#start(next)
  }

  /** Writes to one file take effect in the order of their issue, whichever handle they go through. */
  fileOrder(file: FileInode): Order {
    let order = this.#fileOrders.get(file)
    if (order === undefined) {
      order = { until: 0 }
      this.#fileOrders.set(file, order)
    }
    return order
  }

  #start<T>(request: DiskRequest<T>): void {
    const { now } = this.host
    let end: Nanos = now + request.delay
    if (request.order !== null) {
      if (end < request.order.until) end = request.order.until
      request.order.until = end
    }
    this.#inFlight++
    this.host.later(end - now, request)
  }
}
