import { mix } from '../kernel/mix.js'

/**
 * A row of a `MachineSpace`: the numbers of its places, the list of messages to nobody, and then, counted from behind those, the memory's number, what is spent, what was
 * delivered last plus one, what fell plus one.
 */
export const MEMORY = 0
export const SPENT = 1
export const LAST = 2
export const FALLEN = 3

/** Words of a row. */
export const rowLength = (nodes: number): number => fixedAt(nodes) + 4

/** Where the words behind the places and the list begin. */
export const fixedAt = (nodes: number): number => nodes + 1

/** The word `SPENT` counts in bytes: duplicates, drops, crashes, inputs. */
export const DUPLICATES = 0
export const duplicateCost = 1
export const dropCost = 1 << 8
export const crashCost = 1 << 16
export const inputCost = 1 << 24
/** What each of them counts at most. */
export const MOST_SPENT = 127

/** Words of a step: the fingerprint of the state after it, and what its row is written by. */
export const STEP = 9
export const STEP_ID = 2
export const STEP_TRANSITION = 3
/** What its place becomes; -1: what the transition makes of it. */
export const STEP_PLACE = 4
/** The verdict on it; -1: none, nothing was judged. */
export const STEP_VERDICT = 5
/** What happened, for the action's name. */
export const STEP_HAPPENING = 6
export const STEP_ARGUMENT = 7
/** What is spent. */
export const STEP_COST = 8

/** Beside `happenings`. */
export const DUPLICATE = 100
export const DROP = 101

/** Set the parts of a fingerprint apart from each other. */
const LAST_WORD = 0x5be0cd19
const SPENT_WORD = 0x510e527f

/** What they add to a fingerprint: what was delivered last, and what is spent. */
export const lastWord = (words: Int32Array, last: number): number => (last === 0 ? 0 : mix((words[last - 1] as number) ^ LAST_WORD))
export const spentHigh = (spent: number): number => mix(spent + SPENT_WORD)
export const spentLow = (spent: number): number => mix(Math.imul(spent + 1, 0x9e3779b1) ^ SPENT_WORD)
