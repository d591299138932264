import type { MemberId } from './messages.js'

/** Who decides. */
export interface Configuration {
  readonly voters: readonly MemberId[]
}

export function majority(configuration: Configuration): number {
  return (configuration.voters.length >> 1) + 1
}

/** The largest value that a majority of `values` reaches: one value a voter, in the order of `configuration.voters`. */
export function majorityValue(configuration: Configuration, values: readonly number[]): number {
  const needed = majority(configuration)
  let best = -1
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number
    if (value <= best) continue
    let reached = 0
    for (let j = 0; j < values.length; j++) if ((values[j] as number) >= value) reached++
    if (reached >= needed) best = value
  }
  return best
}

/** `undefined`: undecided. `votes` holds one answer a voter, null while it is unknown. */
export function majorityVote(configuration: Configuration, votes: readonly (boolean | null)[]): boolean | undefined {
  const needed = majority(configuration)
  let granted = 0
  let refused = 0
  for (const vote of votes) {
    if (vote === true) granted++
    else if (vote === false) refused++
  }
  if (granted >= needed) return true
  return refused > votes.length - needed ? false : undefined
}
