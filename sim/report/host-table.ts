import type { HostName, Nanos } from '../host/seam.js'
import type { TraceRecord, TraceSink } from '../kernel/trace.js'
import { count, moment } from './numbers.js'
import type { Palette } from './palette.js'

/** One row of the table: a step, or what happened inside one. */
export interface TraceRow {
  readonly step: number
  readonly at: Nanos
  readonly host: HostName | null
  readonly isNote: boolean
  readonly text: string
}

/** A sink that keeps the last rows up to a step. */
export class LastRows implements TraceSink {
  readonly #rows: TraceRow[] = []

  constructor(
    readonly untilStep: number,
    readonly limit: number,
  ) {}

  step(record: TraceRecord): void {
    this.#keep(record, false)
  }

  note(record: TraceRecord): void {
    this.#keep(record, true)
  }

  rows(): readonly TraceRow[] {
    return this.#rows.slice(-this.limit)
  }

  #keep({ step, at, host, kind, detail }: TraceRecord, isNote: boolean): void {
    if (step > this.untilStep || step < this.untilStep - this.limit) return
    this.#rows.push({ step, at, host, isNote, text: briefly(kind, detail) })
  }
}

/** Rows downwards in time, a column for every host that took part; what happened inside a step stands under it, marked by a dot. */
export function hostTable(rows: readonly TraceRow[], hosts: readonly HostName[], paint: Palette, width = 160): string {
  const present = [...new Set(rows.map(({ host }) => host ?? world))].sort()
  const columns = [...hosts.filter((host) => present.includes(host)), ...present.filter((host) => !hosts.includes(host))]
  const left = 2 + 11 + 16
  const longest = Math.max(14, ...rows.map(({ text, isNote }) => text.length + (isNote ? 2 : 0)))
  const cell = Math.max(14, Math.min(longest, 48, Math.floor((width - left) / columns.length) - 1))
  const line = (step: string, at: string, cells: readonly string[]): string => `  ${step.padStart(9)}  ${at.padStart(14)}  ${cells.join(' ')}`.trimEnd()
  const head = line(
    'step',
    'at',
    columns.map((host) => fitted(host, cell)),
  )
  const body = rows.map(({ step, at, host, isNote, text }) => {
    const cells = columns.map((column) => (column === (host ?? world) ? fitted(isNote ? `· ${text}` : text, cell) : ' '.repeat(cell)))
    return isNote ? line('', '', cells) : line(count(step), moment(at), cells)
  })
  return [paint.faint(head), ...body].join('\n')
}

/** Messages by their method, as `read < worker-1`; everything else by its kind: columns are narrow. */
function briefly(kind: string, detail: string): string {
  const message = kind === 'request' || kind === 'reply' || kind === 'send' ? /^(?:[\w-]+\.)?(\S+) from (\S+)/.exec(detail) : null
  if (message) return kind === 'reply' ? `answer ${message[1]}` : `${message[1]} < ${message[2]}`
  return detail === '' ? kind : `${kind} ${detail}`
}

/** Where steps stand that belong to no host. */
const world = 'world'

/** Exactly `width` characters; what is cut off is marked. */
function fitted(text: string, width: number): string {
  const single = text.replace(/\s+/g, ' ')
  return single.length > width ? `${single.slice(0, width - 1)}…` : single.padEnd(width)
}
