import { beforeEach, describe, expect, test } from 'vitest'
import raft from '../../../scenarios/raft.scenario.js'
import { run } from '../../../sim/index.js'
import { entry, FakeGroup } from './fake-group.js'

let group: FakeGroup
beforeEach(async () => {
  group = new FakeGroup()
  await group.settled()
})

const valuesOf = (name: string) => group.measurements[name]?.values

/** A member does something at a time; what invariants say of it is not asked here. */
function at(nanos: number, member: number, act: Parameters<FakeGroup['step']>[1]): void {
  group.at = nanos
  group.step(member, act)
}
const campaign = (term: number) => (state: { role: string; term: number }) => {
  state.role = 'candidate'
  state.term = term
}
const lead = (state: { role: string; votes: (boolean | null)[] }) => {
  state.role = 'leader'
  state.votes = [true, true, null]
}

describe('The timings of a Raft group', () => {
  test('count an election from the first candidacy without a leader, however many there are', () => {
    at(1_000, 1, campaign(2))
    at(1_500, 2, campaign(3))
    at(1_700, 2, lead)
    at(9_000, 1, campaign(4))
    at(9_050, 1, lead)
    expect(valuesOf('election time')).toEqual([700, 50])
  })

  test('leave out a candidacy in a term that a leader has been in', () => {
    at(1_000, 1, campaign(1))
    at(2_000, 1, campaign(2))
    at(2_200, 1, lead)
    expect(valuesOf('election time')).toEqual([200])
  })

  test('count a commit from the append to the leader’s log until anybody knows of it', () => {
    at(100, 0, ({ log }) => void log.entries.push(entry(4, 1)))
    at(150, 0, ({ log }) => void log.entries.push(entry(5, 1), entry(6, 1)))
    at(300, 0, (state) => {
      state.commit = 4
    })
    at(400, 0, (state) => {
      state.commit = 6
    })
    expect(valuesOf('commit latency')).toEqual([200, 250])
  })

  test('forget what a deposed leader had not seen committed', () => {
    at(100, 0, ({ log }) => void log.entries.push(entry(4, 1)))
    at(200, 1, campaign(2))
    at(250, 1, lead)
    at(300, 0, (state) => {
      state.commit = 4
    })
    expect(valuesOf('commit latency')).toEqual([])
  })

  test('are measured of a real group, in virtual time that makes sense', async () => {
    const { measurements } = await run({ scenario: raft, seed: '1', duration: 5_000_000_000 })
    const { values } = measurements['commit latency']!
    expect(values.length).toBeGreaterThan(50)
    expect(Math.min(...values)).toBeGreaterThan(50_000)
    expect(measurements['election time']!.values.length).toBeGreaterThan(0)
    expect(measurements['election time']!.values.every((value) => value > 0 && value < 5_000_000_000)).toBe(true)
    expect(measurements['operation time']!.values.length).toBeGreaterThan(50)
  })
})
