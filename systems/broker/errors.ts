import type { HostName } from '../../sim/host/seam.js'

/** Kafka's names and numeric codes of what a broker refuses (org.apache.kafka.common.protocol.Errors). */
export const errorCodes = {
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  MESSAGE_TOO_LARGE: 10,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  NOT_ENOUGH_REPLICAS: 19,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
  INVALID_REQUIRED_ACKS: 21,
  OUT_OF_ORDER_SEQUENCE_NUMBER: 45,
  INVALID_PRODUCER_EPOCH: 47,
  KAFKA_STORAGE_ERROR: 56,
  UNKNOWN_PRODUCER_ID: 59,
  UNSUPPORTED_COMPRESSION_TYPE: 76,
  INVALID_RECORD: 87,
} as const
export type ErrorName = keyof typeof errorCodes

/** A refusal as a plain answer. Nothing was half done; only REQUEST_TIMED_OUT and NOT_ENOUGH_REPLICAS_AFTER_APPEND leave open whether it was done. */
export interface Refusal {
  readonly kind: 'error'
  readonly error: ErrorName
  readonly code: number
  /** Where to ask instead, with NOT_LEADER_OR_FOLLOWER and NOT_COORDINATOR, when known. */
  readonly leader?: HostName
}

export function refusal(error: ErrorName, leader?: HostName): Refusal {
  return leader === undefined ? { kind: 'error', error, code: errorCodes[error] } : { kind: 'error', error, code: errorCodes[error], leader }
}

/** Asking again, perhaps elsewhere and later, may succeed. */
export function isRetriable(error: ErrorName): boolean {
  switch (error) {
    case 'UNKNOWN_TOPIC_OR_PARTITION':
    case 'LEADER_NOT_AVAILABLE':
    case 'NOT_LEADER_OR_FOLLOWER':
    case 'REQUEST_TIMED_OUT':
    case 'COORDINATOR_NOT_AVAILABLE':
    case 'NOT_COORDINATOR':
    case 'NOT_ENOUGH_REPLICAS':
    case 'NOT_ENOUGH_REPLICAS_AFTER_APPEND':
    case 'KAFKA_STORAGE_ERROR':
      return true
    default:
      return false
  }
}
