import type { History } from '../history.js'
import { type Bar, type PictureOptions, pictureOf } from './picture.js'

export interface SvgPictureOptions extends PictureOptions {
  /** Above the picture. */
  readonly title?: string
}

const laneHeight = 34
const barHeight = 22
const margin = 90
const top = 40
const perCharacter = 6.6

/**
 * A history as an SVG document: a lane for each client, a bar from each invocation to its answer, fading out where there was none; dashed what failed, numbered
 * what a linear order explains, red where it breaks. Positions are events, not time; hovering shows times and data.
 */
export function historyAsSvg<Op, Result>(history: History<Op, Result>, options: SvgPictureOptions = {}): string {
  const picture = pictureOf(history, options)
  const xs = positions(picture.lanes, picture.places)
  const width = margin + xs.at(-1)! + 20
  const height = top + picture.lanes.length * laneHeight + 40
  const lanes = picture.lanes.map(({ client, bars }, lane) => {
    const y = top + lane * laneHeight
    const line = `<line class="lane" x1="${margin}" y1="${y + laneHeight / 2}" x2="${width - 10}" y2="${y + laneHeight / 2}"/>`
    const name = `<text class="client" x="10" y="${y + laneHeight / 2 + 4}">client-${client}</text>`
    return [line, name, ...bars.map((bar, i) => barElement(bar, xs, y, bars[i + 1]?.from ?? picture.places))].join('\n')
  })
  const breaks = picture.lanes.flatMap(({ bars }) => bars.filter(({ isBreak, to }) => isBreak && to !== Number.POSITIVE_INFINITY))
  const marks = breaks.map(({ to }) => `<line class="break" x1="${margin + xs[to]!}" y1="${top - 8}" x2="${margin + xs[to]!}" y2="${height - 32}"/>`)
  const times = picture.times.length === 0 ? '' : `${seconds(picture.times[0]!)} to ${seconds(picture.times.at(-1)!)}`
  const left = picture.leftOut === 0 ? '' : `; ${picture.leftOut} operations are left out`
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<style>${style}</style>
<defs><linearGradient id="open"><stop offset="0" stop-color="#e3d7f3"/><stop offset="1" stop-color="#e3d7f3" stop-opacity="0"/></linearGradient></defs>
<rect class="paper" width="${width}" height="${height}"/>
<text class="title" x="10" y="22">${escaped(options.title ?? 'History')}</text>
${[...lanes, ...marks].join('\n')}
<text class="times" x="${margin}" y="${height - 12}">${escaped(times + left)}</text>
</svg>
`
}

const style = `text{font:12px ui-monospace,Menlo,Consolas,monospace;fill:#222}.title{font-weight:bold}.paper{fill:#fff}.lane{stroke:#ddd}.times{fill:#777}
.bar{stroke:#4a6fa5;fill:#dce6f5}.unknown .bar{stroke:#8a6bbf;fill:url(#open)}.fail .bar{stroke:#999;fill:#f3f3f3;stroke-dasharray:4 3}.broken .bar{stroke:#b00020;fill:#fbdfe3;stroke-width:2}
.broken text{fill:#b00020;font-weight:bold}.break{stroke:#b00020;stroke-dasharray:3 3}`

/** Where each place is, such that labels fit; the last is the end. */
function positions(lanes: readonly { readonly bars: readonly Bar[] }[], places: number): number[] {
  const ending = new Map<number, { readonly from: number; readonly width: number }[]>()
  for (const { bars } of lanes) {
    for (const [i, bar] of bars.entries()) {
      const end = Math.min(bar.to, bars[i + 1]?.from ?? places, places)
      const room = { from: bar.from, width: textOf(bar).length * perCharacter + 14 }
      const known = ending.get(end)
      if (known === undefined) ending.set(end, [room])
      else known.push(room)
    }
  }
  const xs = [8]
  for (let place = 1; place <= places; place++)
    xs.push(Math.ceil(Math.max(xs[place - 1]! + 14, ...(ending.get(place) ?? []).map(({ from, width }) => xs[from]! + width))))
  return xs
}

const textOf = ({ number, label }: Bar): string => `${number === undefined ? '' : `${number}. `}${label}`

function barElement(bar: Bar, xs: readonly number[], y: number, next: number): string {
  const { record, kind, isBreak, from, to } = bar
  const x = margin + xs[from]!
  const width = Math.max(6, margin + xs[Math.min(to, next, xs.length - 1)]! - x - 2)
  const times = `${seconds(record.invokedAt)} to ${record.completedAt === null ? 'the end' : seconds(record.completedAt)}`
  const said = `client-${record.client}, ${times}: ${JSON.stringify(record.op, plainly)} ${JSON.stringify(record.outcome, plainly)}`
  return `<g class="${isBreak ? 'broken' : kind}"><title>${escaped(said)}</title><rect class="bar" x="${x}" y="${y + (laneHeight - barHeight) / 2}" width="${width}" height="${barHeight}" rx="4"/><text x="${x + 6}" y="${y + laneHeight / 2 + 4}">${escaped(textOf(bar))}</text></g>`
}

const plainly = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value)
const seconds = (nanos: number): string => `${(nanos / 1e9).toFixed(6)} s`
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
/** Also without what XML does not allow at all. */
const escaped = (text: string): string =>
  [...text].map((character) => (character < ' ' && !'\n\t'.includes(character) ? '\uFFFD' : (entities[character] ?? character))).join('')
