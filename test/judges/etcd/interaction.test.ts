import { describe, expect, it } from 'vitest'
import { type Expected, type Step, situations } from './situation.js'
import { Stage, told } from './stage.js'

/**
 * How etcd-io/raft and this core are asked for the same, where they are not asked alike. What is compared after each step: hard state, entries in the log, entries
 * applied, the set of messages, and (where the situation looks there) roles and what the leader knows of each follower.
 *
 * | etcd-io/raft | here, and what the stage does |
 * | --- | --- |
 * | pre-vote and check-quorum are options | always on. Where the situation has no pre-vote, a campaign begins as by a transfer; where it has no check-quorum, all patience is over first, the leader's too (`deposed`), and the refusals of a leader are not expected |
 * | a new commit index is told at once by empty appends, and acknowledged again | by the next append or heartbeat: the leader is told to send one, which is not compared |
 * | entries in as many messages as were proposed | in batches: entries are compared, and the highest acknowledgement of each link |
 * | a configuration is in force once its entry is applied | once it is committed: acknowledgements that come together are taken together |
 * | a change may be proposed before the leader has committed in its term | not before: what is refused for that is asked for again |
 * | a change that cannot be made becomes an empty entry | it is refused: an empty entry is proposed in its place |
 * | changes are handed on to the leader | only proposals are: the leader is asked |
 * | a snapshot is one message | chunks: the first one is compared, their acknowledgements are not |
 * | a message of an earlier term is answered by an empty append response | by an answer to a heartbeat: they are taken for the same |
 * | a request for votes, and an answer to a heartbeat, leave before the disk has the term | after: where disks take their own time, the stage writes the candidate's vote at once, lets heartbeats be answered, and compares what is said over several rounds |
 * | a new member knows no configuration | it knows the one that the group began with |
 *
 * Two situations differ by choice, from the step named on:
 */
const exceptions: Readonly<Record<string, { readonly step: number; readonly why: string }>> = {
  'confchange-disable-validation': { step: 7, why: 'there is no option to put changes into the log that may turn out to be impossible: all are checked' },
  'confchange-v1-remove-leader': { step: 12, why: 'a leader that is removed steps down; it has no option to stay, refusing all that it is asked for' },
}

function check(stage: Stage, step: Step, carried: Carried): void {
  if (step.do === 'look') look(stage, step)
  if (step.expect !== undefined) compare(stage, step.expect, carried)
}

/** Where disks take their own time: what was said before it was expected, and what is still to be said. Whose task a message waits for may differ; not whether it is sent. */
interface Carried {
  early: string[]
  owed: string[]
}

function compare(stage: Stage, expected: Expected, carried: Carried): void {
  const { says, holds } = stage.seen
  const said = [...carried.early, ...says, ...[...holds].map(([link, index]) => `${link} holds ${index}`)].sort()
  const wanted = [...carried.owed, ...(expected.says ?? [])].filter((line) => said.includes(line) || !stage.isSilent(line)).sort()
  if (stage.hasOwnDiskTime) {
    carried.early = said.filter((line) => !wanted.includes(line))
    carried.owed = wanted.filter((line) => !said.includes(line))
  }
  const hard = Object.fromEntries(
    Object.keys(expected.hard ?? {}).map((id) => {
      const { durable, state } = stage.member(Number(id))
      const { term, vote } = stage.hasOwnDiskTime ? state : durable.hardState
      return [id, [term, vote ?? 0, state.commit]]
    }),
  )
  const appends = Object.fromEntries(
    Object.entries(expected.appends ?? {}).map(([id, listed]) => {
      const from = Math.min(...listed.map((entry) => Number.parseInt(entry, 10)))
      const { durable, state } = stage.member(Number(id))
      const { entries } = stage.hasOwnDiskTime ? state.log : durable
      return [id, entries.filter(({ index }) => index >= from).map(told)]
    }),
  )
  const applies = Object.fromEntries(
    Object.entries(expected.applies ?? {}).map(([id, listed]) => [id, stage.member(Number(id)).applied.slice(Number.parseInt(listed[0] as string, 10))]),
  )
  expect({ says: stage.hasOwnDiskTime ? [] : said, hard, appends, applies }).toEqual({
    says: stage.hasOwnDiskTime ? [] : wanted,
    hard: expected.hard ?? {},
    appends: expected.appends ?? {},
    applies: expected.applies ?? {},
  })
}

function look(stage: Stage, { states, at, progress, log }: Step & { do: 'look' }): void {
  for (const [id, expected] of Object.entries(states ?? {})) {
    const { state } = stage.member(Number(id))
    expect([id, state.role, stage.votes(Number(id)), state.term, state.leader ?? 0]).toEqual([id, ...expected])
  }
  if (at === undefined) return
  const { state, durable } = stage.member(at)
  if (log !== undefined) expect(durable.entries.map(told)).toEqual(log)
  for (const [id, expected] of Object.entries(progress ?? {})) {
    const follower = state.progress[state.quorum.members.indexOf(Number(id))]
    expect([id, follower?.mode, follower?.matched]).toEqual([id, ...expected])
  }
}

describe("the situations of etcd's raft", () => {
  it('are 28', () => {
    expect(situations).toHaveLength(28)
  })

  it.each(situations)('$name', ({ name, steps }) => {
    const exception = exceptions[name]
    const stage = new Stage()
    const carried: Carried = { early: [], owed: [] }
    for (const [number, step] of steps.entries()) {
      stage.seen = { says: new Set(), holds: new Map() }
      if (number + 1 === exception?.step) {
        stage.do(step)
        expect(() => check(stage, step, carried), exception.why).toThrow()
        return
      }
      try {
        stage.do(step)
        check(stage, step, carried)
      } catch (error) {
        if (error instanceof Error) error.message = `step ${number + 1}, ${JSON.stringify(step)}: ${error.message}`
        throw error
      }
    }
    expect(carried).toEqual({ early: [], owed: [] })
  })
})
