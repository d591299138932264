import type { RunHeader } from '../run/report.js'
import { count, duration } from './numbers.js'
import type { Palette } from './palette.js'

/** What a run is, told before its first step: everything that the seed decided beforehand. */
export function describeHeader(header: RunHeader, paint: Palette): string {
  const { scenario, seed, strategy, durationNanos, hosts, armed, options } = header
  const drawn = Object.entries(options).map(([name, value]) => `${name} ${count(value)}`)
  return [
    `${paint.strong(scenario)}  seed ${paint.strong(seed)}  ${duration(durationNanos)} of virtual time  ${hosts.length} ${hosts.length === 1 ? 'host' : 'hosts'}`,
    ...wrapped('faults', strategy === 'none' || armed.length === 0 ? ['none'] : [`${strategy}:`, ...armed], paint),
    ...wrapped('options', drawn.length === 0 ? ['none'] : drawn, paint),
  ].join('\n')
}

/** `label` and the items, in lines of at most 120 characters. */
export function wrapped(label: string, items: readonly string[], paint: Palette, gap = '  '): string[] {
  const lines: string[] = []
  let line = ''
  for (const item of items) {
    if (line !== '' && line.length + gap.length + item.length > 108) {
      lines.push(line)
      line = ''
    }
    line += line === '' ? item : gap + item
  }
  if (line !== '') lines.push(line)
  return lines.map((text, i) => `  ${paint.faint((i === 0 ? label : '').padEnd(10))}${text}`)
}
