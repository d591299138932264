import { lengthened } from './interner.js'

/** Words of a step: the fingerprint of the state after it, and what is written to its row. */
export const STEP = 11
export const STEP_ID = 2
export const STEP_TRANSITION = 3
/** What its inbox becomes; -1: it stays. */
export const STEP_INBOX = 4
export const STEP_MEMORY = 5
export const STEP_SPENT = 6
export const STEP_LAST = 7
export const STEP_FALLEN = 8
/** What happened, for the action's name. */
export const STEP_HAPPENING = 9
export const STEP_ARGUMENT = 10

/** Beside `happenings`. */
export const DUPLICATE = 100
export const DROP = 101

/** The steps that a state may take, before it is known which of them lead to new states. */
export class StepList {
  words = new Int32Array(STEP * 64)
  end = 0

  clear(): void {
    this.end = 0
  }

  /** Where the words of a new step begin. */
  add(high: number, low: number, happening: number, argument: number): number {
    const at = this.end
    this.end += STEP
    if (this.end > this.words.length) this.words = lengthened(this.words, this.words.length * 2)
    const { words } = this
    words[at] = high
    words[at + 1] = low
    words[at + STEP_HAPPENING] = happening
    words[at + STEP_ARGUMENT] = argument
    return at
  }
}
