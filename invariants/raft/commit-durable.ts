import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/**
 * What any member takes for committed is durable on a majority, judged from the disks: in the write-ahead log, or behind where it begins. By LogMatching it is
 * enough to look at the newest entry. A suspect's disk counts: it held what it acknowledged. Not verified here: that the state machine holds
 * what the log has dropped (SnapshotCoversCommitted).
 */
export const commitDurable = (observation: RaftObservation) =>
  observation.invariant('CommitDurable', () => {
    /** By group and index: looked at already. */
    const checked = new Map<string, number>()
    return ({ touched }) => {
      for (const member of touched) {
        const { group, now } = member
        const from = checked.get(group.name) ?? 0
        if (now.commit <= from) continue
        const missing = tooFewHold(member, now.commit)
        if (missing !== undefined) return missing
        checked.set(group.name, now.commit)
      }
      return undefined
    }
  })

function tooFewHold({ group, node, name, now }: MemberView, index: number): string | undefined {
  const term = node === null ? -1 : node.termAt(index)
  if (term < 0) return undefined
  let holders = 0
  for (const { disk } of group.members) if (disk?.holds(index, term) || disk?.suspect) holders++
  if (2 * holders > group.members.length) return undefined
  return `${group.name}: ${name}, ${now.role} of term ${now.term}, takes entry ${index} of term ${term} for committed, and ${holders} of ${group.members.length} disks hold it`
}
