import { describe, expect, it } from 'vitest'
import type { Clock } from '../../../sim/host/seam.js'
import { Proposals } from '../../../systems/raft/proposals.js'

const noClock = {} as Clock

/** What became of each proposal, in the order in which they settled. */
function asked(count: number): { proposals: Proposals; settled: unknown[] } {
  const proposals = new Proposals(noClock)
  const settled: unknown[] = []
  for (let id = 1; id <= count; id++) {
    proposals.ask(
      id,
      undefined,
      (result) => settled.push([id, result]),
      (error) => settled.push([id, error.name, (error as { index?: unknown }).index]),
    )
  }
  return { proposals, settled }
}

describe('a proposal of a node', () => {
  it('settles with its result when the entry is applied', () => {
    const { proposals, settled } = asked(1)
    proposals.appended(1, 5, 2)
    proposals.applied(5, 2, 'done')
    expect([settled, proposals.count]).toEqual([[[1, 'done']], 0])
  })

  it('settles with its result when its place is known only after the entry was applied', () => {
    const { proposals, settled } = asked(2)
    for (let index = 1; index <= 9; index++) proposals.applied(index, 2, `result ${index}`)
    proposals.appended(2, 7, 2)
    proposals.appended(1, 3, 2)
    expect(settled).toEqual([
      [2, 'result 7'],
      [1, 'result 3'],
    ])
  })

  it('is of unknown outcome when another entry was applied at its place before that was known', () => {
    const { proposals, settled } = asked(1)
    proposals.applied(1, 3, 'of another')
    proposals.appended(1, 1, 2)
    expect(settled).toEqual([[1, 'Superseded', 1]])
  })

  it('is of unknown outcome when a snapshot covers its entry, whichever is known first', () => {
    const { proposals, settled } = asked(3)
    proposals.appended(1, 4, 2)
    proposals.appended(2, 9, 2)
    proposals.skipped(6)
    proposals.appended(3, 5, 2)
    proposals.applied(7, 2, null)
    proposals.applied(8, 2, null)
    proposals.applied(9, 2, 'done')
    expect(settled).toEqual([
      [1, 'Superseded', 4],
      [3, 'Superseded', 5],
      [2, 'done'],
    ])
  })

  it('is of unknown outcome when it is lost on its way to the leader, or its node ends', () => {
    const { proposals, settled } = asked(3)
    proposals.lost(2, 4)
    proposals.appended(3, 8, 4)
    proposals.end(4)
    expect(settled).toEqual([
      [2, 'Superseded', null],
      [3, 'Superseded', 8],
      [1, 'Superseded', null],
    ])
    expect(proposals.count).toBe(0)
  })
})
