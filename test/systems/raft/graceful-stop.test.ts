import { describe, expect, test } from 'vitest'
import { ms } from '../../../sim/index.js'
import { MapCluster } from './map-cluster.js'

describe('a member that is asked to stop', () => {
  test('leaves in order and in time, with all that it said on its disk, and the others go on', async () => {
    await using cluster = await MapCluster.start('21', { walSegmentBytes: 8_192 })
    const leader = cluster.leader as string
    for (let i = 1; i <= 20; i++) expect((await cluster.put(leader, `k${i}`, i)).kind).toBe('ok')
    cluster.simulation.restart(leader, { graceNanos: ms(500) })
    const next = await cluster.untilLeader(cluster.members.filter((name) => name !== leader))
    expect((await cluster.put(next, 'after', 1)).kind).toBe('ok')
    await cluster.untilAllApplied(cluster.members, cluster.member(next).node.commit)
    expect(cluster.member(leader).state.get('k20')).toBe(20)
    const report = await cluster.simulation.finish()
    expect(report.outcome).toBe('passed')
    expect(report.statistics.killedStopping ?? 0).toBe(0)
    expect(report.properties.find(({ name }) => name === 'stops in order when it is asked to')?.held).toBe(1)
  })

  test('leads no longer at once, and leaves nothing to apply again', async () => {
    await using cluster = await MapCluster.start('22')
    const leader = cluster.leader as string
    expect((await cluster.put(leader, 'k', 1)).kind).toBe('ok')
    const { node } = cluster.member(leader)
    cluster.simulation.restart(leader, { graceNanos: ms(500) })
    await cluster.simulation.until(() => !node.isLeader, { within: ms(1) })
    await cluster.simulation.until(() => cluster.simulation.world.host(leader)?.incarnation === 2, { within: ms(500) })
    expect(node.flushed.index).toBe(node.applied)
    await cluster.simulation.until(() => cluster.simulation.world.host(leader)?.process !== undefined, { within: ms(500) })
    expect(cluster.member(leader).node.applied).toBeGreaterThanOrEqual(node.applied)
  })
})
