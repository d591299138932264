import { expect, test } from 'vitest'
import type { Clock } from '../../../sim/host/seam.js'
import { configurationOf } from '../../../systems/raft/configuration.js'
import { GroupMembers } from '../../../systems/raft/group-members.js'
import type { RaftInput, Role } from '../../../systems/raft/messages.js'

const peers = ['one', 'two', 'three', 'four'] as const

/** Of the member `one`: `two` votes, too, `three` learns, `four` is no member. */
function membersOf(role: Role): { members: GroupMembers; inputs: RaftInput[] } {
  const inputs: RaftInput[] = []
  const node = {
    peers,
    hasLeaseReads: false,
    machineState: { id: 0, configuration: configurationOf([0, 1], [2]), role, leader: role === 'leader' ? 0 : 1 },
    change: async () => {},
    input: (input: RaftInput) => inputs.push(input),
    onLeadershipChange: () => ({ close: () => {} }),
  }
  return { members: new GroupMembers(node, { timer: () => ({ cancel: () => {} }) } as unknown as Clock, 1), inputs }
}

test.each([
  { to: 'one', why: 'leads already' },
  { to: 'three', why: 'does not vote' },
  { to: 'four', why: 'does not vote' },
])('to hand leadership on to $to, who $why, is refused at once', async ({ to, why }) => {
  const { members, inputs } = membersOf('leader')
  await expect(members.transferLeadership(to)).rejects.toMatchObject({ code: 'misuse', message: expect.stringContaining(why) })
  expect(inputs).toEqual([])
})

test('a member that does not lead says who does, whomever leadership is to go to', async () => {
  for (const to of peers) await expect(membersOf('follower').members.transferLeadership(to)).rejects.toMatchObject({ code: 'not-leader', leader: 'two' })
})

test('to a voter it is handed on', () => {
  const { members, inputs } = membersOf('leader')
  void members.transferLeadership('two')
  expect(inputs).toEqual([{ kind: 'transfer', to: 1 }])
})
