import type { Durable, RaftChange } from './messages.js'

export const emptyDurable: Durable = {
  hardState: { term: 0, vote: null },
  base: { index: 0, term: 0 },
  configuration: null,
  expected: null,
  entries: [],
  applied: { index: 0, term: 0 },
  incarnation: 1,
  suspect: false,
  wiped: false,
}

/** What the disk holds once `change` is durable too. */
export function persist(durable: Durable | null, change: RaftChange): Durable {
  const before = durable ?? emptyDurable
  switch (change.kind) {
    case 'hard-state':
      return { ...before, hardState: change.hardState }
    case 'entries': {
      const keep = (change.entries[0]?.index ?? Number.POSITIVE_INFINITY) - before.base.index - 1
      return { ...before, entries: before.entries.slice(0, keep).concat(change.entries) }
    }
    case 'compacted':
      return { ...before, base: change.base, configuration: change.configuration, entries: before.entries.slice(change.base.index - before.base.index) }
    case 'restored':
      return { ...before, base: change.base, configuration: change.configuration, entries: [] }
    case 'expected':
      return { ...before, expected: change.expected }
    case 'trusted':
      return { ...before, suspect: false, wiped: false }
  }
}
