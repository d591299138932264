import { Misuse } from '../../sim/host/errors.js'

/** A read answered by this node: the how-manieth it was asked for, and up to where the state machine had applied. */
export interface AnsweredRead {
  readonly ordinal: number
  readonly applied: number
}

/** Linearizable reads of this node: first they wait for the core's word from where on they may be served, then for the state machine to get there. */
export class PendingReads {
  /** So far, for those who look on. */
  asked = 0
  answered = 0
  /** Confirmed by the leader's lease. */
  byLease = 0
  readonly #recent: AnsweredRead[] = []
  readonly #unconfirmed = new Map<number, PendingRead>()
  #confirmed: { readonly index: number; readonly read: PendingRead }[] = []

  get count(): number {
    return this.#unconfirmed.size + this.#confirmed.length
  }

  /** The answer before which `answered` was `number`; only the last few are kept. */
  recent(number: number): AnsweredRead | undefined {
    return number < this.answered - answeredReadsKept ? undefined : this.#recent[number % answeredReadsKept]
  }

  ask(id: number, resolve: () => void, reject: (error: Error) => void): void {
    this.#unconfirmed.set(id, { ordinal: ++this.asked, resolve, reject })
  }

  refused(id: number, why: Error): void {
    this.#take(id).reject(why)
  }

  /** The read may be served once `index` is applied; `applied` is. */
  confirmed(id: number, index: number, applied: number, isByLease: boolean): void {
    const read = this.#take(id)
    if (isByLease) this.byLease++
    if (applied >= index) this.#answer(read, applied)
    else this.#confirmed.push({ index, read })
  }

  applied(applied: number): void {
    if (this.#confirmed.length === 0) return
    const waiting = this.#confirmed.filter(({ index }) => index > applied)
    if (waiting.length === this.#confirmed.length) return
    for (const { index, read } of this.#confirmed) if (index <= applied) this.#answer(read, applied)
    this.#confirmed = waiting
  }

  #answer({ ordinal, resolve }: PendingRead, applied: number): void {
    this.#recent[this.answered++ % answeredReadsKept] = { ordinal, applied }
    resolve()
  }

  #take(id: number): PendingRead {
    const read = this.#unconfirmed.get(id)
    if (read === undefined) throw new Misuse(`the core answers a read ${id} that nobody asked for`)
    this.#unconfirmed.delete(id)
    return read
  }
}

const answeredReadsKept = 64

interface PendingRead {
  readonly ordinal: number
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}
