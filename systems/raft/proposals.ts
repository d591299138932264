import type { Clock, Nanos, Timer } from '../../sim/host/seam.js'
import { ProposalTimeout, Superseded } from './errors.js'

/** Proposals of this node that nobody knows the outcome of yet: by request until they are known to be in the leader's log, by index from then on. */
export class Proposals {
  readonly #clock: Clock
  readonly #asked = new Map<number, Proposal>()
  readonly #appended = new Map<number, Proposal>()
  /** All up to here is applied. */
  #applied = 0
  /** Of entries that were applied while a proposal was handed on whose index is not known yet: the answer may come later than the entry. */
  readonly #results = new Map<number, { readonly term: number; readonly result: unknown }>()

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
    const proposal = this.#take(id)
    if (proposal === undefined) return
    proposal.index = index
    proposal.term = term
    if (index <= this.#applied) this.#settle(proposal, this.#results.get(index))
    else this.#appended.set(index, proposal)
  }

  refused(id: number, why: Error): void {
    const proposal = this.#take(id)
    proposal?.timer?.cancel()
    proposal?.reject(why)
  }

  /** It was handed on to the leader of `term`, and what became of it will not be known. */
  lost(id: number, term: number): void {
    this.refused(id, new Superseded(null, term))
  }

  /** The entry at `index` was applied: it is the proposal's only when the terms agree. */
  applied(index: number, term: number, result: unknown): void {
    this.#applied = index
    if (this.#asked.size > 0) this.#keep(index, term, result)
    else if (this.#results.size > 0) this.#results.clear()
    const proposal = this.#appended.get(index)
    if (proposal === undefined) return
    this.#appended.delete(index)
    this.#settle(proposal, { term, result })
  }

  /** A snapshot took the place of all up to `index`: what became of one entry cannot be seen in it. */
  skipped(index: number): void {
    this.#applied = index
    for (const [place, proposal] of this.#appended) {
      if (place > index) continue
      this.#appended.delete(place)
      this.#settle(proposal, undefined)
    }
  }

  /** The leader that took them leads no longer: later leaders decide what becomes of them. */
  supersede(): void {
    const proposals = [...this.#appended.values()]
    this.#appended.clear()
    for (const proposal of proposals) this.#settle(proposal, undefined)
  }

  /** This node ends its part, and hears of nothing any more. */
  end(term: number): void {
    this.supersede()
    for (const id of [...this.#asked.keys()]) this.lost(id, term)
  }

  #take(id: number): Proposal | undefined {
    const proposal = this.#asked.get(id)
    this.#asked.delete(id)
    return proposal
  }

  #settle({ timer, resolve, reject, index, term }: Proposal, applied: { readonly term: number; readonly result: unknown } | undefined): void {
    timer?.cancel()
    if (applied?.term === term) resolve(applied.result)
    else reject(new Superseded(index, term))
  }

  #keep(index: number, term: number, result: unknown): void {
    this.#results.set(index, { term, result })
    if (this.#results.size > resultsKept) this.#results.delete(this.#results.keys().next().value as number)
  }

  #expire(id: number, proposal: Proposal): void {
    this.#asked.delete(id)
    if (this.#appended.get(proposal.index) === proposal) this.#appended.delete(proposal.index)
    proposal.reject(new ProposalTimeout())
  }
}

/** An answer that is later than so many entries is an outcome that nobody knows. */
const resultsKept = 4_096

interface Proposal {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  /** 0 until it is known. */
  index: number
  term: number
  timer: Timer | null
}
