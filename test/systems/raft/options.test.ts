import { describe, expect, test } from 'vitest'
import { ms } from '../../../sim/host/durations.js'
import { Misuse } from '../../../sim/host/errors.js'
import { changed, configurationOf, InvalidChange } from '../../../systems/raft/configuration.js'
import { raftMachine } from '../../../systems/raft/core.js'
import { checkRaftOptions, defaultRaftOptions, type RaftOptions } from '../../../systems/raft/options.js'

describe('options of Raft that make no sense', () => {
  test.each<readonly [string, Partial<RaftOptions>, string]>([
    ['a time without an end', { electionTimeout: [ms(75), Number.POSITIVE_INFINITY] }, 'electionTimeout takes whole nanoseconds'],
    ['half a nanosecond', { heartbeat: 0.5 }, 'heartbeat takes whole nanoseconds'],
    ['a lease that no heartbeat renews', { leaseReadsDriftPpm: 500_000, heartbeat: ms(25) }, 'a lease lasts 25000000 ns'],
  ])('%s is refused', (_, given, words) => {
    const check = () => checkRaftOptions({ ...defaultRaftOptions, ...given })
    expect(check).toThrow(Misuse)
    expect(check).toThrow(words)
  })

  test('more commit groups than members are refused', () => {
    const machine = raftMachine({ commitGroups: [1, 2, 1, 2] })
    expect(() => machine.boot({ id: 0, peers: [0, 1, 2] }, null)).toThrow('4 are given for 3')
  })
})

test.each([1.5, -1, Number.NaN, 65_536])('a change that names a member %d cannot be made', (member) => {
  for (const kind of ['voter', 'learner', 'remove'] as const) {
    const next = changed(configurationOf([0, 1, 2]), { kind: 'change', changes: [{ kind, member }], through: 'auto' })
    expect(next).toBeInstanceOf(InvalidChange)
  }
})

test('a change that changes nothing is a configuration like the last', () => {
  const now = configurationOf([0, 1, 2])
  for (const changes of [[], [{ kind: 'remove' as const, member: 7 }], [{ kind: 'voter' as const, member: 1 }]])
    expect(changed(now, { kind: 'change', changes, through: 'auto' })).toEqual(now)
})
