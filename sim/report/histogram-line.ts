import { Histogram, type HistogramData } from '../run/campaign/histogram.js'
import { count, duration } from './numbers.js'

const levels = '▁▂▃▄▅▆▇█'
const columns = 24

/** A distribution in a line: `1.2 ms ▁▃▇█▅▂▁▁ 340 ms`. Each column covers the same ratio of values, so that a long tail shows. */
export function histogramLine(data: HistogramData, show: (value: number) => string): string {
  const { least, greatest } = data
  const bars = barsOf(data)
  const most = Math.max(...bars)
  const line = bars.map((bar) => (bar === 0 ? ' ' : levels[Math.min(levels.length - 1, Math.floor((bar * levels.length) / most))])).join('')
  return `${show(least)} ${line} ${show(greatest)}`
}

/** How many values lie in each column; where values reach below 1, columns are equally wide instead. */
function barsOf(data: HistogramData): number[] {
  const { least, greatest } = data
  const bars = new Array<number>(columns).fill(0)
  const isByRatio = least >= 1
  const place = (value: number): number => (isByRatio ? Math.log(value) : value)
  const [from, span] = [place(least), place(greatest) - place(least)]
  for (const bucket of Histogram.from(data).buckets()) {
    const value = Math.min(greatest, Math.max(least, bucket.from))
    const column = span === 0 ? 0 : Math.min(columns - 1, Math.floor(((place(value) - from) / span) * columns))
    bars[column] = (bars[column] as number) + bucket.times
  }
  return bars
}

/** A value with its unit, at three digits: `1.24 ms`, `12,300`. */
export function measured(unit: 'nanos' | 'number'): (value: number) => string {
  return (value) => (unit === 'nanos' ? duration(threeDigits(value)) : count(threeDigits(value)))
}

function threeDigits(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value
  const scale = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2)
  return scale <= 1 && Number.isInteger(value) ? value : Number((Math.round(value / scale) * scale).toPrecision(3))
}
