import { Misuse } from '../../sim/host/errors.js'

/** A batch that a broker answered as appended. */
export interface Acknowledgement {
  /** Position in the broker's list of partitions. */
  readonly partition: number
  readonly baseOffset: number
  readonly nextOffset: number
  readonly crc: number
  /** Of the entry in the replicated log whose commit the answer rests on. */
  readonly index: number
  readonly term: number
}

/** What a broker acknowledged lately, numbered from 0 in an incarnation: for observers who look after every step. */
export class Acknowledgements {
  readonly #recent: Acknowledgement[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  add(acknowledgement: Acknowledgement): void {
    this.#recent[this.#count++ % remembered] = acknowledgement
  }

  /** Throws `Misuse` for one that is forgotten: an observer must not miss any. */
  get(number: number): Acknowledgement {
    const found = this.#recent[number % remembered]
    if (number >= this.#count || this.#count - number > remembered || found === undefined) {
      throw new Misuse(`acknowledgement ${number} of ${this.#count} is not remembered`)
    }
    return found
  }
}

const remembered = 1_024
