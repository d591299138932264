import { Misuse } from '../../sim/host/errors.js'
import type { RaftNodeOptions } from '../raft/raft-node-options.js'
import { type LogOptions, logDefaults } from './partition-log.js'

export interface BrokerConfig {
  readonly topics: readonly TopicConfig[]
  readonly log: LogOptions
  /** Of a record batch. */
  readonly maxBatchBytes: number
  /** Of one fetch's answer, whatever the request allows. */
  readonly maxFetchBytes: number
  /** Producers that a partition remembers. */
  readonly maxProducers: number
  /** Of all Raft groups. */
  readonly raft: Partial<RaftNodeOptions>
}
export interface TopicConfig {
  readonly name: string
  readonly partitions: number
}

export const brokerDefaults: BrokerConfig = {
  topics: [],
  log: logDefaults,
  maxBatchBytes: 1024 ** 2,
  maxFetchBytes: 50 * 1024 ** 2,
  maxProducers: 100_000,
  raft: {},
}

/** With defaults for what is missing. Throws `Misuse` for what no broker can run with. */
export function brokerConfig(given: Partial<BrokerConfig>): BrokerConfig {
  const config = { ...brokerDefaults, ...given, log: { ...logDefaults, ...given.log } }
  for (const { name, partitions } of config.topics) {
    if (!/^[a-zA-Z0-9._-]{1,249}$/.test(name)) throw new Misuse(`a topic's name is 1 to 249 letters, digits, '.', '_' and '-', not '${name}'`)
    if (!Number.isInteger(partitions) || partitions < 1) throw new Misuse(`topic ${name} has at least one partition, not ${partitions}`)
  }
  const { topics: _, raft: __, log, ...limits } = config
  for (const [option, value] of [...Object.entries(log), ...Object.entries(limits)]) {
    if (!Number.isInteger(value) || value < 1) throw new Misuse(`option ${option} is a positive integer, not ${value}`)
  }
  return config
}
