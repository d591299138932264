import { ms } from '../../sim/host/durations.js'
import { NetError } from '../../sim/host/errors.js'
import type { Host, HostName, Nanos } from '../../sim/host/seam.js'
import { type BrokerApi, brokerApi } from './api.js'
import { isRetriable, type Refusal, refusal } from './errors.js'

export interface DirectoryOptions {
  /** Of one request; the answer's own waiting comes on top. */
  readonly requestTimeout: Nanos
  /** The pause after a failure is drawn between half of it and all; it doubles up to the last. */
  readonly firstBackoff: Nanos
  readonly lastBackoff: Nanos
}
export const directoryDefaults: DirectoryOptions = { requestTimeout: ms(500), firstBackoff: ms(5), lastBackoff: ms(200) }

/** Whom a request goes to: the leader of a partition, or the controller. */
export type Destination = { readonly kind: 'partition'; readonly topic: string; readonly partition: number } | { readonly kind: 'controller' }

/** What an attempt came to, and whether any attempt may have been carried out without our knowing. */
export interface Asked<Answer> {
  readonly answer: Answer | Refusal
  readonly uncertain: boolean
}

/** A client's knowledge of who leads what: from metadata, redirects and failures. */
export class LeaderDirectory {
  readonly #host: Host
  readonly #brokers: readonly HostName[]
  readonly #options: DirectoryOptions
  readonly #leaders = new Map<string, HostName>()

  constructor(host: Host, brokers: readonly HostName[], options: Partial<DirectoryOptions> = {}) {
    this.#host = host
    this.#brokers = brokers
    this.#options = { ...directoryDefaults, ...options }
  }

  /**
   * Asks whoever leads, again after redirects, failures and pauses, until the answer is final or the deadline (monotonic time) has passed; then
   * REQUEST_TIMED_OUT. `patience` is how long the broker may hold back its answer. `again` may call further refusals of an attempt
   * sent at some time retriable.
   */
  async ask<K extends keyof BrokerApi & string>(
    destination: Destination,
    method: K,
    request: BrokerApi[K]['req'],
    deadline: Nanos,
    options: { readonly patience?: Nanos; readonly again?: (refused: Refusal, sentAt: Nanos) => boolean } = {},
  ): Promise<Asked<Exclude<BrokerApi[K]['res'], Refusal>>> {
    const { clock, net } = this.#host
    const key = keyOf(destination)
    let uncertain = false
    for (let attempt = 0; clock.monotonic() < deadline; attempt++) {
      const broker = this.#leaders.get(key) ?? (await this.#discover(key))
      if (broker !== undefined) {
        const sentAt = clock.monotonic()
        try {
          const timeout = this.#options.requestTimeout + (options.patience ?? 0)
          const answer = (await net.call(brokerApi, broker, method, request, { timeout })) as Exclude<BrokerApi[K]['res'], Refusal> | Refusal
          if (!isRefusal(answer)) return { answer, uncertain }
          if (!isRetriable(answer.error) && options.again?.(answer, sentAt) !== true) return { answer, uncertain }
          if (answer.error === 'REQUEST_TIMED_OUT' || answer.error === 'NOT_ENOUGH_REPLICAS_AFTER_APPEND') uncertain = true
          if (this.#redirected(key, broker, answer) && attempt < 3) continue
        } catch (error) {
          if (!(error instanceof NetError)) throw error
          if (error.code !== 'refused') uncertain = true
          this.#leaders.delete(key)
        }
      }
      await this.#backOff(attempt)
    }
    return { answer: refusal('REQUEST_TIMED_OUT'), uncertain }
  }

  /** Whether there is a new place to ask at once. */
  #redirected(key: string, broker: HostName, refused: Refusal): boolean {
    if (refused.error !== 'NOT_LEADER_OR_FOLLOWER' && refused.error !== 'NOT_COORDINATOR') return false
    if (refused.leader === undefined || refused.leader === broker) {
      this.#leaders.delete(key)
      return false
    }
    this.#leaders.set(key, refused.leader)
    return true
  }

  /** Asks any broker for metadata; undefined: it does not know either, or did not answer. */
  async #discover(key: string): Promise<HostName | undefined> {
    const { net, random } = this.#host
    try {
      const metadata = await net.call(brokerApi, random.pick(this.#brokers), 'metadata', { topics: null }, { timeout: this.#options.requestTimeout })
      for (const { topic, partitions } of metadata.topics) {
        for (const { partition, leader } of partitions) this.#learn(keyOf({ kind: 'partition', topic, partition }), leader)
      }
      this.#learn(keyOf({ kind: 'controller' }), metadata.controller)
    } catch (error) {
      if (!(error instanceof NetError)) throw error
    }
    return this.#leaders.get(key)
  }

  /** What requests and redirects told of other partitions is fresher than a bystander's view. */
  #learn(key: string, leader: HostName | null): void {
    if (leader !== null && !this.#leaders.has(key)) this.#leaders.set(key, leader)
  }

  #backOff(attempt: number): Promise<void> {
    const { firstBackoff, lastBackoff } = this.#options
    const pause = Math.min(lastBackoff, firstBackoff * 2 ** Math.min(attempt, 20))
    return this.#host.clock.sleep(Math.floor(pause / 2) + this.#host.random.int(Math.floor(pause / 2) + 1))
  }
}

function keyOf(destination: Destination): string {
  return destination.kind === 'controller' ? 'controller' : `${destination.topic}-${destination.partition}`
}

function isRefusal(answer: { readonly kind: string }): answer is Refusal {
  return answer.kind === 'error'
}
