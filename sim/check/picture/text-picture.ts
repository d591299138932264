import type { History } from '../history.js'
import { timeText } from '../time-text.js'
import { type Bar, type Picture, type PictureOptions, pictureOf } from './picture.js'

export interface TextPictureOptions extends PictureOptions {
  /** Columns of the terminal: 120 when not given. What does not fit goes on below. */
  readonly width?: number
  /** How the break is marked; as it is when not given. */
  readonly paintBreak?: (text: string) => string
}

/**
 * A history as text: a line for each client, `├ write 3 ┤` from an invocation to its answer, `├ write 3 ┄` without one, `✗` where it breaks. Columns are events,
 * not time.
 */
export function historyAsText<Op, Result>(history: History<Op, Result>, options: TextPictureOptions = {}): string {
  const { width = 120, paintBreak = (text: string) => text } = options
  const picture = pictureOf(history, options)
  const columns = columnsOf(picture)
  const margin = Math.max(0, ...picture.lanes.map(({ client }) => nameOf(client).length)) + 2
  const room = Math.max(20, width - margin)
  const blocks: string[] = []
  for (let first = 0; first < picture.places; ) {
    let last = first
    while (last + 1 < picture.places && columns[last + 2]! - columns[first]! <= room) last++
    blocks.push(block(picture, columns, first, last, margin, paintBreak))
    first = last + 1
  }
  const left = picture.leftOut === 0 ? [] : [`(${picture.leftOut} operations are left out)`]
  return [...blocks, ...left].join('\n\n')
}

const nameOf = (client: number): string => `client-${client}`
const textOf = ({ number, label, isBreak }: Bar): string => `${isBreak ? '✗ ' : ''}${number === undefined ? '' : `${number}. `}${label}`

/** Where each place begins, such that each label has room between its two places; one more, where all end. */
function columnsOf({ lanes, places }: Picture): number[] {
  const ending = new Map<number, { readonly from: number; readonly length: number }[]>()
  for (const { bars } of lanes) {
    for (const [i, bar] of bars.entries()) {
      const end = Math.min(bar.to, bars[i + 1]?.from ?? places, places)
      const room = { from: bar.from, length: [...textOf(bar)].length + 4 }
      const known = ending.get(end)
      if (known === undefined) ending.set(end, [room])
      else known.push(room)
    }
  }
  const columns = [0]
  for (let place = 1; place <= places; place++) {
    const least = (ending.get(place) ?? []).map(({ from, length }) => columns[from]! + length)
    columns.push(Math.max(columns[place - 1]! + 1, ...least))
  }
  return columns
}

function block(
  { lanes, times, places }: Picture,
  columns: readonly number[],
  first: number,
  last: number,
  margin: number,
  paint: (text: string) => string,
): string {
  const start = columns[first]!
  const end = columns[last + 1]!
  const rows = lanes.map(({ client, bars }) => {
    let row = ''
    let length = 0
    const put = (column: number, text: string, isBreak: boolean): void => {
      row += ' '.repeat(Math.max(0, column - length)) + (isBreak ? paint(text) : text)
      length = column + [...text].length
    }
    for (const [i, bar] of bars.entries()) {
      const until = Math.min(bar.to, bars[i + 1]?.from ?? places, places)
      const from = Math.max(columns[bar.from]!, start)
      const to = Math.min(bar.to === Number.POSITIVE_INFINITY ? columns[until]! - 1 : columns[until]!, end - 1)
      if (columns[bar.from]! >= end || columns[until]! < start || to < from) continue
      put(from - start, barText(bar, to - from + 1, columns[bar.from]! < start, columns[until]! >= end), bar.isBreak)
    }
    return `${nameOf(client).padEnd(margin)}${row}`.trimEnd()
  })
  return [`${''.padEnd(margin)}${timeText(times[first]!, times[last])} to ${timeText(times[last]!, times[first])}`, ...rows].join('\n')
}

/** A bar of so many columns; `isBegun` before the block, `goesOn` behind it. */
function barText(bar: Bar, columns: number, isBegun: boolean, goesOn: boolean): string {
  const isOpen = bar.to === Number.POSITIVE_INFINITY
  const line = bar.kind === 'fail' ? '╌' : '─'
  const left = isBegun ? line : '├'
  const right = isOpen ? '┄' : goesOn ? line : '┤'
  if (columns === 1) return isBegun ? right : left
  const text = [...(isBegun ? '' : ` ${textOf(bar)} `)].slice(0, columns - 2).join('')
  return left + text + (isOpen ? '┄' : line).repeat(columns - 2 - [...text].length) + right
}
