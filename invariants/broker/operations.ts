/** What clients of the broker do, as data. Values are unique in a run, so that each can be followed. */
export type BrokerOperation = ProduceOperation | ConsumeOperation

export interface ProduceOperation {
  readonly f: 'produce'
  readonly partition: number
  readonly values: readonly number[]
  /** Of each record's value: the number and padding. */
  readonly valueBytes: number
}
export interface ConsumeOperation {
  readonly f: 'consume'
  readonly partition: number
}

export type BrokerResult = ProducedResult | ConsumedResult | OutOfRangeResult

export interface ProducedResult {
  readonly f: 'produced'
  /** Of each value: its offset; `unknown`: it may have been appended or may yet be; `failed`: it certainly never is. */
  readonly offsets: readonly (number | 'unknown' | 'failed')[]
}
export interface ConsumedResult {
  readonly f: 'consumed'
  readonly position: number
  readonly nextPosition: number
  readonly records: readonly ConsumedRecord[]
  readonly highWatermark: number
}
export interface ConsumedRecord {
  readonly offset: number
  readonly value: number
}
/** The broker said that its log does not reach to the consumer's position. */
export interface OutOfRangeResult {
  readonly f: 'out-of-range'
  readonly position: number
}
