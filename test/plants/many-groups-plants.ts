import type { Plant } from '../../tools/plant/plant.js'

const subject = 'scenarios/raft-many-groups.scenario.ts'

/** Mistakes in what the Raft groups of a host share. */
export const manyGroupsPlants: readonly Plant[] = [
  {
    name: 'segment-dropped-under-an-idle-group',
    source: 'TiKV Raft Engine: a segment goes once no group needs it',
    file: 'systems/raft/shared-log.ts',
    replace: '      if (part !== undefined && highestIndex > part.written.base.index) return false\n',
    with: '      if (part !== undefined && highestIndex > 1_000_000) return false\n',
    expect: ['CommitDurable', 'members catch up', 'members agree'],
    subject,
    firstSeed: 11,
  },
  {
    name: 'what-waits-taken-for-durable',
    source: 'A batch makes durable what was saved before it went out, and nothing that was saved since',
    file: 'systems/raft/group-log.ts',
    replace: '    this.written = this.handed\n    this.durableToken',
    with: '    this.written = { ...this.saved }\n    this.durableToken',
    expect: ['CommitDurable', 'VoteOnce', 'TermMonotonic'],
    subject,
  },
  {
    name: 'resting-groups-not-watched-over',
    source: 'CockroachDB, quiescence: a quiesced follower hangs on the liveness of its leader’s host',
    file: 'systems/raft/raft-store.ts',
    replace: "    for (const [node] of nodes) node.input({ kind: 'wake' })\n",
    with: '    if (nodes.length > 1_000_000) this.#greet()\n',
    // A leader's host that comes back asks for votes, and that wakes its group: what shows is that nobody did before.
    expect: 'RestsWithTheLiving',
    subject: 'test/plants/raft-resting-crashes.hunt.ts',
  },
  {
    name: 'woken-follower-keeps-no-timer',
    source: 'TiKV, hibernate regions: a peer that is woken has to tick again, or it waits for its leader for ever',
    file: 'systems/raft/resting.ts',
    replace: '  else effects.push(state.leased ? timers.lease : timers.election)\n',
    with: '  else effects.push(timers.cancelTransfer)\n',
    expect: ['every group is led', 'every group takes an update', 'members catch up', 'members agree'],
    subject,
  },
  {
    name: 'lost-proposal-is-not-said-again',
    source: 'Raft dissertation, 6.3: a client whose request was lost sends it again',
    file: 'systems/raft/forwarding.ts',
    replace: '    if (each.isDue && bytes < options.maxBatchBytes) {\n',
    with: '    if (each.isDue && bytes > options.maxBatchBytes) {\n',
    expect: 'every proposal is settled',
    subject: 'scenarios/raft-counter.scenario.ts',
  },
  {
    name: 'leader-rests-before-its-followers-have-all',
    source: 'etcd raft: a leader that stops its heartbeats brings nobody up to date',
    file: 'systems/raft/resting.ts',
    replace: "(follower.mode !== 'replicate' || follower.matched !== last || follower.suspect || follower.lacks > 0)",
    with: '(follower.mode as string) === "none"',
    expect: ['members catch up', 'members agree'],
    subject,
    firstSeed: 130,
  },
  {
    name: 'verified-is-forgotten-within-a-term',
    source: 'of our own making: a leader does not send again what was acknowledged, so that its follower has to remember that it has it',
    file: 'systems/raft/roles.ts',
    replace: '  state.isResting = false\n  if (wasLeader) {\n',
    with: '  state.isResting = false\n  state.verified = state.commit\n  if (wasLeader) {\n',
    expect: 'members catch up',
    subject: 'test/plants/raft-many-groups-short.hunt.ts',
    firstSeed: 140,
  },
]
