import { lengthened } from './interner.js'

/** The steps that some states may take, before it is known which of them lead to new states: a fingerprint each, and `stride - 2` words of the space's own. */
export class StepList {
  words: Int32Array
  end = 0
  /** Where the steps of each state begin. */
  readonly begins: number[] = []

  constructor(readonly stride: number) {
    this.words = new Int32Array(stride * 64)
  }

  clear(): void {
    this.end = 0
    while (this.begins.length > 0) this.begins.pop()
  }

  /** What is added from now on is of one more state. */
  beginState(): void {
    this.begins.push(this.end)
  }

  /** Where the steps of a state end. */
  endOf(state: number): number {
    return this.begins[state + 1] ?? this.end
  }

  /** Where the words of a new step begin. */
  add(high: number, low: number): number {
    const at = this.end
    this.end += this.stride
    if (this.end > this.words.length) this.words = lengthened(this.words, this.words.length * 2)
    this.words[at] = high
    this.words[at + 1] = low
    return at
  }
}
