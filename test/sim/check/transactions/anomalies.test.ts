import { describe, expect, test } from 'vitest'
import { checkTransactions, transactional } from '../../../../sim/check/transactions/check-transactions.js'
import { brokenLevels, isolationLevels, type rulesOut } from '../../../../sim/check/transactions/isolation-levels.js'
import type { MicroOp, TransactionRecord } from '../../../../sim/check/transactions/transaction.js'
import { type Fate, transaction } from './transaction-histories.js'

const a = (key: string, value: number): MicroOp => ['append', key, value]
const w = (key: string, value: number): MicroOp => ['w', key, value]
const r = (key: string, shown: unknown): MicroOp => ['r', key, shown]

/** All at the same time, each by a client of its own, unless a span says otherwise. */
const history = (
  ...all: readonly (readonly MicroOp[] | { steps: readonly MicroOp[]; client?: number; from?: number; to?: number; fate?: Fate })[]
): TransactionRecord[] =>
  all
    .map((one, i) => {
      const { steps, client = i, from = i, to = 1_000 + i, fate = 'ok' } = 'steps' in one ? one : { steps: one }
      return transaction(client, from, to, steps, fate)
    })
    .sort((x, y) => x.invokedAtStep - y.invokedAtStep)

const names = (model: 'list-append' | 'rw-register', records: readonly TransactionRecord[]): string[] => [
  ...new Set(checkTransactions(model, records).anomalies.map(({ name }) => name)),
]

describe('over lists', () => {
  const cases: Record<string, TransactionRecord[]> = {
    '': history([a('x', 1)], [r('x', [1]), a('x', 2)], [r('x', [1, 2])]),
    G0: history([a('x', 1), a('y', 1)], [a('x', 2), a('y', 2)], [r('x', [1, 2]), r('y', [2, 1])]),
    G1a: history({ steps: [a('x', 1)], fate: 'fail' }, [r('x', [1])]),
    G1b: history([a('x', 1), a('x', 2)], [r('x', [1])]),
    G1c: history([a('x', 1), r('y', [1])], [a('y', 1), r('x', [1])]),
    'G-single': history([a('x', 1), a('y', 1)], [r('x', [1]), r('y', [])]),
    'G-nonadjacent': history([a('x', 1)], [r('x', [1]), r('y', [])], [a('y', 1)], [r('y', [1]), r('x', [])]),
    'G2-item': history([r('x', []), a('y', 1)], [r('y', []), a('x', 1)], [r('x', [1]), r('y', [1])]),
    internal: history([a('x', 1), r('x', [])]),
    'future-read': history([r('x', [1]), a('x', 1)], [r('x', [1])]),
    'incompatible-order': history([a('x', 1)], [a('x', 2)], [r('x', [1])], [r('x', [2])]),
    'duplicate-elements': history([a('x', 1)], [r('x', [1, 1])]),
    'garbage-read': history([r('x', [7])]),
    'G-single-process': history({ steps: [a('x', 1)], client: 1, from: 1, to: 2 }, { steps: [r('x', [])], client: 1, from: 3, to: 4 }, [r('x', [1])]),
    'G-single-realtime': history({ steps: [a('x', 1)], client: 1, from: 1, to: 2 }, { steps: [r('x', [])], client: 7, from: 3, to: 4 }, [r('x', [1])]),
    'G0-realtime': history({ steps: [a('x', 1)], from: 1, to: 2 }, { steps: [a('x', 2)], from: 3, to: 4 }, { steps: [r('x', [2, 1])], from: 5, to: 6 }),
    'G1c-process': history({ steps: [r('x', [1])], client: 1, from: 1, to: 2 }, { steps: [a('x', 1)], client: 1, from: 3, to: 4 }),
  }
  test.each(Object.entries(cases))('%s is found, and nothing else', (name, records) => {
    // Who reads half of what another appended read before the other half, too.
    const also: Record<string, string[]> = { G1b: ['G-single'] }
    expect([...names('list-append', records)].sort()).toEqual(name === '' ? [] : [name, ...(also[name] ?? [])].sort())
  })

  test('a dirty update is an aborted read, too', () => {
    const records = history({ steps: [a('x', 1)], fate: 'fail' }, [a('x', 2)], [r('x', [1, 2])])
    expect(names('list-append', records)).toEqual(['G1a', 'dirty-update'])
  })

  test('a phantom is G2, and no anomaly of repeatable read', () => {
    const scan = (shown: Record<string, unknown>): MicroOp => ['scan', 'user', shown]
    const records = history([scan({}), a('user1', 1)], [scan({}), a('user2', 2)], [scan({ user1: [1], user2: [2] })])
    const { anomalies, broken } = checkTransactions('list-append', records)
    expect(anomalies.map(({ name }) => name)).toEqual(['G2'])
    expect(broken).toEqual(['serializable', 'strong-session-serializable', 'strict-serializable'])
    const single = history([scan({}), r('log', [1])], [a('user1', 1), a('log', 1)])
    expect(checkTransactions('list-append', single, { level: 'repeatable-read' }).verdict).toBe('yes')
    expect(checkTransactions('list-append', single, { level: 'snapshot-isolation' }).verdict).toBe('no')
  })

  test('a transaction of unknown outcome counts once it was seen', () => {
    const records = (...seen: (readonly MicroOp[])[]) => history({ steps: [a('x', 1), a('y', 1)], fate: 'unknown' }, ...seen)
    expect(names('list-append', records([r('x', [1]), r('y', [])]))).toEqual(['G-single'])
    expect(names('list-append', records([r('x', []), r('y', [])]))).toEqual([])
  })

  test('the smallest cycle is told in words', () => {
    const { anomalies } = checkTransactions('list-append', history([a('x', 1), a('y', 1)], [r('x', [1]), r('y', [])]))
    expect(anomalies[0]!.message).toMatch(
      /^T1 < T0 < T1, which cannot be: T1 < T0, because T1 found key "y" empty, which T0 began with 1; T0 < T1, because T1 saw T0's append of 1 to key "x"\. Here T1 \(client-1, /,
    )
    // Of two cycles of one sort, one through three transactions and one through two.
    const two = history([a('x', 1), r('z', [1])], [a('y', 1), r('x', [1])], [a('z', 1), r('y', [1])], [a('p', 1), r('q', [1])], [a('q', 1), r('p', [1])])
    const lengths = checkTransactions('list-append', two).anomalies.map(({ transactions }) => transactions.length)
    expect(lengths.sort()).toEqual([2, 3])
    const joined = history([a('x', 1), r('z', [1]), r('y', [1])], [a('y', 1), r('x', [1])], [a('z', 1), r('y', [1])])
    expect(checkTransactions('list-append', joined).anomalies.map(({ transactions }) => transactions.length)).toEqual([2])
  })

  test('what breaks a session is no anomaly of serializability', () => {
    const records = cases['G-single-process']!
    expect(checkTransactions('list-append', records, { level: 'serializable' }).verdict).toBe('yes')
    expect(checkTransactions('list-append', records, { level: 'strong-session-serializable' }).verdict).toBe('no')
    expect(checkTransactions('list-append', cases['G-single-realtime']!, { level: 'strong-session-serializable' }).verdict).toBe('yes')
    expect(checkTransactions('list-append', cases['G-single-realtime']!, { level: 'strict-serializable' }).verdict).toBe('no')
  })

  test('values that are not unique cannot be judged', () => {
    expect(() => checkTransactions('list-append', history([a('x', 1)], [a('x', 1)]))).toThrow('1 is written to key "x" by T0')
  })

  test('a workload is judged by its first anomaly, at the last transaction of it', () => {
    const judge = transactional('list-append', { level: 'snapshot-isolation' })
    expect(judge(cases['G2-item']!)).toBeUndefined()
    expect(judge(cases['G-single']!)).toMatchObject({ check: 'not snapshot-isolation (G-single)', record: { client: 1 } })
  })
})

describe('over registers', () => {
  const cases: Record<string, TransactionRecord[]> = {
    '': history([w('x', 1)], [r('x', 1), w('x', 2)], [r('x', 2)]),
    G1a: history({ steps: [w('x', 1)], fate: 'fail' }, [r('x', 1)]),
    G1b: history([w('x', 1), w('x', 2)], [r('x', 1)]),
    G1c: history([w('x', 1), r('y', 1)], [w('y', 1), r('x', 1)]),
    'G-single': history([w('x', 1), w('y', 1)], [r('x', 1), r('y', null)]),
    'G2-item': history([r('x', null), w('y', 1)], [r('y', null), w('x', 1)]),
    internal: history([w('x', 1), r('x', 2)], [w('x', 2)]),
    'garbage-read': history([r('x', 7)]),
    'no-serial-order': history([w('x', 1), w('y', 1)], [w('x', 2), w('y', 2)], [r('x', 1), r('y', 2)]),
  }
  test.each(Object.entries(cases))('%s is found, and nothing else', (name, records) => {
    const found = names('rw-register', records)
    expect(found).toEqual(name === '' ? [] : name === 'internal' ? expect.arrayContaining(['internal']) : [name])
  })

  test('a lost update is an anti-dependency both ways, too', () => {
    const records = history([w('x', 1)], [r('x', 1), w('x', 2)], [r('x', 1), w('x', 3)])
    expect(names('rw-register', records)).toEqual(['lost-update', 'G2-item'])
    expect(checkTransactions('rw-register', records, { level: 'snapshot-isolation' }).verdict).toBe('no')
  })

  test('keys that are known to be linearizable tell the order of their versions', () => {
    // G0: each key by itself follows real time, and together they cannot.
    const records = history(
      { steps: [w('x', 1)], from: 1, to: 2 },
      { steps: [r('x', 2), w('z', 1)], from: 5, to: 6 },
      { steps: [w('x', 2), w('y', 1)], from: 3, to: 4 },
      { steps: [r('x', 1), r('y', 1)], from: 7, to: 8 },
    )
    expect(names('rw-register', records)).not.toContain('cyclic-versions')
    expect(checkTransactions('rw-register', records, { linearizableKeys: true }).anomalies.map(({ name }) => name)).toContain('cyclic-versions')
  })
})

describe('levels', () => {
  test('of a cycle without writes in between are those that exclude it', () => {
    const broken = (name: Parameters<typeof rulesOut>[1]['name']) => brokenLevels([{ name, message: '', transactions: [], predicate: false }])
    expect(broken('G0')).toEqual(isolationLevels)
    expect(broken('G1a')).toEqual(isolationLevels.filter((level) => level !== 'read-uncommitted'))
    expect(broken('G2-item')).toEqual(['repeatable-read', 'serializable', 'strong-session-serializable', 'strict-serializable'])
    expect(broken('G-single-realtime')).toEqual(['strong-snapshot-isolation', 'strict-serializable'])
    expect(broken('G2-realtime')).toEqual(['strict-serializable'])
  })
})
