import { describe, expect, it } from 'vitest'
import { type Expected, type Step, situations } from './situation.js'
import { Stage, told } from './stage.js'

function check(stage: Stage, step: Step): void {
  if (step.do === 'look') look(stage, step)
  if (step.expect !== undefined) compare(stage, step.expect)
}

function compare(stage: Stage, expected: Expected): void {
  const { says, holds } = stage.seen
  const said = [...says, ...[...holds].map(([link, index]) => `${link} holds ${index}`)].sort()
  const hard = Object.fromEntries(
    Object.keys(expected.hard ?? {}).map((id) => {
      const { durable, state } = stage.member(Number(id))
      return [id, [durable.hardState.term, durable.hardState.vote ?? 0, state.commit]]
    }),
  )
  const appends = Object.fromEntries(
    Object.entries(expected.appends ?? {}).map(([id, listed]) => {
      const from = Math.min(...listed.map((entry) => Number.parseInt(entry, 10)))
      return [id, stage.member(Number(id)).durable.entries.filter(({ index }) => index >= from).map(told)]
    }),
  )
  const applies = Object.fromEntries(
    Object.entries(expected.applies ?? {}).map(([id, listed]) => [id, stage.member(Number(id)).applied.slice(Number.parseInt(listed[0] as string, 10))]),
  )
  expect({ says: said, hard, appends, applies }).toEqual({
    says: [...(expected.says ?? [])].sort(),
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

  it.each(situations)('$name', ({ steps }) => {
    const stage = new Stage()
    for (const [number, step] of steps.entries()) {
      stage.seen = { says: new Set(), holds: new Map() }
      try {
        stage.do(step)
        check(stage, step)
      } catch (error) {
        if (error instanceof Error) error.message = `step ${number + 1}, ${JSON.stringify(step)}: ${error.message}`
        throw error
      }
    }
  })
})
