import { describe, expect, it } from 'vitest'
import type { RaftOptions } from '../../../systems/raft/options.js'
import { CoreCluster } from './core-cluster.js'

/** Node 2 is cut off while the others write ten entries and forget all but two of them. */
function behind(options: Partial<RaftOptions> = {}): CoreCluster {
  const cluster = new CoreCluster(3, options)
  cluster.elect(0)
  for (let i = 0; i < 9; i++) cluster.propose(0)
  cluster.settle({ except: [2] })
  cluster.input(0, { kind: 'compact', index: 8 })
  cluster.settle({ except: [2] })
  return cluster
}

describe('Raft compaction and snapshots', () => {
  it('compaction forgets entries in memory and on the disk, and keeps the place before the rest', () => {
    const cluster = behind()
    expect(cluster.log(0)).toBe('9:1 10:1')
    expect(cluster.node(0).durable).toMatchObject({ base: { index: 8, term: 1 }, entries: [{ index: 9 }, { index: 10 }] })
    expect(() => cluster.input(0, { kind: 'compact', index: 11 })).toThrow('not applied')
  })

  it('a follower whose entries are gone gets a snapshot in chunks, then the rest', () => {
    const cluster = behind()
    cluster.beat(0)
    cluster.beat(0)
    expect(cluster.events(2, 'chunk-received').map(({ offset, total }) => [offset, total])).toEqual([
      [0, 2],
      [1, 2],
    ])
    expect(cluster.events(2, 'install')).toEqual([{ kind: 'install', snapshot: { index: 10, term: 1 } }])
    expect([cluster.state(2).commit, cluster.state(2).applied]).toEqual([10, 10])
    cluster.propose(0)
    cluster.settle()
    cluster.beat(0)
    expect(cluster.log(2)).toBe('11:1')
  })

  it('chunks that are lost are asked for again', () => {
    const cluster = behind()
    for (let i = 0; i < 30 && cluster.state(2).applied < 10; i++) {
      cluster.timer(0, 'heartbeat')
      cluster.settle({ saves: true, except: i % 2 === 0 ? [2] : [] })
      if (i % 3 === 0) cluster.take(({ message }) => message.kind === 'snapshot-chunk-request')
    }
    expect(cluster.state(2).applied).toBe(10)
  })

  /** Its first chunk is on its way to node 2, and what was committed since is applied. */
  const onItsWay = (maxEntriesForSnapshots: number): CoreCluster => {
    const cluster = behind({ maxEntriesForSnapshots })
    for (let i = 0; i < 20 && cluster.state(0).progress[2]?.snapshot == null; i++) {
      if (cluster.network.length > 0) cluster.deliver()
      else cluster.timer(0, 'heartbeat')
      const input = cluster.node(0).inputs.shift()
      if (input !== undefined) cluster.input(0, input)
    }
    expect(cluster.state(0).progress[2]?.snapshot).toEqual({ index: 10, term: 1 })
    for (let i = 0; i < 4; i++) cluster.propose(0)
    cluster.settle({ except: [2] })
    expect(cluster.state(0).applied).toBe(14)
    cluster.input(0, { kind: 'compact', index: 14 })
    cluster.settle({ except: [2] })
    return cluster
  }

  it('compaction leaves what follows a snapshot on its way, so that the follower needs no other', () => {
    const cluster = onItsWay(4)
    expect(cluster.log(0)).toBe('11:1 12:1 13:1 14:1')
    for (let i = 0; i < 6; i++) cluster.beat(0)
    expect(cluster.events(2, 'install')).toEqual([{ kind: 'install', snapshot: { index: 10, term: 1 } }])
    expect([cluster.state(2).applied, cluster.log(2)]).toEqual([14, '11:1 12:1 13:1 14:1'])
  })

  it('but no more than so many entries: the follower gets another snapshot then', () => {
    const cluster = onItsWay(3)
    expect(cluster.log(0)).toBe('')
    for (let i = 0; i < 8; i++) cluster.beat(0)
    expect(cluster.state(2).applied).toBe(14)
    expect(cluster.events(2, 'install').map(({ snapshot }) => snapshot.index)).toContain(14)
  })

  it('a follower that crashes before it has installed begins anew', () => {
    const cluster = behind()
    cluster.timer(0, 'heartbeat')
    for (let i = 0; i < 40 && cluster.events(2, 'install').length === 0; i++) {
      cluster.deliver()
      const input = cluster.node(0).inputs.shift()
      if (input !== undefined) cluster.input(0, input)
      if (cluster.node(0).timers.includes('heartbeat') && cluster.network.length === 0) cluster.timer(0, 'heartbeat')
    }
    expect(cluster.events(2, 'install')).toHaveLength(1)
    cluster.crash(2)
    cluster.boot(2)
    expect(cluster.state(2).applied).toBe(0)
    for (let i = 0; i < 6; i++) cluster.beat(0)
    expect(cluster.state(2).applied).toBe(10)
  })

  it('a follower that crashes after the state machine has the snapshot and before the log knows starts its log from there', () => {
    const cluster = behind()
    const node = cluster.node(2)
    cluster.crash(2)
    node.durable = {
      hardState: { term: 1, vote: null },
      base: { index: 0, term: 0 },
      configuration: null,
      expected: null,
      entries: [],
      incarnation: 1,
      suspect: false,
      wiped: false,
      applied: { index: 10, term: 1 },
    }
    cluster.boot(2)
    expect(cluster.state(2)).toMatchObject({ commit: 10, applied: 10, log: { base: { index: 10, term: 1 } } })
    cluster.saveAll(2)
    expect(node.durable?.base).toEqual({ index: 10, term: 1 })
  })

  it('nothing is applied and nobody campaigns while a snapshot is being installed', () => {
    const cluster = behind()
    cluster.timer(0, 'heartbeat')
    for (let i = 0; i < 40 && cluster.state(2).installing === null; i++) {
      cluster.deliver()
      const input = cluster.node(0).inputs.shift()
      if (input !== undefined) cluster.input(0, input)
      if (cluster.network.length === 0) cluster.timer(0, 'heartbeat')
    }
    cluster.timeOut(2)
    expect(cluster.state(2).role).toBe('follower')
    cluster.input(2, { kind: 'install-failed', snapshot: { index: 10, term: 1 } })
    cluster.node(2).inputs.length = 0
    expect(cluster.state(2)).toMatchObject({ installing: null, applied: 1 })
    for (let i = 0; i < 6; i++) cluster.beat(0)
    expect(cluster.state(2).applied).toBe(10)
  })

  it('a snapshot that the process has not ready is asked for again later', () => {
    const cluster = behind()
    cluster.timer(0, 'heartbeat')
    for (let i = 0; i < 10 && cluster.node(0).inputs.length === 0; i++) {
      cluster.deliver()
    }
    cluster.node(0).inputs.length = 0
    cluster.input(0, { kind: 'chunk-unavailable', to: 2 })
    for (let i = 0; i < 4; i++) cluster.beat(0)
    expect(cluster.state(2).applied).toBe(10)
  })
})
