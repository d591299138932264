import { Misuse } from '../host/errors.js'
import { HostExit } from '../host/exit.js'
import type { Closable, HostName } from '../host/seam.js'
import { takeValue, type WireMessage } from './wire.js'

type Handler = (request: unknown, from: HostName) => unknown
type Incoming = Extract<WireMessage, { kind: 'request' | 'one-way' }>

/** The protocols that one host serves, and the requests that are being handled. */
export class Services {
  readonly #host: HostName
  readonly #crash: (error: unknown, where: string) => void
  readonly #served = new Map<string, Readonly<Record<string, unknown>>>()
  #underWay = 0
  readonly #waiting: (() => void)[] = []

  /** `crash`: a handler of a one-way message threw or rejected; there is no caller to tell. */
  constructor(host: HostName, crash: (error: unknown, where: string) => void) {
    this.#host = host
    this.#crash = crash
  }

  /** Settles once no request waits for its answer. */
  async idle(): Promise<void> {
    while (this.#underWay > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  serve(protocol: string, handlers: object): Closable {
    if (this.#served.has(protocol)) throw new Misuse(`${this.#host} already serves ${protocol}`)
    const served = handlers as Readonly<Record<string, unknown>>
    this.#served.set(protocol, served)
    return {
      close: () => {
        if (this.#served.get(protocol) === served) this.#served.delete(protocol)
      },
    }
  }

  /** Calls the handler; `answer` is called with what its caller is to hear, at once or later, and never for a one-way message. */
  handle(message: Incoming, from: HostName, answer: (reply: WireMessage) => void): void {
    const owner = this.#served.get(message.protocol)
    const handle = owner?.[message.method]
    // What every object has, `toString`, nobody serves.
    if (typeof handle !== 'function' || handle === (Object.prototype as unknown as Record<string, unknown>)[message.method]) {
      if (message.kind === 'request') answer({ kind: 'refusal', id: message.id })
      return
    }
    if (message.kind === 'one-way') this.#run(owner, handle as Handler, message, from)
    else this.#answer(owner, handle as Handler, message, from, answer)
  }

  #run(owner: unknown, handle: Handler, message: Incoming, from: HostName): void {
    const where = `in the handler of ${message.protocol}.${message.method} from ${from}`
    try {
      const result = handle.call(owner, message.body, from)
      if (isThenable(result)) result.then(undefined, (error: unknown) => this.#crash(error, where))
    } catch (error) {
      this.#crash(error, where)
    }
  }

  async #answer(
    owner: unknown,
    handle: Handler,
    { id, protocol, method, body }: Extract<Incoming, { kind: 'request' }>,
    from: HostName,
    answer: (reply: WireMessage) => void,
  ): Promise<void> {
    this.#underWay++
    try {
      const result = handle.call(owner, body, from)
      const value = isThenable(result) ? await result : result
      answer({ kind: 'answer', id, value: takeValue(value) })
    } catch (error) {
      if (error instanceof HostExit) return
      const thrown = error as { message?: unknown; code?: unknown } | null
      const text = typeof thrown?.message === 'string' ? thrown.message : String(error)
      const code = typeof thrown?.code === 'string' ? thrown.code : undefined
      answer({ kind: 'error', id, message: `${protocol}.${method} on ${this.#host}: ${text}`, code })
    } finally {
      if (--this.#underWay === 0) for (const resolve of this.#waiting.splice(0)) resolve()
    }
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
