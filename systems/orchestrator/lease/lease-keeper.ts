import type { Host, Nanos } from '../../../sim/host/seam.js'
import type { Session, SessionState } from '../storage/storage-api.js'
import { type LeaseEvent, type LeaseMachine, type LeaseState, leaseMachine } from './lease-machine.js'

/** What a lease is kept for. */
export interface Leased {
  readonly host: Host
  /** Null: no answer. */
  askStorage(method: 'openSession' | 'keepAlive', session: Session): Promise<{ readonly kind: SessionState } | null>
  happened(event: LeaseEvent): void
}

/** Drives the lease's Machine: gives it the clock and the storage's answers, and does what it says. */
export class LeaseKeeper {
  readonly #leased: Leased
  readonly #machine: LeaseMachine
  readonly #state: LeaseState

  constructor(leased: Leased, patience: Nanos) {
    this.#leased = leased
    this.#machine = leaseMachine(patience, leased.host.incarnation)
    this.#state = this.#machine.boot({ id: 1, peers: [] }, null).state
  }

  get session(): number | null {
    return this.#state.session
  }

  get isFed(): boolean {
    return this.#state.isFed
  }

  look(): void {
    this.#step({ kind: 'input', input: { kind: 'look', now: this.#now } })
  }

  end(why: string): void {
    this.#step({ kind: 'input', input: { kind: 'end', why } })
  }

  async keepAlive(): Promise<void> {
    const [effect] = this.#machine.step(this.#state, { kind: 'input', input: { kind: 'keep-alive', now: this.#now } })
    if (effect?.kind !== 'send' || effect.message.kind !== 'ask') return
    const { isNew, session, askedAt } = effect.message
    const answer = await this.#leased.askStorage(isNew ? 'openSession' : 'keepAlive', { machine: this.#leased.host.name, session })
    if (answer === null) return
    this.#step({ kind: 'message', from: effect.to, message: { kind: 'answer', isNew, session, askedAt, state: answer.kind } })
    this.look()
  }

  get #now(): Nanos {
    return this.#leased.host.clock.monotonic()
  }

  #step(event: Parameters<LeaseMachine['step']>[1]): void {
    for (const effect of this.#machine.step(this.#state, event)) if (effect.kind === 'emit') this.#leased.happened(effect.event)
  }
}
