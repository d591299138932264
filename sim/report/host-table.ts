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
  /** Whose message arrived, for its arrow. */
  readonly from?: HostName
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
    const from = isNote ? null : / from (\S+)/.exec(detail)
    this.#rows.push({ step, at, host, isNote, text: briefly(kind, detail), ...(from === null ? {} : { from: from[1] as string }) })
  }
}

/**
 * A space-time diagram: rows downwards in time, a line downwards for every host that took part, and an arrow from the sender's line to each message that
 * arrived. What happened inside a step stands under it, marked by a dot.
 */
export function hostTable(rows: readonly TraceRow[], hosts: readonly HostName[], paint: Palette, width = 160): string {
  const present = [...new Set(rows.map(({ host }) => host ?? world))].sort()
  const columns = [...hosts.filter((host) => present.includes(host)), ...present.filter((host) => !hosts.includes(host))]
  const left = 2 + 11 + 16
  const longest = Math.max(14, ...rows.map(({ text, isNote, from }) => text.length + (isNote ? 2 : from === undefined ? 0 : 3)))
  const cell = Math.max(14, Math.min(longest, 48, Math.floor((width - left) / columns.length) - 1))
  const line = (step: string, at: string, cells: string): string => `  ${step.padStart(9)}  ${at.padStart(14)}  ${cells}`.trimEnd()
  const head = line('step', 'at', columns.map((host) => fitted(host, cell)).join(' '))
  const body = rows.map((row) => {
    const cells = cellsOf(row, columns, cell)
    return row.isNote ? line('', '', cells) : line(count(row.step), moment(row.at), cells)
  })
  return [paint.faint(head), ...body].join('\n')
}

/** The lines of all hosts, the row's text in its own column, and the arrow of a message. */
function cellsOf({ host, isNote, text, from }: TraceRow, columns: readonly string[], cell: number): string {
  const own = columns.indexOf(host ?? world)
  const place = (column: number): number => column * (cell + 1)
  const drawn: string[] = new Array(place(columns.length)).fill(' ')
  for (let column = 0; column < columns.length; column++) if (columns[column] !== world) drawn[place(column)] = '│'
  const sender = from === undefined || from === host ? -1 : columns.indexOf(from)
  const isFromRight = sender > own
  // The arrow shows the sender.
  const told = sender < 0 ? text : text.replace(/ < \S+$/, '')
  const words = fitted(isNote ? `· ${told}` : told, isFromRight ? cell - 2 : cell).trimEnd()
  if (sender >= 0) {
    const [start, end] = isFromRight ? [place(own) + words.length + 1, place(sender)] : [place(sender), place(own) - 1]
    for (let i = start; i <= end; i++) drawn[i] = drawn[i] === '│' ? '┼' : '─'
    drawn[place(sender)] = isFromRight ? '┤' : '├'
    drawn[isFromRight ? start : end] = isFromRight ? '◀' : '▶'
  }
  for (let i = 0; i < words.length; i++) drawn[place(own) + i] = words.charAt(i)
  return drawn.join('')
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
