import { describe, expect, it } from 'vitest'
import {
  type Configuration,
  changeSimply,
  configurationOf,
  enterJoint,
  InvalidChange,
  leaveJoint,
  type MemberChange,
} from '../../../systems/raft/configuration.js'
import { quorumOf } from '../../../systems/raft/quorum.js'
import { type ChangeCase, changeCases } from './change-cases.js'

/** How our words for what is wrong tell the same. */
const reasons: Readonly<Record<string, RegExp>> = {
  'joint already': /is joint already/,
  'no voters yet': /without voters cannot become joint/,
  'not joint': /is not joint/,
  'leave the joint one first': /has to be left first/,
  'nobody left': /no voter would be left/,
  'too much at once': /more than one voter changes/,
}

/** Members are named by numbers from 0 on here, and nobody is news: what etcd's tests say of member 0, and news of a member, are no changes. */
function changesOf({ changes }: ChangeCase): MemberChange[] {
  return changes
    .split(', ')
    .map((change) => change.split(' '))
    .filter(([kind, member]) => kind !== '' && kind !== 'news' && member !== '0')
    .map(([kind, member]) => ({ kind: kind as MemberChange['kind'], member: Number(member) }))
}

function apply(configuration: Configuration, one: ChangeCase): Configuration | InvalidChange {
  switch (one.how) {
    case 'step':
      return changeSimply(configuration, changesOf(one))
    case 'leave':
      return leaveJoint(configuration)
    default:
      return enterJoint(configuration, changesOf(one), one.how !== 'enter')
  }
}

describe("the configuration changes of etcd's raft", () => {
  it('are 58', () => {
    expect(Object.values(changeCases).flat()).toHaveLength(58)
  })

  it.each(Object.entries(changeCases))('%s', (_, cases) => {
    let configuration = configurationOf([])
    for (const one of cases) {
      const next = apply(configuration, one)
      if (typeof one.result === 'string') {
        expect(next, JSON.stringify(one)).toBeInstanceOf(InvalidChange)
        expect((next as InvalidChange).why).toMatch(reasons[one.result] as RegExp)
      } else {
        expect(next, JSON.stringify(one)).not.toBeInstanceOf(InvalidChange)
        configuration = next as Configuration
        const { members, ...expected } = one.result
        expect(configuration, JSON.stringify(one)).toEqual(expected)
        expect([...quorumOf(configuration).members].sort((a, b) => a - b)).toEqual(members)
      }
    }
  })
})
