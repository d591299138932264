import type { TraceRecord } from '../kernel/trace.js'
import { moment } from './numbers.js'

/** A record as one line for people: `    4102   12.304118 s  broker-3#2  deliver raft.append from broker-1  <- 4091  9f0c…`. */
export function traceLine({ step, at, host, incarnation, kind, cause, detail, hash }: TraceRecord, isNote: boolean): string {
  const place = (host === null ? 'world' : `${host}#${incarnation}`).padEnd(14)
  const what = detail === '' ? kind : `${kind} ${detail}`
  if (isNote) return `${' '.repeat(27)}${place}  · ${what}`
  return `${String(step).padStart(9)}  ${moment(at).padStart(14)}  ${place}  ${what}  <- ${cause}  ${hash}`
}
