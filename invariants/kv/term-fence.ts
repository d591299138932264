import type { KvJudge } from './observer.js'

/** Nothing is acknowledged under a term that had ended: a later term begins at a state, and what an earlier owner acknowledges is not beyond it. */
export const termFence =
  (): KvJudge =>
  ({ event, model }) => {
    if (event.kind !== 'committed') return undefined
    const later = model.terms.find(({ term, sequence }) => term > event.term && sequence < event.sequence)
    if (later === undefined) return undefined
    return {
      check: 'TermFence',
      message: `${model.name}: state ${event.sequence} was acknowledged under term ${event.term}, though term ${later.term} begins with state ${later.sequence}`,
    }
  }
