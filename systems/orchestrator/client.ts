import { ms } from '../../sim/host/durations.js'
import { NetError } from '../../sim/host/errors.js'
import type { Host, HostName, Nanos } from '../../sim/host/seam.js'
import type { CommandResult } from './control/commands.js'
import { type ControlAnswer, type ControlApi, controlApi, type Order } from './control/control-api.js'

/** What a request came to. `unknown`: it may have been done, or may be done yet. `undone`: it certainly was not. */
export type Asked<Result> = { readonly kind: 'ok'; readonly result: Result } | { readonly kind: 'unknown' } | { readonly kind: 'undone' }

/** A client of the control plane, on a simulated host or a real one: it looks for the leader, and asks again until it is answered or out of patience. */
export class OrchestratorClient {
  readonly #host: Host
  readonly #members: readonly HostName[]
  #leader: HostName | null = null
  #orders = 0

  constructor(host: Host, members: readonly HostName[] = host.peers.control ?? []) {
    this.#host = host
    this.#members = members
  }

  /** Asked again under the same key, so that it is done once. */
  order(order: Order, options: { readonly key?: string; readonly patience?: Nanos } = {}): Promise<Asked<CommandResult>> {
    const key = options.key ?? `${this.#host.name}/${this.#host.incarnation}/${++this.#orders}`
    return this.ask('order', { key, order }, options.patience)
  }

  async ask<K extends keyof ControlApi>(
    method: K,
    request: ControlApi[K]['req'],
    patience: Nanos = ms(4_000),
  ): Promise<ControlApi[K]['res'] extends ControlAnswer<infer Result> ? Asked<Result> : never> {
    type Result = ControlApi[K]['res'] extends ControlAnswer<infer R> ? Asked<R> : never
    const { clock, net, random } = this.#host
    const deadline = clock.monotonic() + patience
    let isUncertain = false
    while (clock.monotonic() < deadline) {
      const to = this.#leader ?? random.pick(this.#members)
      try {
        const answer = (await net.call(controlApi, to, method, request, { timeout: callPatience })) as ControlAnswer<unknown>
        if (answer.kind === 'ok') {
          this.#leader = to
          return answer as Result
        }
        if (answer.kind === 'unknown') isUncertain = true
        const next = answer.kind === 'not-leader' ? answer.leader : undefined
        this.#leader = next !== undefined && next !== to ? next : null
        if (this.#leader !== null) continue
      } catch (error) {
        if (!(error instanceof NetError)) throw error
        if (error.code !== 'refused') isUncertain = true
        this.#leader = null
      }
      await clock.sleep(retryPause + random.int(retryPause))
    }
    return { kind: isUncertain ? 'unknown' : 'undone' } as Result
  }
}

const callPatience = ms(800)
const retryPause = ms(20)
