import type { Injection } from '../faults/injection.js'
import type { RunReport } from '../run/report.js'
import { hostTable, type TraceRow } from './host-table.js'
import { count, duration, moment } from './numbers.js'
import type { Palette } from './palette.js'
import { wrapped } from './run-header.js'

/** What a reader of a failure wants next. */
export interface Surroundings {
  /** The steps up to the violation. */
  readonly rows?: readonly TraceRow[]
  /** Commands by what they do: `replay`, `again`. */
  readonly commands: Readonly<Record<string, string>>
  /** Columns of the terminal. */
  readonly width?: number
  /** The run was to end before it was over: nothing was judged. */
  readonly isStopped?: boolean
  /** Wall-clock seconds that the run took. */
  readonly seconds?: number
}

/** The result of a run: one quiet block when it passed, and everything needed to go on when it did not. */
export function describeResult(report: RunReport, around: Surroundings, paint: Palette): string {
  const { outcome, steps, virtualNanos, traceHash, statistics, seed, scenario, violation } = report
  const took = around.seconds === undefined ? '' : ` in ${around.seconds.toFixed(1)} s`
  const lines: string[] = []
  if (violation) lines.push(...describeViolation(report, around, paint))
  else if (around.isStopped) lines.push(`stopped  ${scenario}  seed ${seed}  as asked, after step ${count(steps)}; nothing is judged yet`)
  else if (outcome === 'passed') lines.push(`${paint.good('✓ passed')}  ${scenario}  seed ${seed}`)
  else lines.push(`${paint.bad(`✗ ${outcome}`)}  ${scenario}  seed ${seed}`)
  lines.push(...wrapped('ran', [`${count(steps)} steps, ${moment(virtualNanos)} of virtual time${took}`, `trace ${traceHash}`], paint))
  lines.push(...wrapped('counted', describeCounts(statistics), paint))
  lines.push(...wrapped('acted', describeFaults(report), paint))
  const idle = around.isStopped ? [] : armedButIdle(report)
  if (idle.length > 0) lines.push(...wrapped('idle', [...idle, '(armed, and never acted)'], paint))
  const unmet = report.properties.filter(({ kind, reached, held }) => (kind === 'sometimes' && held === 0) || (kind === 'reachable' && reached === 0))
  if (unmet.length > 0)
    lines.push(
      ...wrapped(
        'never',
        unmet.map(({ name }) => `'${name}'`),
        paint,
      ),
    )
  for (const [name, command] of Object.entries(around.commands)) lines.push(...wrapped(name, [paint.strong(command)], paint))
  return lines.join('\n')
}

/** Kinds that were armed and never acted: a finding about the scenario. */
export function armedButIdle(report: RunReport): string[] {
  return report.faults.filter(({ armed, injections }) => armed && injections === 0).map(({ kind }) => kind)
}

function describeViolation({ scenario, seed, outcome, violation, injections, hosts }: RunReport, around: Surroundings, paint: Palette): string[] {
  const { check, message, step, at, host, stack } = violation!
  const where = host === null ? '' : `  on ${host}`
  const lines = [
    `${paint.bad(`✗ ${outcome}`)}  ${paint.strong(scenario)}  seed ${paint.strong(seed)}  ${paint.bad(check)}${where}  step ${count(step)} at ${moment(at)}`,
    ...message.split('\n').map((line) => `  ${line}`),
  ]
  if (outcome === 'crashed' && stack) {
    for (const line of stack
      .split('\n')
      .filter((line) => line.trimStart().startsWith('at '))
      .slice(0, 6))
      lines.push(paint.faint(`    ${line.trim()}`))
  }
  if (around.rows && around.rows.length > 0) lines.push('', hostTable(around.rows, hosts, paint, around.width), '')
  lines.push(...describeInjections(injections, at, paint))
  return lines
}

const shownInjections = 16

/** The last injections before the violation: those that may have to do with it. */
function describeInjections(injections: readonly Injection[], before: number, paint: Palette): string[] {
  const relevant = injections.filter(({ at }) => at <= before)
  if (relevant.length === 0) return wrapped('injected', ['nothing'], paint)
  const shown = relevant.slice(-shownInjections)
  const skipped = relevant.length - shown.length
  return [
    `  ${paint.faint('injected')}  ${count(relevant.length)} ${relevant.length === 1 ? 'fault' : 'faults'}${skipped > 0 ? `; the last ${shown.length}:` : ':'}`,
    ...shown.map(({ kind, site, ordinal, at, args }) =>
      `    ${moment(at).padStart(14)}  ${kind.padEnd(16)}  ${site} #${ordinal}  ${paint.faint(describeArguments(args))}`.trimEnd(),
    ),
  ]
}

/** Arguments for a reader: durations with their unit, groups of hosts by a bar, and no dice keys. */
export function describeArguments(args: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(args).flatMap(([name, value]) => {
    if (name === 'key' || value === null) return []
    if (name.endsWith('Nanos')) return `${name.slice(0, -'Nanos'.length)} ${[value].flat().map(span).join(', ')}`
    if (Array.isArray(value)) return `${name} ${value.map(item).join(value.some(Array.isArray) ? ' | ' : ' ')}`
    return `${name} ${item(value)}`
  })
  const text = words.join('  ')
  return text.length > 120 ? `${text.slice(0, 119)}…` : text
}

const span = (value: unknown): string => (typeof value === 'number' ? duration(value) : 'until told')
const item = (value: unknown): string => (Array.isArray(value) ? value.join(' ') : typeof value === 'object' ? JSON.stringify(value) : String(value))

const describeCounts = (statistics: Readonly<Record<string, number>>): string[] => Object.entries(statistics).map(([name, value]) => `${name} ${count(value)}`)

/** Injections of each kind that did harm, of the chances it had; of an episode's packets and operations those that it struck. */
function describeFaults({ faults }: RunReport): string[] {
  return faults
    .filter(({ injections }) => injections > 0)
    .map(({ kind, injections, opportunities, heldBack, struck, exposed }) => {
      const met = exposed > 0 ? `, struck ${count(struck)} of ${count(exposed)}` : ''
      const held = heldBack > 0 ? `, ${count(heldBack)} held back` : ''
      return `${kind} ${count(injections)} (of ${count(opportunities)}${held}${met})`
    })
}
