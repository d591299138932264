/** Words of a row of a `MachineSpace`, counted from behind its nodes: the memory's number, what is spent, what was delivered last plus one, what fell plus one. */
export const MEMORY = 0
export const SPENT = 1
export const LAST = 2
export const FALLEN = 3
/** Here its messages begin. */
export const FIXED = 4

/** The word `SPENT` counts in bytes: duplicates, drops, crashes, inputs. */
export const DUPLICATES = 0
export const duplicateCost = 1
export const dropCost = 1 << 8
export const crashCost = 1 << 16
export const inputCost = 1 << 24
/** What each of them counts at most. */
export const MOST_SPENT = 127
