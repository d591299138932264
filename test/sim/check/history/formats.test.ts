import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EdnReader } from '../../../../sim/check/history/edn-reader.js'
import { ednText } from '../../../../sim/check/history/edn-text.js'
import { HistoryError } from '../../../../sim/check/history/history-error.js'
import { jsonText, valueOfJson } from '../../../../sim/check/history/json-values.js'
import { formatOf, plainDialect, readHistory } from '../../../../sim/check/history/read-history.js'
import { HistoryRecorder } from '../../../../sim/check/history/recorder.js'
import { historyToEdn, historyToEventLines, historyToJsonLines } from '../../../../sim/check/history/write-history.js'
import type { OperationRecord } from '../../../../sim/check/history.js'
import { modelDialects } from '../../../../sim/check/linearizability/model-dialects.js'
import type { KvOp } from '../../../../sim/check/linearizability/models.js'
import { queueDialect } from '../../../../sim/check/queue/queue-dialect.js'
import { transactionDialect } from '../../../../sim/check/transactions/transaction-dialect.js'
import { NetError } from '../../../../sim/host/errors.js'
import { failed, inTurn, ok, record, unknown } from '../sessions/records.js'

const forms = (text: string): unknown[] => {
  const reader = new EdnReader(text)
  const all: unknown[] = []
  while (reader.hasNext()) all.push(reader.next())
  return all
}

describe('EDN', () => {
  test('reads every sort of form', () => {
    expect(forms('nil true -12 +3 1.5e3 2M 7N 1/2 :key :a.b/c sym "a\\n\\"\\u00e9" \\a \\newline')).toEqual([
      null,
      true,
      -12,
      3,
      1500,
      2,
      7,
      0.5,
      ':key',
      ':a.b/c',
      'sym',
      'a\n"é',
      'a',
      '\n',
    ])
    expect(forms('12345678901234567890 ##Inf ##NaN')).toEqual([12345678901234567890n, Number.POSITIVE_INFINITY, Number.NaN])
    expect(forms('[1, (2 3)] #{4} {:a 1 "b" 2 3 4 [5] 6} ; a comment\n#_ignored #inst "2020" #jepsen.history.Op{:f :r}')).toEqual([
      [1, [2, 3]],
      [4],
      { a: 1, b: 2, '3': 4, '[5]': 6 },
      '2020',
      { f: ':r' },
    ])
  })

  test.each([
    ['[1 2', 'line 1: the text ends within a form'],
    ['1\n]', "line 2: ']' closes nothing"],
    ['{:a}', 'line 1: a map has no value for a'],
    ['"abc', 'line 1: a string is never closed'],
    ['1x', 'line 1: 1x is no number'],
    ['##Nan', 'line 1: ##Nan is no number'],
  ])('tells what is wrong with %j, and where', (text, message) => {
    expect(() => forms(text)).toThrow(message)
    expect(() => forms(text)).toThrow(HistoryError)
  })

  const plain = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(null, true, false),
      fc.integer(),
      fc.double({ noNaN: true }).filter((number) => !Object.is(number, -0)),
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(':keyword', 'a b', '"', '\\', '1', ':'),
      fc.bigInt({ min: 2n ** 60n, max: 2n ** 70n }),
      fc.uint8Array({ maxLength: 4 }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.oneof(fc.string({ maxLength: 4 }), fc.constantFrom('a', '0', '-1', '01', ':x')), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).value

  test('reads back what it wrote', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect(forms(ednText(value))).toEqual([value])
      }),
      { numRuns: 500 },
    )
  })

  test('as does JSON, with all that JSON has no word for', () => {
    const all = fc.oneof(plain, fc.constantFrom(undefined, Number.NaN, -0, [undefined], { $bigint: '7' }, { $object: { $undefined: true } }))
    fc.assert(
      fc.property(all, (value) => {
        expect(valueOfJson(jsonText(value))).toEqual(value)
      }),
      { numRuns: 500 },
    )
  })
})

/** Steps are counted anew where events are counted. */
const unstepped = (history: readonly OperationRecord<unknown, unknown>[]) =>
  history.map(({ client, op, outcome, invokedAt, completedAt }) => ({ client, op, outcome, invokedAt, completedAt }))

describe('a history', () => {
  const histories = fc
    .array(
      fc.record({
        client: fc.integer({ min: 0, max: 3 }),
        op: fc.oneof(
          fc.record({ f: fc.constant('put' as const), key: fc.constantFrom('a', 1), value: fc.integer() }),
          fc.record({ f: fc.constant('get' as const), key: fc.constantFrom('a', 1) }),
          fc.record({ f: fc.constant('cas' as const), key: fc.constantFrom('a', 1), from: fc.integer(), to: fc.integer() }),
        ),
        fate: fc.constantFrom('ok', 'ok', 'fail', 'unknown', 'silent'),
        result: fc.oneof(fc.integer(), fc.constant(null)),
      }),
      { maxLength: 12 },
    )
    .map((drawn) =>
      drawn.map(({ client, op, fate, result }, i): OperationRecord<KvOp, unknown> => {
        const answer = op.f === 'get' ? result : op.f === 'cas' ? result !== null : true
        if (fate === 'silent') return record<KvOp, unknown>(client + 10 * i, op, 2 * i + 1, 0, unknown)
        if (fate === 'unknown')
          return {
            ...record<KvOp, unknown>(client, op, 2 * i + 1, 0, { kind: 'unknown', error: 'timeout' }),
            completedAtStep: 2 * i + 2,
            completedAt: (2 * i + 2) * 1e6,
          }
        return record<KvOp, unknown>(client, op, 2 * i + 1, 2 * i + 2, fate === 'fail' ? failed : ok(answer))
      }),
    )

  test('is the same after each format', () => {
    fc.assert(
      fc.property(histories, (history) => {
        expect(readHistory(historyToJsonLines(history), modelDialects.kv)).toEqual(history)
        for (const text of [historyToEdn(history, modelDialects.kv), historyToEventLines(history, modelDialects.kv)]) {
          if (history.length > 0) expect(formatOf(text)).toBe(text.startsWith('{"') ? 'json' : 'edn')
          expect(unstepped(readHistory(text, modelDialects.kv))).toEqual(unstepped(history))
        }
      }),
      { numRuns: 200 },
    )
  })

  test('in doubt ends its process, as in Jepsen, and its client goes on', () => {
    const lost = { ...record<KvOp, unknown>(1, { f: 'put', key: 'a', value: 1 }, 1, 0, unknown), completedAtStep: 2, completedAt: 2e6 }
    const text = historyToEdn([lost, record<KvOp, unknown>(1, { f: 'get', key: 'a' }, 3, 4, ok(1))], modelDialects.kv)
    expect(text.split('\n').slice(0, 3)).toEqual([
      '{:index 0, :time 1000000, :process 1, :type :invoke, :f :put, :key "a", :value 1}',
      '{:index 1, :time 2000000, :process 1, :type :info, :f :put, :key "a", :value 1}',
      '{:index 2, :time 3000000, :process 2, :type :invoke, :f :get, :key "a", :client 1, :value nil}',
    ])
  })

  test("is read in Jepsen's own forms, without its nemesis", () => {
    const edn = `[{:process 0, :type :invoke, :f :read, :value [:x nil]} {:process :nemesis, :type :info, :f :start}
      #jepsen.history.Op{:process 0, :type :ok, :f :read, :value [:x 3], :time 5}]`
    expect(readHistory(edn, modelDialects.kv)).toMatchObject([{ client: 0, op: { f: 'get', key: ':x' }, outcome: { kind: 'ok', result: 3 }, completedAt: 5 }])
    const log = 'INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\nINFO  jepsen.core - waiting\nINFO  jepsen.util - 0\t:fail\t:cas\t[1 2]\n'
    expect(readHistory(log, modelDialects['cas-register'])).toMatchObject([{ op: { f: 'cas', from: 1, to: 2 }, outcome: { kind: 'ok', result: false } }])
    const timedOut = log.replace(':fail\t:cas\t[1 2]', ':fail\t:cas\t[1 2]\t:timed-out')
    expect(readHistory(timedOut, modelDialects['cas-register'])).toMatchObject([{ outcome: { kind: 'fail', error: ':timed-out' } }])
  })

  test('of transactions and of logs is the same after EDN', () => {
    const txn = inTurn([
      1,
      { f: 'txn' as const, value: [['append', 'x', 1] as const, ['r', 'x', null] as const] },
      ok([['append', 'x', 1] as const, ['r', 'x', [1]] as const]),
    ])
    expect(unstepped(readHistory(historyToEdn(txn, transactionDialect), transactionDialect))).toEqual(unstepped(txn))
    const queue = inTurn([
      1,
      { f: 'txn' as const, value: [['send', 'k', 1] as const, ['poll'] as const] },
      ok({ steps: [['send', 'k', [0, 1]] as const, ['poll', { k: [[0, 1] as const] }] as const], rebalanced: ['k'] }),
    ])
    expect(unstepped(readHistory(historyToEdn(queue, queueDialect), queueDialect))).toEqual(unstepped(queue))
  })

  test('of anything is read and written plainly', () => {
    const events = '{"process":1,"type":"invoke","f":"bid","value":5,"item":"lamp"}\n{"process":1,"type":"ok","f":"bid","value":{"high":7},"item":"lamp"}\n'
    const history = readHistory(events, plainDialect)
    expect(history).toMatchObject([{ op: { f: 'bid', value: 5, item: 'lamp' }, outcome: { kind: 'ok', result: { high: 7 } } }])
    expect(unstepped(readHistory(historyToEdn(history, plainDialect), plainDialect))).toEqual(unstepped(history))
  })

  test('without steps is ordered by time, and what touches overlaps', () => {
    const line = (client: number, invokedAt: number, completedAt: number) =>
      JSON.stringify({ client, op: { f: 'get', key: 'a' }, invokedAt, completedAt, outcome: { kind: 'ok', result: null } })
    const [first, second] = readHistory([line(2, 50, 90), line(1, 10, 50)].join('\n'), modelDialects.kv)
    expect([first!.client, second!.client]).toEqual([1, 2])
    expect(first!.completedAtStep).toBeGreaterThan(second!.invokedAtStep)
  })

  test.each([
    ['{"process":0,"type":"ok","f":"read"}', 'line 1: process 0 has nothing open that could be answered ok'],
    ['{"process":0,"type":"invoke","f":"get","key":1}\n{"process":0,"type":"invoke","f":"get","key":1}', 'line 2: process 0 invokes get while its get is open'],
    ['{"process":0,"type":"maybe","f":"get"}', "line 1: 'maybe' is no type of an event"],
    ['{"process":0,"type":"invoke","f":"jump","key":1}', "line 1: 'jump' is no operation of the model kv"],
    ['{"client":1,"op":{"f":"get"},"outcome":{"kind":"good"},"invokedAt":1}', 'line 1: outcome.kind'],
    ['{"client":1,\n', 'line 1: no JSON'],
    ['{"process":0,"type":"invoke","f":"get"}', 'line 1: an operation on a key says which'],
    ['hello', 'neither JSON lines, nor EDN'],
  ])('that is none is refused in one line: %j', (text, message) => {
    expect(() => readHistory(text, modelDialects.kv)).toThrow(message)
  })
})

test('a recorder keeps what clients do outside of a run', async () => {
  let now = 0
  const recorder = new HistoryRecorder<{ f: string }, number>({ now: () => (now += 1_000) })
  expect(await recorder.perform(1, { f: 'get' }, async () => 7)).toBe(7)
  await expect(recorder.perform(2, { f: 'put' }, () => Promise.reject(new NetError('refused', 'nobody there')))).rejects.toThrow('nobody there')
  await expect(recorder.perform(2, { f: 'put' }, () => Promise.reject(new Error('timeout')))).rejects.toThrow('timeout')
  expect(recorder.history).toMatchObject([
    { client: 1, invokedAtStep: 1, completedAtStep: 2, invokedAt: 1_000, completedAt: 2_000, outcome: { kind: 'ok', result: 7 } },
    { outcome: { kind: 'fail', error: 'nobody there' } },
    { outcome: { kind: 'unknown', error: 'timeout' } },
  ])
})
