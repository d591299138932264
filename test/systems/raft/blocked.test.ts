import { describe, expect, test } from 'vitest'
import raft from '../../../scenarios/raft.scenario.js'
import type { World } from '../../../sim/host/world.js'
import { type AnyScenario, run } from '../../../sim/index.js'
import { blockedMember } from '../../../systems/raft/blocked.js'
import type { RaftNode } from '../../../systems/raft/raft-node.js'
import type { MapMember } from '../../../systems/raft/replicated-map.js'

const node = (state: { suspect: boolean; lacks: number; leader: number | null }) => ({ group: 'g', machineState: state }) as RaftNode

describe('a member that cannot do its part', () => {
  test('says why, and for whom it waits', () => {
    expect(blockedMember(node({ suspect: false, lacks: 0, leader: null }))).toEqual([])
    expect(blockedMember(node({ suspect: true, lacks: 0, leader: null }))).toEqual([
      'g: a suspect member waits for a leader, and there is none: it may have forgotten what it acknowledged',
    ])
    expect(blockedMember(node({ suspect: false, lacks: 7, leader: 2 }))).toEqual([
      'g: a member that lost its state, or its log, up to entry 7 waits for a snapshot of its leader',
    ])
  })

  test('is told when a majority of suspects holds a whole group up', async () => {
    const members = raft.system.roles.member
    const doubting = {
      ...raft,
      system: {
        ...raft.system,
        roles: {
          member: {
            ...members,
            // Beyond what the group survives: three of five forget what they acknowledged.
            boot: async (host: Parameters<typeof members.boot>[0]) => {
              const member = await members.boot(host)
              if (host.name !== 'member-1' && host.name !== 'member-2') member.node.machineState.suspect = true
              return member
            },
          },
        },
      },
      invariants: [],
      recovery: [],
      eventually: [
        {
          name: 'somebody leads',
          within: 2e9,
          holds: ({ hosts }: World<{ member: MapMember }>) => hosts.member.some(({ process }) => process?.node.isLeader === true),
        },
      ],
    }
    const { outcome, violation } = await run({ scenario: doubting as unknown as AnyScenario, seed: '1', faults: 'none', duration: 2e9 } as never)
    expect([outcome, violation?.check]).toEqual(['violation', 'somebody leads'])
    expect(violation?.message).toContain('member-3: map: a suspect member waits for a leader, and there is none')
  })
})
