import { beforeEach, describe, expect, test } from 'vitest'
import { entries, entry, FakeGroup } from './fake-group.js'

let group: FakeGroup

beforeEach(async () => {
  group = new FakeGroup()
  expect(await group.settled()).toBeUndefined()
})

describe('CommittedImmutable', () => {
  test('trips when a member takes another entry than was committed for committed, before it has applied it', () => {
    group.restart(1)
    const act = group.step(1, (state) => {
      state.term = 1
      state.log.entries.push(...entries(1, 2, 1), entry(3, 2))
      state.commit = 3
    })
    expect(act).toMatch(/^CommittedImmutable: .*member-2 takes entry 3 of term 2 for committed, and the committed one is of term 1/)
  })
  test('trips when a committed entry is replaced later', async () => {
    const act = group.step(2, ({ log }) => log.entries.splice(2, 1, entry(3, 4)))
    expect(act).toMatch(/^CommittedImmutable: .*member-3 takes entry 3 of term 4 for committed/)
  })
  test('allows another entry beyond what the member takes for committed', () => {
    group.restart(1)
    const act = group.step(1, (state) => {
      state.term = 1
      state.log.entries.push(...entries(1, 2, 1), entry(3, 2))
      state.commit = 2
    })
    expect(act).toBeUndefined()
  })
})

describe('StateOrder', () => {
  test.each([
    { flushed: 1, base: 2, verdict: /^StateOrder: .*the log of member-3 begins after entry 2, and its state is flushed up to 1/ },
    { flushed: 4, base: 2, verdict: /^StateOrder: .*member-3 says that its state is flushed up to 4, and it applied 3/ },
    { flushed: 3, base: 2, verdict: undefined },
  ])('judges a log that begins after entry $base over a state that is flushed up to $flushed', ({ flushed, base, verdict }) => {
    const act = group.step(2, ({ log }, node) => {
      node.flushed = { index: flushed, term: 1 }
      log.base = { index: base, term: 1 }
      log.entries.splice(0, base)
    })
    if (verdict === undefined) expect(act).toBeUndefined()
    else expect(act).toMatch(verdict)
  })
  test('allows a member that lost its state to wait for a snapshot', () => {
    const act = group.step(2, (state) => {
      state.lacks = 2
      state.log.base = { index: 2, term: 1 }
      state.log.entries.splice(0, 2)
    })
    expect(act).toBeUndefined()
  })
})

describe('LeaseExclusive', () => {
  const readByLease = () =>
    group.step(0, (_state, node) => {
      node.reads.ask(
        1,
        () => {},
        () => {},
      )
      node.reads.confirmed(1, 3, 3, true)
    })
  const another = async () => {
    await group.persist(1, { kind: 'hard-state', hardState: { term: 2, vote: 1 } })
    const wins = group.step(1, (state) => {
      state.role = 'leader'
      state.term = 2
      state.votes = []
    })
    expect(wins).toBeUndefined()
  }
  test('trips at a read by a lease while another leads a later term', async () => {
    await another()
    expect(readByLease()).toMatch(/^LeaseExclusive: .*member-1 answered a read by its lease of term 1, and term 2 has a leader/)
  })
  test('allows a read by a lease while nobody else leads', () => {
    expect(readByLease()).toBeUndefined()
  })
  test('leaves reads that asked a majority to others', async () => {
    await another()
    const read = group.step(0, (_state, node) => {
      node.reads.ask(
        1,
        () => {},
        () => {},
      )
      node.reads.confirmed(1, 3, 3, false)
    })
    expect(read).toBeUndefined()
  })
})
