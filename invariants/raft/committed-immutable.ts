import { aspects } from './aspects.js'
import type { MemberView } from './member-view.js'
import type { RaftObservation } from './observer.js'

/**
 * Where some member once took an entry for committed, none takes another for committed, now or later: what it holds there, whether it has applied it or not, is
 * the same (openraft's simulation tests: Committed Immutable). Seen by terms; LogMatching has the rest.
 */
export const committedImmutable = (observation: RaftObservation) =>
  observation.invariantOn('CommittedImmutable', aspects.log | aspects.progress, () => ({ touched }) => {
    for (let i = 0; i < touched.length; i++) {
      const wrong = replacedAt(touched[i] as MemberView)
      if (wrong !== undefined) return wrong
    }
    return undefined
  })

function replacedAt({ node, now, before, isNewLife, newFrom, group, name }: MemberView): string | undefined {
  if (node === null) return undefined
  const { base } = node.machineState.log
  const first = isNewLife ? base.index : Math.min(before.commit + 1, newFrom)
  for (let index = Math.max(first, base.index); index <= now.commit; index++) {
    const term = node.termAt(index)
    const committed = group.committedTerms[index]
    if (committed === undefined || committed < 0 || term < 0 || committed === term) continue
    return `${group.name}: ${name} takes entry ${index} of term ${term} for committed, and the committed one is of term ${committed}`
  }
  return undefined
}
