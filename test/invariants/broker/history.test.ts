import { describe, expect, test } from 'vitest'
import { type AnomalyKind, anomalies, brokerHistory } from '../../../invariants/broker/history.js'
import type { BrokerOperation, BrokerResult } from '../../../invariants/broker/operations.js'
import type { OperationOutcome, OperationRecord } from '../../../sim/check/history.js'

type Recorded = OperationRecord<BrokerOperation, BrokerResult>

/** One after another, each a second, unless a line says when it was answered. */
function history(...lines: { client: number; op: BrokerOperation; outcome: OperationOutcome<BrokerResult>; lasts?: number }[]): Recorded[] {
  return lines.map(({ client, op, outcome, lasts = 1 }, i) => ({
    client,
    op,
    outcome,
    invokedAtStep: i * 10 + 1,
    completedAtStep: i * 10 + lasts * 10 - 5,
    invokedAt: i * 1e9,
    completedAt: i * 1e9 + lasts * 1e9 - 5e8,
  }))
}
const produce = (client: number, values: number[], offsets: (number | 'unknown' | 'failed')[], partition = 0) => ({
  client,
  op: { f: 'produce' as const, partition, values, valueBytes: 8 },
  outcome: { kind: 'ok' as const, result: { f: 'produced' as const, offsets } },
})
const unanswered = (client: number, values: number[]) => ({ ...produce(client, values, []), outcome: { kind: 'unknown' as const } })
const failed = (client: number, values: number[]) => ({ ...produce(client, values, []), outcome: { kind: 'fail' as const, error: 'no' } })
/** Records as [offset, value]. */
const consume = (client: number, position: number, records: [number, number][], more: { next?: number; highWatermark?: number; lasts?: number } = {}) => {
  const next = more.next ?? (records.at(-1)?.[0] ?? position - 1) + 1
  const result = {
    f: 'consumed' as const,
    position,
    nextPosition: next,
    records: records.map(([offset, value]) => ({ offset, value })),
    highWatermark: more.highWatermark ?? next,
  }
  return { client, op: { f: 'consume' as const, partition: 0 }, outcome: { kind: 'ok' as const, result }, lasts: more.lasts ?? 1 }
}
const outOfRange = (client: number, position: number) => ({
  client,
  op: { f: 'consume' as const, partition: 0 },
  outcome: { kind: 'ok' as const, result: { f: 'out-of-range' as const, position } },
})

describe('the judge of broker histories', () => {
  test.each<[string, Recorded[]]>([
    ['nothing at all', []],
    [
      'values produced and read in order',
      history(
        produce(1, [11, 12], [0, 1]),
        produce(2, [21], [2]),
        consume(
          1,
          0,
          [
            [0, 11],
            [1, 12],
          ],
          { highWatermark: 3 },
        ),
        consume(1, 2, [[2, 21]]),
      ),
    ],
    ['an unanswered produce that appears once', history(unanswered(1, [11]), consume(1, 0, [[0, 11]]), consume(2, 0, [[0, 11]]))],
    ['an unanswered produce that never appears', history(unanswered(1, [11]), produce(2, [21], [0]), consume(1, 0, [[0, 21]]))],
    [
      'a batch of which part is unknown',
      history(
        produce(1, [11, 12], [0, 'unknown']),
        consume(1, 0, [
          [0, 11],
          [1, 12],
        ]),
      ),
    ],
    [
      'an unknown value that comes later than its successor',
      history(
        produce(1, [11], ['unknown']),
        produce(1, [12], [0]),
        consume(1, 0, [
          [0, 12],
          [1, 11],
        ]),
      ),
    ],
    ['a failed produce that is never read', history(failed(1, [11]), produce(1, [12], [0]), consume(2, 0, [[0, 12]]))],
    ['a poll that began before the acknowledgement', history({ ...consume(1, 0, [], { highWatermark: 0 }), lasts: 3 }, produce(2, [21], [0]))],
    ['an empty poll at the end', history(produce(1, [11], [0]), consume(1, 0, [[0, 11]]), consume(1, 1, []))],
    ['equal offsets in two partitions', history(produce(1, [11], [0]), produce(1, [12], [0], 1))],
  ])('accepts %s', (_, records) => {
    expect(anomalies(records)).toEqual([])
    expect(brokerHistory(records)).toBeUndefined()
  })

  test('asks Jepsen’s checks, too: an acknowledged value that no poll ever showed, though what came after it was read', () => {
    const records = history(produce(1, [11], [0]), produce(1, [12], [1]), consume(2, 1, [[1, 12]]))
    expect(anomalies(records)).toEqual([])
    expect(brokerHistory(records)).toMatchObject({ check: 'history (lost-write)', message: expect.stringContaining('11'), record: records[2] })
  })

  test.each<[AnomalyKind, string, Recorded[]]>([
    ['divergent', 'two acknowledgements of one offset', history(produce(1, [11], [0]), produce(2, [21], [0]))],
    ['divergent', 'two readers of one offset', history(unanswered(1, [11]), unanswered(2, [21]), consume(1, 0, [[0, 11]]), consume(2, 0, [[0, 21]]))],
    [
      'duplicate',
      'a value read twice',
      history(
        unanswered(1, [11]),
        consume(1, 0, [
          [0, 11],
          [1, 11],
        ]),
      ),
    ],
    [
      'duplicate',
      'a value read elsewhere than acknowledged',
      history(
        produce(1, [11], [0]),
        produce(1, [12], [1]),
        consume(1, 0, [
          [0, 11],
          [1, 12],
          [2, 11],
        ]),
      ),
    ],
    ['aborted', 'a failed produce that is read', history(failed(1, [11]), consume(1, 0, [[0, 11]]))],
    [
      'aborted',
      'a failed record of a batch that is read',
      history(
        produce(1, [11, 12], [0, 'failed']),
        consume(1, 0, [
          [0, 11],
          [1, 12],
        ]),
      ),
    ],
    ['aborted', 'a value nobody sent', history(consume(1, 0, [[0, 99]]))],
    [
      'lost',
      'an acknowledged value that a poll passes by',
      history(
        produce(1, [11, 12, 13], [0, 1, 2]),
        consume(1, 0, [
          [0, 11],
          [2, 13],
        ]),
      ),
    ],
    ['lost', 'an acknowledged value at the end of a poll', history(produce(1, [11, 12], [0, 1]), consume(1, 0, [[0, 11]], { next: 2 }))],
    ['lost', 'a log that ends before what was read', history(outOfRange(1, 7))],
    [
      'skipped',
      'an offset without a record',
      history(
        unanswered(1, [11, 12]),
        consume(1, 0, [
          [0, 11],
          [2, 12],
        ]),
      ),
    ],
    [
      'reordered',
      'a poll that goes back',
      history(
        unanswered(1, [11, 12]),
        consume(
          1,
          0,
          [
            [1, 12],
            [0, 11],
          ],
          { next: 2 },
        ),
      ),
    ],
    ['reordered', 'polls that do not follow each other', history(unanswered(1, [11, 12]), consume(1, 0, [[0, 11]]), consume(1, 2, [], { highWatermark: 2 }))],
    ['reordered', 'values of one batch in another order', history(produce(1, [11, 12], [1, 0]))],
    ['reordered', 'a later produce at an earlier offset', history(produce(1, [11], [5]), produce(1, [12], [3]))],
    ['stale', 'a watermark below an earlier acknowledgement', history(produce(1, [11, 12], [0, 1]), consume(2, 0, [[0, 11]], { highWatermark: 1 }))],
  ])('reports as %s %s', (kind, _, records) => {
    expect(anomalies(records).map((anomaly) => anomaly.kind)).toContain(kind)
    expect(brokerHistory(records)).toMatchObject({ check: expect.stringMatching(/^history \([a-z]+\)$/), message: expect.stringMatching(/^partition 0: /) })
  })

  test('the message names value, offset, clients and times', () => {
    const records = history(
      produce(1, [11, 12, 13], [0, 1, 2]),
      consume(2, 0, [
        [0, 11],
        [2, 13],
      ]),
    )
    expect(brokerHistory(records)).toEqual({
      check: 'history (lost)',
      record: records[1],
      message: "partition 0: 12, acknowledged to client 1 at 0.500000 s, is not at offset 1 in client 2's poll at 1.000000 s from 0 to 3",
    })
  })
})
