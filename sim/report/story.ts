import type { OperationRecord } from '../check/history.js'
import type { FaultCatalogue } from '../faults/catalogue.js'
import type { Injection } from '../faults/injection.js'
import type { Nanos } from '../host/seam.js'
import { endsAtViolation, type RunReport } from '../run/report.js'
import { shortText } from '../run/short-text.js'
import { count, moment } from './numbers.js'
import { describeArguments } from './run-result.js'

/** More operations than these are only counted. */
const mostOperations = 12

/** What happened, in words: a line for each injection and each operation in the order of their times, and then what broke. */
export function storyOf(report: Pick<RunReport, 'injections' | 'history' | 'violation' | 'outcome' | 'steps'>, catalogue: FaultCatalogue): string[] {
  const { injections, history, violation, outcome } = report
  const until = violation !== undefined && endsAtViolation(report) ? violation.at : Number.POSITIVE_INFINITY
  const operations = history.filter(({ invokedAt }) => invokedAt <= until)
  const isToldEach = operations.length <= mostOperations
  const events: Event[] = injections.map((injection) => ({ at: injection.at, text: sentence(injection, catalogue) }))
  if (isToldEach) events.push(...operations.map((operation) => ({ at: operation.invokedAt, text: tellOperation(operation, until) })))
  events.sort((a, b) => a.at - b.at)
  const lines = events.map(({ at, text }, i) => `${i + 1}. At ${moment(at)} ${text}.`)
  if (!isToldEach) lines.push(`Meanwhile the clients ask ${count(operations.length)} times.`)
  if (injections.length === 0) lines.unshift('No fault is needed.')
  if (violation !== undefined) {
    const when = events.every(({ at }) => at <= violation.at) ? 'Then, at' : 'In the end, of what was answered at'
    const how = outcome === 'violation' ? '' : `the run is ${outcome}: `
    lines.push(`${when} ${moment(violation.at)}, ${how}${violation.check}: ${violation.message}`)
  }
  return lines
}

interface Event {
  readonly at: Nanos
  readonly text: string
}

/** One injection as its kind tells it, or as its arguments do. */
export function sentence(injection: Injection, catalogue: FaultCatalogue): string {
  const told = catalogue.find(injection.kind)?.tell?.(injection)
  if (told !== undefined) return told
  const words = describeArguments(injection.args)
  return `${injection.kind} at ${injection.site}${words === '' ? '' : ` (${words})`}`
}

function tellOperation({ client, op, completedAt, outcome }: OperationRecord<unknown, unknown>, until: Nanos): string {
  const asked = `client-${client} asks ${shortText(op)}`
  if (completedAt === null || completedAt > until) return `${asked}, and is not answered before the end`
  if (outcome.kind === 'ok') return `${asked}, and at ${moment(completedAt)} is answered ${shortText(outcome.result)}`
  return `${asked}, and at ${moment(completedAt)} ${outcome.kind === 'fail' ? 'is refused' : 'has no answer'}${outcome.error === undefined ? '' : `: ${outcome.error}`}`
}
