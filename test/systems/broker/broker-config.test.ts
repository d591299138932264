import { expect, test } from 'vitest'
import { Misuse } from '../../../sim/host/errors.js'
import { type BrokerConfig, brokerConfig, brokerDefaults } from '../../../systems/broker/broker-config.js'
import { logDefaults } from '../../../systems/broker/partition-log.js'

test('what is not given has its default', () => {
  const log = { ...logDefaults, segmentBytes: 5_000 }
  expect(brokerConfig({ topics: [{ name: 'a', partitions: 2 }], log })).toEqual({ ...brokerDefaults, topics: [{ name: 'a', partitions: 2 }], log })
})

test.each<[string, Partial<BrokerConfig>]>([
  ["a topic's name is", { topics: [{ name: 'a/b', partitions: 1 }] }],
  ["a topic's name is", { topics: [{ name: '', partitions: 1 }] }],
  ['at least one partition, not 0', { topics: [{ name: 'a', partitions: 0 }] }],
  ['at least one partition, not 1.5', { topics: [{ name: 'a', partitions: 1.5 }] }],
  ['option segmentBytes is a positive integer, not 0', { log: { ...logDefaults, segmentBytes: 0 } }],
  ['option maxBatchBytes is a positive integer, not -1', { maxBatchBytes: -1 }],
])('%s: refused', (message, config) => {
  expect(() => brokerConfig(config)).toThrow(Misuse)
  expect(() => brokerConfig(config)).toThrow(message)
})
