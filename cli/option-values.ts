import type { FaultKind } from '../sim/faults/injection.js'
import { strategies } from '../sim/faults/strategies/index.js'
import type { Nanos } from '../sim/host/seam.js'
import { nearest } from '../sim/report/nearest.js'
import type { Strategy } from '../sim/run/scenario.js'
import { BadInput } from './bad-input.js'

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

/** Reads an integer from `least` to `most`, given to `option`; `what` names it in the message: `a step`, `a number of workers`. */
export function whole(option: string, what = 'a number', most = Number.MAX_SAFE_INTEGER, least = 1): (text: string) => number {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (number >= least && number <= most) return number
    throw new BadInput(`${option} '${text}' is not ${what}: write an integer from ${least} ${most === Number.MAX_SAFE_INTEGER ? 'on' : `to ${most}`}`)
  }
}

/** Worker threads. */
export const parseJobs = whole('--jobs', 'a number of workers', 256)

/** Runs for one question. */
export const parseRuns = whole('--runs', 'a number of runs', 10_000)

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
