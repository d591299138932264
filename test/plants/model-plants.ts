import type { Plant } from '../../tools/plant/plant.js'
import { again } from './scenario-plants.js'

const model = 'test/plants/raft-model.hunt.ts'

/** What the model checker finds over the Raft core alone: every order of what may happen, in a small world. */
export const modelPlants: readonly Plant[] = [
  again('vote-not-durable', 'in-the-model', model, 'VoteOnce'),
  again('term-not-durable', 'in-the-model', model, 'TermMonotonic'),
  again('commit-beyond-matched', 'in-the-model', model, ['StateMachineSafety', 'CommitDurable']),
  {
    name: 'earlier-term-committed-by-counting',
    source: 'Raft paper, figure 8: an entry of an earlier term that a majority holds may still be replaced',
    file: 'systems/raft/commit.ts',
    replace: 'if (index <= state.commit || termAt(state.log, index) !== state.term) return false',
    with: 'if (index <= state.commit) return false',
    expect: 'LeaderCompleteness',
    subject: model,
  },
]
