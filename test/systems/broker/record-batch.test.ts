import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NewRecord } from '../../../systems/broker/record.js'
import {
  attributes,
  BatchError,
  type BatchFault,
  baseOffset,
  baseSequence,
  batchCodec,
  batchCrc,
  batchFault,
  decodeRecords,
  encodeBatch,
  leaderEpoch,
  nextOffset,
  producedBatchFault,
  producerEpoch,
  producerId,
  stampBatch,
} from '../../../systems/broker/record-batch.js'

const utf8 = (text: string) => new TextEncoder().encode(text)
const hex = (text: string) => Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

/** What librdkafka put on the wire for one record: empty key, value 'hello kafka', header foo=bar, timestamp 1641388919. */
const fromLibrdkafka = hex(`
  0000000000000000 0000004b 00000000 02 2724fecd 0000 00000000 0000000061d59b77 0000000061d59b77 ffffffffffffffff ffff ffffffff 00000001
  32 00 00 00 00 16 68656c6c6f206b61666b61 02 06 666f6f 06 626172`)

const record = (value: string, timestamp = 1_000): NewRecord => ({ key: null, value: utf8(value), timestamp })
const batch = () => encodeBatch([record('a'), record('b', 1_005), record('c', 1_002)], { producer: { id: 7, epoch: 1, sequence: 40 } })
/** With one byte changed. */
const spoilt = (at: number, value: number) => {
  const bytes = batch()
  bytes[at] = value
  return bytes
}
/** With one header byte changed and the CRC made right again, as a producer with a defect would send it. */
const forged = (at: number, value: number) => {
  const bytes = batch()
  bytes[at] = value
  let crc = ~0
  for (const byte of bytes.subarray(21)) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  }
  new DataView(bytes.buffer).setUint32(17, ~crc >>> 0)
  return bytes
}

describe('record batches', () => {
  test('a batch that librdkafka sent is read', () => {
    expect(batchFault(fromLibrdkafka)).toBeNull()
    expect(producedBatchFault(fromLibrdkafka)).toBeNull()
    expect(decodeRecords(fromLibrdkafka)).toEqual([
      { offset: 0, timestamp: 1_641_388_919, key: utf8(''), value: utf8('hello kafka'), headers: [{ key: 'foo', value: utf8('bar') }] },
    ])
  })

  test('the same record is encoded to the bytes that librdkafka sent', () => {
    const bytes = encodeBatch([{ key: utf8(''), value: utf8('hello kafka'), timestamp: 1_641_388_919, headers: [{ key: 'foo', value: utf8('bar') }] }], {
      leaderEpoch: 0,
    })
    expect(bytes).toEqual(fromLibrdkafka)
  })

  test('header fields sit where the format puts them', () => {
    const view = new DataView(batch().buffer)
    expect(view.getInt32(8)).toBe(view.byteLength - 12)
    expect([view.getInt32(23), view.getBigInt64(27), view.getBigInt64(35)]).toEqual([2, 1_000n, 1_005n])
    expect([view.getBigInt64(43), view.getInt16(51), view.getInt32(53), view.getInt32(57)]).toEqual([7n, 1, 40, 3])
  })

  test('a stamp gives offset and epoch and leaves the CRC right', () => {
    const bytes = batch()
    const crc = batchCrc(bytes, 0)
    stampBatch(bytes, 0, 2 ** 40 + 3, 9)
    expect([baseOffset(bytes, 0), leaderEpoch(bytes, 0), nextOffset(bytes, 0), batchCrc(bytes, 0)]).toEqual([2 ** 40 + 3, 9, 2 ** 40 + 6, crc])
    expect(batchFault(bytes)).toBeNull()
    expect(decodeRecords(bytes).map((r) => r.offset)).toEqual([2 ** 40 + 3, 2 ** 40 + 4, 2 ** 40 + 5])
  })

  test('any records come back as they went in, whatever the attribute bits', () => {
    const bytes = fc.option(fc.uint8Array({ maxLength: 200 }))
    const anyRecord = fc.record({
      key: bytes,
      value: bytes,
      timestamp: fc.integer({ min: 0, max: 2 ** 43 }),
      headers: fc.array(fc.record({ key: fc.string({ unit: 'grapheme' }), value: bytes }), { maxLength: 3 }),
    })
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), fc.nat(2 ** 31 - 1), fc.constantFrom(0, 0x08, 0x10, 0x20), (records, offset, bits) => {
        const encoded = encodeBatch(records, { baseOffset: offset, attributes: bits, producer: { id: 2 ** 45, epoch: 32_767, sequence: 2 ** 31 - 1 } })
        expect(producedBatchFault(encoded)).toBeNull()
        expect(decodeRecords(encoded)).toEqual(records.map((r, i) => ({ ...r, offset: offset + i })))
        expect([producerId(encoded, 0), producerEpoch(encoded, 0), baseSequence(encoded, 0)]).toEqual([2 ** 45, 32_767, 2 ** 31 - 1])
        expect([attributes(encoded, 0), batchCodec(encoded, 0)]).toEqual([bits, 'none'])
      }),
      { numRuns: 200 },
    )
  })

  test('any flipped bit after the leader epoch is noticed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(7), (at, bit) => {
        const bytes = batch()
        const position = 16 + (at % (bytes.length - 16))
        bytes[position] = (bytes[position] as number) ^ (1 << bit)
        expect(batchFault(bytes)).not.toBeNull()
      }),
    )
  })

  test.each<[string, Uint8Array, BatchFault]>([
    ['half a header', batch().subarray(0, 30), 'truncated'],
    ['half its records', batch().subarray(0, 70), 'truncated'],
    ['a length below the header', spoilt(11, 3), 'length'],
    ['an older format', spoilt(16, 1), 'magic'],
    ['a changed byte', spoilt(66, 0xff), 'crc'],
    ['no records', forged(60, 0), 'empty'],
    ['more records than offsets', forged(60, 9), 'count'],
    ['a second batch behind it', Uint8Array.from([...batch(), ...batch()]), 'length'],
    ['fewer records than offsets', forged(60, 2), 'count'],
    ['an unknown codec', forged(22, 7), 'codec'],
    ['a broken record', forged(61, 0x7e), 'records'],
    ['offset deltas that repeat', forged(64, 2), 'records'],
  ])('a batch with %s is refused', (_, bytes, fault) => {
    expect(producedBatchFault(bytes)).toBe(fault)
  })

  test('a compressed batch is passed on but its records cannot be read', () => {
    const gzip = forged(22, 1)
    expect(producedBatchFault(gzip)).toBeNull()
    expect(() => decodeRecords(gzip)).toThrow(BatchError)
    expect(() => decodeRecords(gzip)).toThrow('compressed with gzip')
  })

  test('a batch has at least one record', () => {
    expect(() => encodeBatch([])).toThrow(BatchError)
  })
})
