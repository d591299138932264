import { describe, expect, test } from 'vitest'
import type { BrokerOperation, BrokerResult } from '../../../invariants/broker/operations.js'
import { readBack } from '../../../invariants/broker/read-back.js'
import type { OperationRecord } from '../../../sim/check/history.js'
import { ConsumeFailed, type Consumer } from '../../../systems/broker/consumer.js'

/** A consumer of logs that are written down: a value per offset, undefined where the log has a hole. Two records a poll. */
function consumerOf(logs: readonly (readonly (number | undefined)[])[]): Consumer {
  const positions = new Map<number, number>()
  const position = (_topic: string, partition: number) => positions.get(partition) ?? 0
  const poll = async (_topic: string, partition: number) => {
    const log = logs[partition]
    if (log === undefined) throw new ConsumeFailed('KAFKA_STORAGE_ERROR')
    const from = position('', partition)
    const nextPosition = Math.min(log.length, from + 2)
    positions.set(partition, nextPosition)
    const records = log.slice(from, nextPosition).flatMap((value, i) => (value === undefined ? [] : [{ offset: from + i, value }]))
    return { position: from, nextPosition, records, highWatermark: log.length }
  }
  const seek = (_topic: string, partition: number, offset: number) => positions.set(partition, offset)
  return { position, poll, seek } as unknown as Consumer
}

function produced(partition: number, ...at: readonly [value: number, offset: number | 'unknown' | 'failed'][]): OperationRecord<BrokerOperation, BrokerResult> {
  return {
    client: 1,
    op: { f: 'produce', partition, values: at.map(([value]) => value), valueBytes: 8 },
    invokedAtStep: 1,
    invokedAt: 1,
    completedAtStep: 2,
    completedAt: 2,
    outcome: { kind: 'ok', result: { f: 'produced', offsets: at.map(([, offset]) => offset) } },
  }
}

describe('readBack', () => {
  const history = [produced(0, [10, 0], [11, 1], [12, 'unknown']), produced(1, [20, 2]), produced(0, [13, 4], [14, 'failed'])]
  const read = (...logs: readonly (readonly (number | undefined)[])[]) =>
    readBack(consumerOf(logs), { topic: 'events', history, value: ({ value }) => value as unknown as number })

  test('finds every acknowledged record, whatever lies between them', async () => {
    expect(await read([10, 11, 12, 99, 13], [1, 2, 20, 3])).toBeNull()
    expect(await read([10, 11, 98, 99, 13, 97], [1, 2, 20])).toBeNull()
  })

  test.each([
    [
      'a value that is another',
      [
        [10, 77, 12, 99, 13],
        [1, 2, 20],
      ],
      'partition 0, offset 1: 11 was acknowledged there, and 77 is read',
    ],
    [
      'a record that is missing',
      [
        [10, undefined, 12, 99, 13],
        [1, 2, 20],
      ],
      'partition 0, offset 1: 11 was acknowledged there, and no record is read',
    ],
    [
      'a log that ends too early',
      [
        [10, 11, 12],
        [1, 2, 20],
      ],
      'partition 0: nothing is read at offset 3, and records before 5 were acknowledged',
    ],
    ['a partition that cannot be read', [[10, 11, 12, 99, 13]], 'partition 1: a fetch at offset 0 was refused with KAFKA_STORAGE_ERROR'],
  ] as const)('tells %s', async (_, logs, complaint) => {
    expect(await read(...logs)).toBe(complaint)
  })
})
