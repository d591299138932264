import { describe, expect, it } from 'vitest'
import type { AppendResponse, Durable } from '../../../systems/raft/messages.js'
import { emptyDurable } from '../../../systems/raft/persist.js'
import { CoreCluster } from './core-cluster.js'

const wiped: Durable = { ...emptyDurable, suspect: true, wiped: true }

/** Member 2 is in its fifth life, all hold three entries; `incarnation` is that of the life which its blank disk then begins. */
function replaced(incarnation: number, { lives = 5 } = {}): CoreCluster {
  // The invariants take lives of one number for one life.
  const cluster = new CoreCluster(3, { forwardsProposals: true }, [], lives > 1)
  for (let life = 1; life < lives; life++) {
    cluster.crash(2)
    cluster.boot(2)
  }
  cluster.elect(0)
  cluster.propose(0)
  cluster.propose(0)
  cluster.settle()
  cluster.beat(0)
  expect(cluster.state(0).progress[2]).toMatchObject({ incarnation: lives, matched: 3, suspect: false })
  cluster.crash(2)
  cluster.node(2).incarnation = incarnation - 1
  cluster.node(2).durable = wiped
  cluster.boot(2)
  return cluster
}

const known = (cluster: CoreCluster) => cluster.state(0).progress[2]

/** What the life before may have said last, and what is late. */
function late(cluster: CoreCluster, said: Partial<AppendResponse>): void {
  const response: AppendResponse = {
    kind: 'append-response',
    term: 1,
    rejected: false,
    index: 3,
    hintIndex: 0,
    hintTerm: 0,
    round: 0,
    incarnation: 5,
    suspect: false,
    lacks: 0,
    ...said,
  }
  cluster.receive(0, 2, response)
}

describe('A Raft member on a new disk whose count of lives starts again', () => {
  it.each([1, 3])('is taught, trusted and counted again, as life %i after life 5', (incarnation) => {
    const cluster = replaced(incarnation)
    for (let i = 0; i < 8; i++) cluster.beat(0)
    expect(known(cluster)).toMatchObject({ incarnation, suspect: false })
    expect(cluster.state(2)).toMatchObject({ suspect: false, wiped: false })
    expect(cluster.log(2)).toBe(cluster.log(0))
    const { commit } = cluster.state(0)
    cluster.propose(0)
    cluster.settle({ except: [1] })
    expect(cluster.state(0).commit).toBe(commit + 1)
  })

  it('counts for nothing in the place of a life of the same number', () => {
    const cluster = replaced(1, { lives: 1 })
    cluster.propose(0)
    cluster.settle({ except: [1] })
    expect(cluster.state(0).commit).toBe(3)
    for (let i = 0; i < 8; i++) cluster.beat(0)
    expect(known(cluster)).toMatchObject({ incarnation: 1, suspect: false })
    expect(cluster.log(2)).toBe(cluster.log(0))
  })

  it('is not met in the late word of an earlier life that was blank, too', () => {
    const cluster = new CoreCluster(3)
    for (let life = 1; life < 5; life++) {
      cluster.crash(2)
      cluster.boot(2)
    }
    cluster.elect(0)
    cluster.propose(0)
    cluster.settle()
    for (let i = 0; i < 3; i++) {
      late(cluster, { index: 0, incarnation: 2, suspect: true, wiped: true })
      cluster.beat(0)
    }
    expect(known(cluster)).toMatchObject({ incarnation: 5, suspect: false, matched: 2, since: 0 })
  })

  it.each([
    { of: 'a higher number', incarnation: 5, lives: 5 },
    { of: 'its own number', incarnation: 1, lives: 1 },
  ])('is not credited with what the disk before held, by a late word of $of', ({ incarnation, lives }) => {
    const cluster = replaced(1, { lives })
    for (let i = 0; i < 2; i++) {
      cluster.timer(0, 'heartbeat')
      cluster.deliver(({ to }) => to === 2)
      cluster.saveAll(2)
      cluster.deliver(({ from, message }) => from === 2 && message.kind === 'heartbeat-response')
    }
    expect(known(cluster)).toMatchObject({ incarnation: 1, suspect: true, matched: 0 })
    const { round } = cluster.state(0).reads
    // It answered every round that there was while it lived.
    for (let answered = 0; answered < round; answered++) late(cluster, { incarnation, round: answered })
    expect(known(cluster)).toMatchObject({ incarnation: 1, suspect: true, matched: 0 })
  })

  it('gets a snapshot, and its word that it is there counts', () => {
    const cluster = replaced(1)
    cluster.input(0, { kind: 'compact', index: 3 })
    cluster.settle({ except: [2] })
    for (let i = 0; i < 16; i++) cluster.beat(0)
    expect(cluster.events(2, 'install')).toHaveLength(1)
    expect(known(cluster)).toMatchObject({ incarnation: 1, suspect: false, mode: 'replicate' })
    expect(cluster.state(2).applied).toBe(cluster.state(0).applied)
  })

  it('hands nothing on in the term in which that happened: its numbers may have been used before', () => {
    const cluster = replaced(1)
    for (let i = 0; i < 8; i++) cluster.beat(0)
    const last = cluster.state(0).log.entries.length
    const id = cluster.propose(2)
    cluster.settle()
    expect(cluster.events(2, 'proposal-rejected')).toMatchObject([{ id, reason: 'busy' }])
    expect(cluster.state(0).log.entries).toHaveLength(last)
  })
})
