import { describe, expect, test } from 'vitest'
import { checkQueue, type QueueOptions } from '../../../../sim/check/queue/check-queue.js'
import { queueEvents } from '../../../../sim/check/queue/queue-operation.js'
import { lags } from '../../../../sim/check/queue/real-time-lag.js'
import { at, type Event, poll, queueRecords, send } from './queue-histories.js'

const found = (events: readonly Event[], options?: QueueOptions): string[] => [
  ...new Set(checkQueue(queueRecords(events), options).anomalies.map(({ name }) => name)),
]
const messages = (events: readonly Event[], name: string, options?: QueueOptions): string[] =>
  checkQueue(queueRecords(events), options)
    .anomalies.filter((one) => one.name === name)
    .map(({ message }) => message)

/** The tests of `jepsen.tests.kafka`, case by case. */
describe("as Jepsen's own tests have it", () => {
  test('an offset of a send in doubt counts only once one of its values was polled', () => {
    const sends = [...at(0, 'info', 'send', [send('x', 1, 0), send('y', 1)]), ...at(1, 'ok', 'send', [send('x', 2, 0)])]
    expect(found(sends)).not.toContain('inconsistent-offsets')
    const seen = [...sends, ...at(2, 'ok', 'poll', [poll({ y: [[5, 1]] })])]
    expect(messages(seen, 'inconsistent-offsets')).toEqual(['offset 0 of key x holds 1 and 2'])
  })

  test('what was found can be written down with its operations', () => {
    const events = [...at(0, 'fail', 'send', [send('x', 2)]), ...at(1, 'ok', 'poll', [poll({ x: [[0, 2]] })])]
    const [anomaly] = checkQueue(queueRecords(events)).anomalies
    expect(JSON.parse(JSON.stringify(anomaly!.events.map(({ steps }) => steps)))).toEqual([
      [{ f: 'send', key: 'x', seen: { value: 2, shown: 2 } }],
      [{ f: 'poll', key: 'x', seen: { offset: 0, value: 2, shown: 2 } }],
    ])
  })

  test('a failed write that is polled is an aborted read', () => {
    const events = [...at(0, 'fail', 'send', [send('x', 2), send('y', 3)]), ...at(1, 'ok', 'poll', [poll({ x: [[0, 2]] })])]
    expect(found(events)).toEqual(['G1a'])
  })

  test('what stands before a polled value, and was never polled, is lost', () => {
    const events = [
      ...at(0, 'ok', 'send', [send('x', 'a', 0)]),
      ...at(0, 'ok', 'send', [send('x', 'b', 1), send('x', 'd', 3)]),
      ...at(1, 'info', 'send', [send('x', 'c')]),
      ...at(0, 'ok', 'poll', [poll({ x: [[2, 'c']] })]),
    ]
    expect(messages(events, 'lost-write').map((message) => message.split(',')[0])).toEqual(['"a"', '"b"'])
  })

  test('a write that another took the place of is lost', () => {
    const events = [
      ...at(0, 'ok', 'send', [send('x', 'a', 0)]),
      ...at(0, 'ok', 'send', [send('x', 'b', 0), send('x', 'c', 2)]),
      ...at(0, 'ok', 'poll', [
        poll({
          x: [
            [0, 'b'],
            [2, 'c'],
          ],
        }),
      ]),
    ]
    expect(messages(events, 'lost-write').map((message) => message.split(',')[0])).toEqual(['"a"'])
  })

  test('a transaction in doubt is whole: one value polled says that all were sent', () => {
    const events = [
      ...at(0, 'info', 'send', [send('x', 'a'), send('y', 'b', 0)]),
      ...at(1, 'info', 'send', [send('y', 'c')]),
      ...at(3, 'ok', 'poll', [poll({ y: [[1, 'c']] })]),
    ]
    expect(found(events)).toEqual([])
    const seen = [...events.slice(0, 4), ...at(2, 'ok', 'poll', [poll({ x: [[0, 'a']] })]), ...events.slice(4)]
    expect(found(seen)).toEqual(['lost-write'])
  })

  const sends = at(3, 'info', 'send', [send('x', 'a'), send('x', 'b'), send('x', 'c'), send('x', 'd'), send('x', 'g')])
  const skipping = (first: Event[] = [], second: Event[] = []): Event[] => [
    ...at(0, 'ok', 'poll', [
      poll({
        x: [
          [1, 'a'],
          [2, 'b'],
        ],
      }),
    ]),
    ...at(1, 'ok', 'poll', [poll({ x: [[3, 'c']] })]),
    ...first,
    ...at(0, 'ok', 'poll', [poll({ x: [[4, 'd']] })]),
    ...second,
    ...at(2, 'ok', 'send', [send('x', 'f', 6)]),
    ...at(0, 'ok', 'poll', [poll({ x: [[7, 'g']] })]),
    ...sends,
  ]
  test('polls that leave something out are told, and those after another assignment are not', () => {
    expect(messages(skipping(), 'poll-skip').map((message) => message.split(', and ')[1])).toEqual(['left out "c"', 'left out "f"'])
    expect(found(skipping(at(0, 'ok', 'subscribe', ['y']), at(0, 'info', 'assign', ['y'])))).not.toContain('poll-skip')
    expect(messages(skipping(at(0, 'ok', 'subscribe', ['x', 'y']), at(0, 'ok', 'assign', ['x', 'y'])), 'poll-skip')).toHaveLength(2)
    expect(checkQueue(queueRecords(skipping()), { subscribeBy: 'subscribe' }).bad).not.toContain('poll-skip')
  })

  const series = (last: number): Event[] =>
    at(
      0,
      'ok',
      'send',
      Array.from({ length: last + 1 }, (_, i) => send('x', i, i)),
    )
  const pollOf = (type: 'ok' | 'fail' | 'info', ...values: number[]): Event[] =>
    at(1, type, 'txn', [poll({ x: values.map((value) => [value, value] as const) })])
  test('an aborted transaction is polled again', () => {
    expect(found([...series(2), ...pollOf('ok', 0), ...pollOf('fail', 1, 2), ...pollOf('info', 1, 2), ...pollOf('ok', 1, 2)])).toEqual([])
    const skips = [...series(5), ...pollOf('ok', 0), ...pollOf('fail', 1, 2), ...pollOf('fail', 3, 4), ...pollOf('ok', 5)]
    expect(messages(skips, 'poll-skip').map((message) => message.split('left out ')[1])).toEqual(['1, 2', '1, 2, 3, 4'])
    expect(messages([...series(5), ...pollOf('ok', 0), ...pollOf('info', 3, 4)], 'poll-skip')).toHaveLength(1)
  })

  test('a poll that goes back is told, unless the client was assigned otherwise', () => {
    const sent = at(0, 'ok', 'send', [send('x', 'a'), send('x', 'b'), send('x', 'c'), send('x', 'd')])
    const first = at(0, 'ok', 'poll', [
      poll({
        x: [
          [1, 'a'],
          [2, 'b'],
          [3, 'c'],
        ],
      }),
    ])
    const second = at(0, 'ok', 'poll', [
      poll({
        x: [
          [2, 'b'],
          [3, 'c'],
          [4, 'd'],
        ],
      }),
    ])
    expect(found([...sent, ...first, ...second])).toEqual(['nonmonotonic-poll'])
    expect(found([...sent, ...first, ...at(0, 'ok', 'assign', ['y']), ...second])).toEqual([])
    expect(found([...sent, ...first, ...at(0, 'ok', 'subscribe', ['x', 'y']), ...second])).toEqual(['nonmonotonic-poll'])
  })

  test('sends of a client that stand in another order are told', () => {
    const first = at(0, 'ok', 'send', [send('x', 'c', 3), send('x', 'd', 4)])
    const second = at(0, 'ok', 'send', [send('x', 'a', 1), send('x', 'b', 2)])
    expect(messages([...first, ...second], 'nonmonotonic-send')).toHaveLength(1)
    expect(messages([...first, ...at(0, 'info', 'assign', ['y']), ...second], 'nonmonotonic-send')).toEqual([])
  })

  test('within a transaction, polls leave out or go back', () => {
    const sent = at(1, 'info', 'send', [send('x', 'a'), send('x', 'b'), send('x', 'd')])
    const other = at(2, 'ok', 'poll', [poll({ x: [[2, 'b']] })])
    const once = at(0, 'ok', 'poll', [
      poll({
        x: [
          [1, 'a'],
          [4, 'd'],
        ],
      }),
    ])
    const twice = at(5, 'ok', 'poll', [poll({ x: [[1, 'a']] }), poll({ x: [[4, 'd']] })])
    expect(messages([...sent, ...once, ...twice, ...other], 'int-poll-skip')).toHaveLength(2)
    const lost = at(5, 'ok', 'poll', [poll({ x: [[1, 'a']] }), poll({ x: [[4, 'd']] })], { 'rebalance-log': [{ keys: ['x'] }] })
    expect(messages([...sent, ...lost, ...other], 'int-poll-skip')).toEqual([])
    const back = at(0, 'ok', 'poll', [
      poll({
        x: [
          [4, 'd'],
          [1, 'a'],
        ],
      }),
    ])
    const same = at(6, 'ok', 'poll', [poll({ x: [[2, 'b']] }), poll({ x: [[2, 'b']] })])
    expect(messages([...sent, ...back, ...same], 'int-nonmonotonic-poll')).toHaveLength(2)
  })

  test('within a transaction, sends leave out, which logs may do, or go back', () => {
    const skip = [
      ...at(0, 'ok', 'send', [send('x', 'a', 1), send('x', 'c')]),
      ...at(1, 'info', 'send', [send('x', 'b')]),
      ...at(2, 'ok', 'poll', [
        poll({
          x: [
            [1, 'a'],
            [2, 'b'],
            [3, 'c'],
          ],
        }),
      ]),
    ]
    expect(found(skip)).toEqual(['int-send-skip'])
    expect(checkQueue(queueRecords(skip))).toMatchObject({ verdict: 'yes', bad: [] })
    const back = at(0, 'ok', 'send', [send('x', 'c', 3), send('x', 'a', 1)])
    expect(found(back)).toContain('int-nonmonotonic-send')
    const inferred = [
      ...at(0, 'info', 'send', [send('y', 'd'), send('y', 'b')]),
      ...at(1, 'info', 'send', [send('y', 'c')]),
      ...at(2, 'ok', 'poll', [
        poll({
          y: [
            [2, 'b'],
            [3, 'c'],
            [4, 'd'],
          ],
        }),
      ]),
    ]
    expect(found(inferred)).toEqual(['int-nonmonotonic-send'])
  })

  test('a value at two offsets is a duplicate, whoever saw it', () => {
    const events = [
      ...at(0, 'ok', 'send', [send('x', 'a', 1)]),
      ...at(1, 'info', 'send', [send('x', 'b')]),
      ...at(2, 'ok', 'poll', [
        poll({
          x: [
            [2, 'b'],
            [3, 'a'],
          ],
        }),
      ]),
    ]
    expect(messages(events, 'duplicate')).toEqual(['"a" is at the offsets 1 and 3 of key x'])
    // Polls of aborted transactions count, sends of them do not.
    const aborted = [
      ...at(0, 'ok', 'send', [send('x', 0, 1)]),
      ...at(0, 'fail', 'send', [send('x', 1, 2)]),
      ...at(1, 'fail', 'poll', [
        poll({
          x: [
            [11, 0],
            [12, 1],
          ],
        }),
      ]),
    ]
    expect(messages(aborted, 'duplicate')).toEqual(['0 is at the offsets 1 and 11 of key x'])
    const many = Array.from({ length: 10 }, (_, i) => [...at(0, 'ok', 'send', [send('x', i, 0)]), ...at(1, 'ok', 'poll', [poll({ x: [[1, i]] })])]).flat()
    expect(messages(many, 'duplicate')).toHaveLength(10)
    expect(messages(many, 'inconsistent-offsets')).toHaveLength(2)
  })

  test('cycles of sends and of polls are told apart', () => {
    const overlapping = (first: unknown[], second: unknown[]): Event[] => {
      const [i1, o1] = at(0, 'ok', 'txn', first)
      const [i2, o2] = at(1, 'ok', 'txn', second)
      return [i1!, i2!, o1!, o2!]
    }
    const writes = overlapping([send('x', 'a', 0), send('y', 'a', 1)], [send('x', 'b', 1), send('y', 'b', 0)])
    expect(found(writes, { writeOrder: true })).toContain('G0')
    expect(found(writes)).not.toContain('G0')
    const reads = overlapping([send('x', 'a', 0), poll({ y: [[0, 'b']] })], [send('y', 'b', 0), poll({ x: [[0, 'a']] })])
    expect(found(reads)).toEqual(['G1c'])
    const mixed = overlapping([send('x', 'a', 0), send('y', 'c', 2)], [poll({ x: [[0, 'a']] }), send('y', 'b', 1)])
    expect(found(mixed, { writeOrder: true })).toContain('G1c')
    expect(checkQueue(queueRecords(mixed), { writeOrder: true }).bad).not.toContain('G1c')
  })

  test('a transaction that polls its own sends reads what is not committed', () => {
    expect(found(at(0, 'ok', 'txn', [send('x', 'a', 0), poll({ x: [[0, 'a']] })]))).toEqual(['precommitted-read'])
  })

  test('what is acknowledged and polled by nobody is unseen', () => {
    const sent = at(0, 'ok', 'send', [send('x', 'a', 0), send('x', 'b', 1)])
    const first = at(0, 'ok', 'poll', [poll({ x: [[0, 'a']] })])
    expect(messages([...sent, ...first], 'unseen')).toEqual(['"b", which client-0\'s send at 0.000 s sent to key x, was polled by nobody until the end'])
    expect(found([...sent, ...first, ...at(0, 'ok', 'poll', [poll({ x: [[1, 'b']] })])])).toEqual([])
  })

  test('a poll is behind by the time since the next value was known', () => {
    const [pollB, pollBDone] = at(0, 'ok', 'poll', [poll({ x: [[0, 'a']] })])
    const events: Event[] = [
      ...at(0, 'ok', 'assign', ['x']),
      ...at(0, 'ok', 'poll', [poll({ x: [] })]),
      ...at(0, 'ok', 'send', [send('x', 'a', 0)]),
      ...at(1, 'ok', 'assign', ['x']),
      ...at(1, 'ok', 'poll', [poll({ x: [] })]),
      ...at(2, 'ok', 'send', [send('x', 'c', 2), send('x', 'd', 3)]),
      pollB!,
      pollBDone!,
    ]
    expect(lags(queueEvents(queueRecords(events))).map(({ client, nanos }) => [client, nanos / 1e6])).toEqual([
      [0, 0],
      [1, 3],
      [0, 1],
    ])
  })
})
