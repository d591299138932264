import type { Clock, Nanos, Timer } from '../../sim/host/seam.js'
import { ProposalTimeout, Superseded } from './errors.js'

/** Proposals of this node that nobody knows the outcome of yet: by request until the core has taken them, by index from then on. */
export class Proposals {
  readonly #clock: Clock
  readonly #asked = new Map<number, Proposal>()
  readonly #appended = new Map<number, Proposal>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get count(): number {
    return this.#asked.size + this.#appended.size
  }

  ask(id: number, timeout: Nanos | undefined, resolve: (result: unknown) => void, reject: (error: Error) => void): void {
    const proposal: Proposal = { resolve, reject, index: 0, term: 0, timer: null }
    if (timeout !== undefined) proposal.timer = this.#clock.timer(timeout, () => this.#expire(id, proposal))
    this.#asked.set(id, proposal)
  }

  appended(id: number, index: number, term: number): void {
    const proposal = this.#asked.get(id)
    if (proposal === undefined) return
    this.#asked.delete(id)
    proposal.index = index
    proposal.term = term
    this.#appended.set(index, proposal)
  }

  refused(id: number, why: Error): void {
    const proposal = this.#asked.get(id)
    this.#asked.delete(id)
    proposal?.timer?.cancel()
    proposal?.reject(why)
  }

  /** The entry at `index` was applied: it is the proposal's only when the terms agree. */
  applied(index: number, term: number, result: unknown): void {
    const proposal = this.#appended.get(index)
    if (proposal === undefined) return
    this.#appended.delete(index)
    proposal.timer?.cancel()
    if (proposal.term === term) proposal.resolve(result)
    else proposal.reject(new Superseded(proposal.index, proposal.term))
  }

  /** This node leads no longer: later leaders decide what becomes of them. */
  supersede(): void {
    const proposals = [...this.#appended.values()]
    this.#appended.clear()
    for (const { timer, reject, index, term } of proposals) {
      timer?.cancel()
      reject(new Superseded(index, term))
    }
  }

  #expire(id: number, proposal: Proposal): void {
    this.#asked.delete(id)
    if (this.#appended.get(proposal.index) === proposal) this.#appended.delete(proposal.index)
    proposal.reject(new ProposalTimeout())
  }
}

interface Proposal {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  /** 0 until the core has taken it. */
  index: number
  term: number
  timer: Timer | null
}
