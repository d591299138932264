/**
 * One partition as it should be: which states there were, what each held, which one is certain. It follows what the store tells and keeps a state for as long as
 * somebody may read it. What the store tells wrongly shows where it is told.
 */
import type { KvEvent } from '../../systems/kv/journal.js'
import { afterBatches, type ReferenceMap } from './reference-map.js'

interface Candidate {
  readonly host: string
  readonly term: number
  readonly map: ReferenceMap
}

export class PartitionModel {
  /** The last state that was acknowledged. */
  acknowledged = 0
  /** Beginnings of terms: the state that each begins with. */
  readonly terms: { readonly term: number; readonly sequence: number }[] = []
  readonly archives = new Map<string, number>()
  readonly #states = new Map<number, ReferenceMap>([[0, []]])
  /** Commits under way, or in doubt: the states that they would make, and who makes them. */
  readonly #candidates = new Map<number, Candidate[]>()
  /** States that were recovered. */
  readonly #found = new Set<number>()

  constructor(readonly name: string) {}

  stateAt(sequence: number): ReferenceMap | undefined {
    return this.#states.get(sequence)
  }

  /** A later term had begun, with a state before this one. */
  isFenced(event: { readonly term: number; readonly sequence: number }): boolean {
    return this.terms.some(({ term, sequence }) => term > event.term && sequence < event.sequence)
  }

  /** Takes in an event; answers what is wrong with it. */
  take(event: KvEvent, host: string): string | undefined {
    switch (event.kind) {
      case 'committing': {
        // A later term had begun: its record has the place of the one that this would need.
        if (this.terms.some(({ term }) => term > event.term)) return undefined
        const before = this.#states.get(event.sequence - 1)
        // An owner who was overtaken before it had begun: should it ever acknowledge this, there is no candidate for it.
        if (before === undefined && this.terms.length > 0) return undefined
        if (before === undefined) return `${this.name}: a commit makes state ${event.sequence} of a state that there was not`
        const candidates = this.#candidates.get(event.sequence) ?? []
        candidates.push({ host, term: event.term, map: event.batches.length === 0 ? before : afterBatches(before, event.batches) })
        this.#candidates.set(event.sequence, candidates)
        return undefined
      }
      case 'committed': {
        // Another owner may have found it before its own was told that it is there.
        if (event.sequence <= this.acknowledged && this.#found.has(event.sequence)) return undefined
        const state = this.#candidates.get(event.sequence)?.findLast((candidate) => candidate.host === host)?.map
        // TermFence says so.
        if (state === undefined && this.isFenced(event)) return undefined
        if (state === undefined) return `${this.name}: state ${event.sequence} was committed and never begun`
        this.#become(event.sequence, state)
        this.acknowledged = event.sequence
        return undefined
      }
      case 'aborted': {
        const candidates = this.#candidates.get(event.sequence) ?? []
        const own = candidates.findLastIndex((candidate) => candidate.host === host)
        if (own >= 0) candidates.splice(own, 1)
        return undefined
      }
      case 'archived': {
        this.archives.set(event.name, event.sequence)
        return undefined
      }
      case 'archive-removed': {
        this.archives.delete(event.name)
        return undefined
      }
      case 'archives-found': {
        for (const name of [...this.archives.keys()]) if (!event.names.includes(name)) this.archives.delete(name)
        return undefined
      }
      case 'term': {
        this.#fence(event.term, event.sequence)
        this.terms.push({ term: event.term, sequence: event.sequence })
        return undefined
      }
      default:
        return undefined
    }
  }

  /** What the state that was recovered may hold: one list, or several where a commit was in doubt; a text says why there can be no such state. */
  recovered(sequence: number): readonly ReferenceMap[] | string {
    if (sequence < this.acknowledged) return `${this.name}: state ${sequence} was recovered, though state ${this.acknowledged} was acknowledged`
    const known = this.#states.get(sequence)
    if (known !== undefined) return [known]
    const candidates = this.#candidates.get(sequence) ?? []
    if (candidates.length > 0) return candidates.map(({ map }) => map)
    return `${this.name}: state ${sequence} was recovered, which was never begun; ${this.acknowledged} was acknowledged`
  }

  /** The state that was found is the one from now on. */
  settle(sequence: number, state: ReferenceMap): void {
    this.#become(sequence, state)
    this.acknowledged = Math.max(this.acknowledged, sequence)
    this.#found.add(sequence)
    this.#candidates.clear()
  }

  /** States before this one are not read any more, but for archives. */
  forgetBefore(sequence: number): void {
    if (this.#states.size < 64) return
    const archived = new Set(this.archives.values())
    for (const each of [...this.#states.keys()]) if (each < sequence && !archived.has(each)) this.#states.delete(each)
  }

  /** A term begins with a state: what owners before made of it, and it does not have, there will never be. */
  #fence(term: number, sequence: number): void {
    for (const [number, candidates] of this.#candidates) {
      if (number <= sequence) continue
      this.#candidates.set(
        number,
        candidates.filter((candidate) => candidate.term >= term),
      )
    }
  }

  #become(sequence: number, state: ReferenceMap): void {
    this.#states.set(sequence, state)
    this.#candidates.delete(sequence)
  }
}
