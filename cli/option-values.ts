import type { FaultKind } from '../sim/faults/injection.js'
import { strategies } from '../sim/faults/strategies/index.js'
import type { Nanos } from '../sim/host/seam.js'
import type { Strategy } from '../sim/run/scenario.js'
import { BadInput, nearest } from './bad-input.js'

/** `60s`, `500ms`, `2m`, `1.5s`: a positive number and a unit, nothing else. */
export function parseDuration(text: string, option = '--duration'): Nanos {
  const match = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)$/.exec(text)
  const nanos = match ? Math.round(Number(match[1]) * unitNanos[match[2] as keyof typeof unitNanos]) : 0
  if (nanos <= 0 || nanos > longest)
    throw new BadInput(`${option} '${text}' is not a duration: write a number and a unit, like 500ms, 60s or 2m, at most 100 days`)
  return nanos
}

/** What `parseDuration` takes, in the largest unit up to seconds that needs no fraction. */
export function durationText(nanos: Nanos): string {
  const unit = (['s', 'ms'] as const).find((name) => nanos % unitNanos[name] === 0) ?? 'us'
  return `${nanos / unitNanos[unit]}${unit}`
}

const unitNanos = { us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3_600e9 }
/** Virtual time is exact to 104 days. */
const longest = 100 * 86_400e9

/** A step's number: a positive integer. */
export function parseStep(option: string, text: string): number {
  const step = /^\d+$/.test(text) ? Number(text) : 0
  if (!Number.isSafeInteger(step) || step < 1) throw new BadInput(`${option} '${text}' is not a step: write its number, from 1 on`)
  return step
}

/** An integer from 1 on. */
export function parseCount(option: string, text: string, what: string, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : 0
  if (number < 1 || number > most) throw new BadInput(`${option} '${text}' is not ${what}: write one from 1 to ${most}`)
  return number
}

/** Worker threads: a number from 1 to 256. */
export function parseJobs(text: string): number {
  const jobs = /^\d+$/.test(text) ? Number(text) : 0
  if (jobs < 1 || jobs > 256) throw new BadInput(`--jobs '${text}' is not a number of workers: write one from 1 to 256`)
  return jobs
}

/** Runs for one question: a number from 1 to 10,000. */
export function parseRuns(text: string): number {
  const runs = /^\d+$/.test(text) ? Number(text) : 0
  if (runs < 1 || runs > 10_000) throw new BadInput(`--runs '${text}' is not a number of runs: write one from 1 to 10000`)
  return runs
}

/** Any text is a seed; no text is none. */
export function parseSeed(text: string): string {
  if (text.trim() === '') throw new BadInput('--seed is empty: write any number or word')
  return text
}

export function parseStrategy(text: string): Strategy {
  const strategy = strategies.find((name) => name === text)
  if (strategy === undefined) throw new BadInput(`there is no strategy '${text}': there are ${strategies.join(', ')}`)
  return strategy
}

/** Kinds of a scenario, separated by commas; `net`, `disk`, `process` mean all of their family, or those of it that are meant. */
export function parseKinds(option: string, text: string, there: readonly FaultKind[], isMeant: (kind: FaultKind) => boolean = () => true): FaultKind[] {
  const kinds = text.split(',').flatMap((part) => kindsNamed(option, part.trim(), there, isMeant))
  return there.filter((kind) => kinds.includes(kind))
}

function kindsNamed(option: string, name: string, there: readonly FaultKind[], isMeant: (kind: FaultKind) => boolean): readonly FaultKind[] {
  if (there.includes(name)) return [name]
  const family = there.filter((kind) => kind.startsWith(`${name}.`))
  if (family.length > 0) {
    const meant = family.filter(isMeant)
    // Of a family that cannot be at all, the run itself says why.
    return meant.length > 0 ? meant : family
  }
  const guess = nearest(name, there)
  throw new BadInput(`${option}: there is no fault kind '${name}'${guess ? `; did you mean ${guess}?` : `: there are ${there.join(', ')}`}`)
}
