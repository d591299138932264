import type { RaftState } from './state.js'

/**
 * Why a member cannot do its part, in words; nothing when it can. A group whose majority is so waits for ever: nobody may lead who could teach the others. That is
 * what damage beyond what a group survives comes to.
 */
export function blockedMember({ group, machineState: { suspect, lacks, leader } }: RaftMember): readonly string[] {
  const lines: string[] = []
  const whom = leader === null ? 'a leader, and there is none' : 'its leader'
  if (suspect) lines.push(`${group}: a suspect member waits for ${whom}: it may have forgotten what it acknowledged`)
  if (lacks > 0) lines.push(`${group}: a member that lost its state, or its log, up to entry ${lacks} waits for a snapshot of ${whom}`)
  return lines
}

/** What is looked at of a `RaftNode`, whatever its state machine answers. */
interface RaftMember {
  readonly group: string
  readonly machineState: Pick<RaftState, 'suspect' | 'lacks' | 'leader'>
}
