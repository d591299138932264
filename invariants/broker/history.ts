import type { HistoryFault, Judge, OperationRecord } from '../../sim/check/history.js'
import { type QueueOptions, queueFault } from '../../sim/check/queue/check-queue.js'
import type { BrokerOperation, BrokerResult, ConsumedResult, ProducedResult } from './operations.js'
import { queueRecords } from './queue-records.js'

/**
 * What can be wrong with a history of produces and polls, after Jepsen's Kafka workload (`jepsen.tests.kafka`), plus staleness, which fetches
 * that are linearizable rule out:
 *
 * - divergent: two values were seen at one offset, in acknowledgements or polls
 * - duplicate: one value was seen at two offsets
 * - aborted: a poll returned a value whose produce certainly failed, or that nobody sent
 * - lost: an acknowledged value is missing where a poll passed its offset, or the log ends before what was read of it
 * - skipped: a poll passed an offset without a record
 * - reordered: a poll's offsets do not rise, a client's polls do not follow each other, or its acknowledged values are not in the order it sent them
 * - stale: a poll's high watermark is below an offset that was acknowledged before the poll began
 *
 * A value whose produce was not answered may appear or not, once. Not checked: the order of values of different clients, which is free.
 */
export type AnomalyKind = 'divergent' | 'duplicate' | 'aborted' | 'lost' | 'skipped' | 'reordered' | 'stale'
export interface Anomaly {
  readonly kind: AnomalyKind
  readonly message: string
  /** The answer that shows it. */
  readonly record: Recorded
}

/**
 * Judges by the first anomaly, those that name a cause before those that name a consequence; where there is none, by Jepsen's own checks.
 */
export const brokerHistory: Judge<BrokerOperation, BrokerResult> = (history) => {
  const anomaly = anomalies(history)[0]
  return anomaly === undefined ? jepsenAnomaly(history) : { check: `history (${anomaly.kind})`, message: anomaly.message, record: anomaly.record }
}

/**
 * A run ends while consumers are behind: what was not seen yet is no anomaly. What only sends or only polls stands in no cycle, unless a value is polled before it is sent,
 * which no run can show: it is drawn when it is sent. A client goes on after a send that was not answered, and what it sends then may come before that one; of what was
 * answered, the order is judged above.
 */
const options: QueueOptions = { without: ['unseen', 'cycles'], allowed: ['nonmonotonic-send'] }

function jepsenAnomaly(history: readonly Recorded[]): HistoryFault | string | undefined {
  const records = queueRecords(history)
  const fault = queueFault([...records.keys()], options)
  if (fault === undefined || typeof fault === 'string') return fault
  return { check: `history (${fault.name})`, message: fault.message, record: records.get(fault.events.at(-1)!.record) as Recorded }
}

export function anomalies(history: readonly Recorded[]): Anomaly[] {
  const partitions = new Map<number, PartitionHistory>()
  for (const record of history) {
    const { partition } = record.op
    let seen = partitions.get(partition)
    if (seen === undefined) {
      seen = new PartitionHistory(partition)
      partitions.set(partition, seen)
    }
    seen.add(record)
  }
  const found = [...partitions.values()].flatMap((partition) => partition.anomalies())
  return found.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
}

type Recorded = OperationRecord<BrokerOperation, BrokerResult>
const order: readonly AnomalyKind[] = ['divergent', 'duplicate', 'aborted', 'lost', 'skipped', 'reordered', 'stale']

interface Poll {
  readonly result: ConsumedResult
  readonly record: Recorded
}
/** One value at one offset, and whose answer told so. */
interface Sight {
  readonly value: number
  readonly offset: number
  readonly record: Recorded
}

/** All that was sent to and seen of one partition. */
class PartitionHistory {
  readonly #found: Anomaly[] = []
  readonly #sent = new Map<number, 'sent' | 'failed'>()
  readonly #acknowledged: Sight[] = []
  readonly #polls: Poll[] = []
  /** The first sight of each offset, and of each value. */
  readonly #valueAt = new Map<number, Sight>()
  readonly #offsetOf = new Map<number, Sight>()

  constructor(readonly partition: number) {}

  add(record: Recorded): void {
    const { op, outcome } = record
    const result = outcome.kind === 'ok' ? outcome.result : undefined
    if (op.f === 'produce') {
      this.#addProduce(record, op.values, result?.f === 'produced' ? result : undefined)
    } else if (result?.f === 'consumed') {
      this.#polls.push({ result, record })
      for (const { offset, value } of result.records) this.#see({ value, offset, record })
    } else if (result?.f === 'out-of-range') {
      this.#report(
        'lost',
        record,
        `${client(record)} had read up to offset ${result.position}, and at ${time(record.completedAt)} the log did not reach so far`,
      )
    }
  }

  anomalies(): readonly Anomaly[] {
    for (const { result, record } of this.#polls) {
      for (const { value } of result.records) this.#checkSent(value, record)
    }
    this.#checkPolls()
    this.#checkSendOrder()
    this.#checkStaleness()
    return this.#found
  }

  #addProduce(record: Recorded, values: readonly number[], result: ProducedResult | undefined): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!
      const offset = result?.offsets[i] ?? 'unknown'
      this.#sent.set(value, offset === 'failed' || record.outcome.kind === 'fail' ? 'failed' : 'sent')
      if (typeof offset !== 'number') continue
      const sight = { value, offset, record }
      this.#acknowledged.push(sight)
      this.#see(sight)
    }
  }

  #see(sight: Sight): void {
    const { value, offset, record } = sight
    const there = this.#valueAt.get(offset)
    if (there === undefined) this.#valueAt.set(offset, sight)
    else if (there.value !== value)
      this.#report('divergent', record, `offset ${offset} is ${there.value} for ${answer(there.record)}, and ${value} for ${answer(record)}`)
    const known = this.#offsetOf.get(value)
    if (known === undefined) this.#offsetOf.set(value, sight)
    else if (known.offset !== offset)
      this.#report('duplicate', record, `value ${value} is at offset ${known.offset} for ${answer(known.record)}, and at ${offset} for ${answer(record)}`)
  }

  #checkSent(value: number, record: Recorded): void {
    const sent = this.#sent.get(value)
    if (sent === 'sent') return
    const why = sent === 'failed' ? 'whose produce certainly failed' : 'which nobody sent'
    this.#report('aborted', record, `${client(record)}'s poll at ${time(record.invokedAt)} returned ${value}, ${why}`)
  }

  #checkPolls(): void {
    const acknowledged = new Map(this.#acknowledged.map((each) => [each.offset, each]))
    const positions = new Map<number, number>()
    for (const poll of this.#polls) {
      const { result, record } = poll
      const { position, nextPosition, records } = result
      const expected = positions.get(record.client)
      if (expected !== undefined && position !== expected) this.#report('reordered', record, `${span(poll)} does not go on from ${expected}`)
      positions.set(record.client, nextPosition)
      let next = position
      for (const { offset } of records) {
        if (offset < next) this.#report('reordered', record, `${span(poll)} returned offset ${offset} after ${next - 1}`)
        for (; next < offset; next++) this.#checkPassed(next, poll, acknowledged.get(next))
        next = Math.max(next, offset + 1)
      }
      for (; next < nextPosition; next++) this.#checkPassed(next, poll, acknowledged.get(next))
    }
  }

  #checkPassed(offset: number, poll: Poll, acknowledged: Sight | undefined): void {
    if (acknowledged === undefined) {
      this.#report('skipped', poll.record, `${span(poll)} has no record at offset ${offset}`)
      return
    }
    const { value, record } = acknowledged
    this.#report('lost', poll.record, `${value}, acknowledged to ${client(record)} at ${time(record.completedAt)}, is not at offset ${offset} in ${span(poll)}`)
  }

  #checkSendOrder(): void {
    const last = new Map<number, Sight>()
    for (const acknowledged of this.#acknowledged) {
      const { client: sender } = acknowledged.record
      const before = last.get(sender)
      if (before !== undefined && acknowledged.offset <= before.offset) {
        const { value, offset, record } = acknowledged
        this.#report('reordered', record, `client ${sender} sent ${before.value} before ${value}, but their offsets are ${before.offset} and ${offset}`)
      }
      last.set(sender, acknowledged)
    }
  }

  /** One pass over acknowledgements and polls in the order of time. */
  #checkStaleness(): void {
    const completed = this.#acknowledged.slice().sort((a, b) => (a.record.completedAtStep ?? 0) - (b.record.completedAtStep ?? 0))
    const polls = this.#polls.slice().sort((a, b) => a.record.invokedAtStep - b.record.invokedAtStep)
    let highest: Sight | undefined
    let next = 0
    for (const { result, record } of polls) {
      for (let each = completed[next]; each !== undefined && (each.record.completedAtStep ?? 0) < record.invokedAtStep; each = completed[++next]) {
        if (highest === undefined || each.offset > highest.offset) highest = each
      }
      if (highest === undefined || result.highWatermark > highest.offset) continue
      const acknowledged = `offset ${highest.offset} was acknowledged to ${client(highest.record)} at ${time(highest.record.completedAt)}`
      this.#report(
        'stale',
        record,
        `${acknowledged}, but ${client(record)}'s poll at ${time(record.invokedAt)} saw a high watermark of ${result.highWatermark}`,
      )
    }
  }

  #report(kind: AnomalyKind, record: Recorded, message: string): void {
    this.#found.push({ kind, message: `partition ${this.partition}: ${message}`, record })
  }
}

function answer(record: Recorded): string {
  return record.op.f === 'produce'
    ? `${client(record)}'s acknowledgement at ${time(record.completedAt)}`
    : `${client(record)}'s poll at ${time(record.invokedAt)}`
}

function span({ result, record }: Poll): string {
  return `${answer(record)} from ${result.position} to ${result.nextPosition}`
}

function client(record: Recorded): string {
  return `client ${record.client}`
}

function time(nanos: number | null): string {
  return nanos === null ? 'an unknown time' : `${(nanos / 1e9).toFixed(6)} s`
}
