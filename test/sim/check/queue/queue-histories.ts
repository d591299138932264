import { eventFromFields } from '../../../../sim/check/history/event-fields.js'
import { recordsOf } from '../../../../sim/check/history/history-event.js'
import { queueDialect } from '../../../../sim/check/queue/queue-dialect.js'
import type { QueueRecord } from '../../../../sim/check/queue/queue-operation.js'

/** `[process, type, f, value, more]`: an event of a history, one after the other. */
export type Event = readonly [process: number, type: 'invoke' | 'ok' | 'fail' | 'info', f: string, value: unknown, more?: Readonly<Record<string, unknown>>]

/** What Jepsen's own tests of its workload look like, as records. */
export function queueRecords(events: readonly Event[]): QueueRecord[] {
  const read = events.map(
    ([process, type, f, value, more], index) => eventFromFields({ process, type, f, value, time: index * 1_000_000, ...more }, index + 1)!,
  )
  return recordsOf(read, queueDialect)
}

/** Invocation and answer, one right after the other. */
export function at(process: number, type: 'ok' | 'fail' | 'info', f: string, value: readonly unknown[], more?: Readonly<Record<string, unknown>>): Event[] {
  return [
    [process, 'invoke', f, value.map((step) => asked(step))],
    [process, type, f, value, more],
  ]
}

function asked(step: unknown): unknown {
  if (!Array.isArray(step)) return step
  return step[0] === 'poll' ? ['poll'] : [step[0], step[1], Array.isArray(step[2]) ? step[2][1] : step[2]]
}

export const send = (key: string, value: unknown, offset?: number): unknown => ['send', key, offset === undefined ? value : [offset, value]]
export const poll = (shown: Readonly<Record<string, readonly (readonly [number, unknown])[]>>): unknown => ['poll', shown]
