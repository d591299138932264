import { Misuse } from '../../host/errors.js'
import type { History, OperationRecord } from '../history.js'
import { show } from '../show.js'

/** What a picture of a history shows. */
export interface PictureOptions {
  /** What an operation is called: `write 3`; the operation and its answer as data when not given. */
  readonly label?: (record: OperationRecord<never, never>) => string
  /** The answer that cannot be, which is marked. */
  readonly at?: OperationRecord<never, never>
  /** An order that explains what came before, which is numbered. */
  readonly order?: History<never, never>
  /** At most so many operations, those around `at`, or else the first: 60 when not given. */
  readonly most?: number
}

/** One operation in its client's lane, between two places on the axis. */
export interface Bar {
  readonly record: OperationRecord<unknown, unknown>
  readonly label: string
  /** Places of events, counted from 0. */
  readonly from: number
  /** Infinity when it was never answered. */
  readonly to: number
  readonly kind: 'ok' | 'fail' | 'unknown'
  readonly isBreak: boolean
  /** Its place in the order, counted from 1. */
  readonly number: number | undefined
}

export interface Picture {
  /** By client, in the order of their numbers; a client with several operations at once has several. */
  readonly lanes: readonly { readonly client: number; readonly bars: readonly Bar[] }[]
  /** How many places there are. */
  readonly places: number
  /** When each is, in nanoseconds. */
  readonly times: readonly number[]
  readonly leftOut: number
}

/** Lays out a history: lanes by client, places by event, so that what overlaps in time overlaps in the picture, whatever the distances. */
export function pictureOf<Op, Result>(history: History<Op, Result>, options: PictureOptions = {}): Picture {
  const { most = 60 } = options
  if (!Number.isSafeInteger(most) || most < 1) throw new Misuse(`a picture shows a positive number of operations, not ${most}`)
  const all = history as History<unknown, unknown>
  const at = options.at as OperationRecord<unknown, unknown> | undefined
  const label = (options.label ?? plainLabel) as (record: OperationRecord<unknown, unknown>) => string
  const shown = around(all, at, most)
  const events = shown.flatMap((record, index) => [
    { step: record.invokedAtStep, at: record.invokedAt, index, record, isEnd: false },
    ...(record.completedAtStep === null || record.outcome.kind === 'unknown'
      ? []
      : [{ step: record.completedAtStep, at: record.completedAt!, index, record, isEnd: true }]),
  ])
  events.sort((a, b) => a.step - b.step || a.index - b.index)
  const from = new Map<unknown, number>()
  const to = new Map<unknown, number>()
  for (const [place, { record, isEnd }] of events.entries()) (isEnd ? to : from).set(record, place)
  const numbers = new Map<unknown, number>((options.order ?? []).map((record, i) => [record, i + 1]))
  const bars = shown.map((record): Bar => {
    const end = to.get(record) ?? Number.POSITIVE_INFINITY
    return { record, label: label(record), from: from.get(record)!, to: end, kind: record.outcome.kind, isBreak: record === at, number: numbers.get(record) }
  })
  return { lanes: lanesOf(bars), places: events.length, times: events.map((event) => event.at), leftOut: all.length - shown.length }
}

/** The operations nearest to the break, half of them before it. */
function around(history: History<unknown, unknown>, at: OperationRecord<unknown, unknown> | undefined, most: number): History<unknown, unknown> {
  if (history.length <= most) return history
  const place = at === undefined ? 0 : history.indexOf(at)
  const start = Math.max(0, Math.min(history.length - most, place - Math.floor((most * 3) / 4)))
  return history.slice(start, start + most)
}

function lanesOf(bars: readonly Bar[]): { client: number; bars: Bar[] }[] {
  const lanes: { client: number; bars: Bar[] }[] = []
  for (const bar of bars) {
    const { client } = bar.record
    // What never ended is in nobody's way: its client went on.
    const lane = lanes.find((one) => one.client === client && (one.bars.at(-1)!.to < bar.from || one.bars.at(-1)!.kind === 'unknown'))
    if (lane === undefined) lanes.push({ client, bars: [bar] })
    else lane.bars.push(bar)
  }
  return lanes.sort((a, b) => a.client - b.client)
}

function plainLabel({ op, outcome }: OperationRecord<unknown, unknown>): string {
  const { f, ...rest } = typeof op === 'object' && op !== null ? (op as Record<string, unknown>) : { f: undefined, value: op }
  const values = Object.values(rest).filter((value) => value !== undefined)
  const asked = [...(typeof f === 'string' ? [f] : []), ...values.map(show)].join(' ')
  return outcome.kind === 'ok' && outcome.result !== true && outcome.result !== null && outcome.result !== undefined
    ? `${asked} → ${show(outcome.result)}`
    : asked
}
