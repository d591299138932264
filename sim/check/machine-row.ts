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
