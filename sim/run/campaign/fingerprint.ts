import { hashString } from '../../kernel/mix.js'
import type { TraceRecord, TraceSink } from '../../kernel/trace.js'
import type { Violation } from '../report.js'
import type { SeedOutcome } from './seed-result.js'

/** What a fingerprint is made of, for people. */
export interface FailureFeatures {
  readonly outcome: SeedOutcome
  readonly check: string
  /** `normalText`; empty where the check says all. */
  readonly message: string
  /** The failing host's role, the innermost function of a throw; empty where nobody is to blame. */
  readonly where: string
  /** The step at which it broke: whose role, which kind, which message or disk operation. */
  readonly event: string
}

/**
 * The features of a failure that seeds of one mistake share, and others do not. `event` is that of the failing step only: of planted mistakes in Raft and the
 * broker, the steps before it differ from seed to seed.
 */
export function featuresOf(outcome: SeedOutcome, violation: Violation, event: string): FailureFeatures {
  const { check, message, host, stack } = violation
  // A judge with a name for what it found, a recovery or an `eventually` says by its name what broke, and by its message how one looks at it.
  const isNamedBest = outcome === 'violation' && host === null && check !== 'history'
  const place = outcome === 'crashed' ? throwPlace(stack) : ''
  const role = host === null ? '' : roleOf(host)
  const happensAt = outcome === 'violation' || outcome === 'crashed' ? event : ''
  return { outcome, check, message: isNamedBest ? '' : normalText(message), where: [role, place].filter((word) => word !== '').join(' '), event: happensAt }
}

/** Sixteen hexadecimal digits. */
export function fingerprintOf({ outcome, check, message, where, event }: FailureFeatures): string {
  const text = [outcome, check, message, where, event].join('\n')
  const word = (salt: string): string => (hashString(salt + text) >>> 0).toString(16).padStart(8, '0')
  return word('high ') + word('low ')
}

/** A sink that keeps what sort of step one of them was. */
export class StepSort implements TraceSink {
  /** Empty while the step has not been. */
  sort = ''

  constructor(readonly watched: number) {}

  step({ step, kind, host, detail }: TraceRecord): void {
    if (step === this.watched) this.sort = sortOf(kind, host, detail)
  }
}

/** What happened to whom, without who of its role it was, what was in it, and which of equal groups it belonged to: `member message append-request`. */
function sortOf(kind: string, host: string | null, detail: string): string {
  const [word = ''] = detail.split(' ')
  const what = named.has(kind) ? (word.split('.').at(-1) as string) : kind === 'fault' ? word : ''
  return [host === null ? 'world' : roleOf(host), kind, what].filter((part) => part !== '').join(' ')
}

/** Kinds of step whose detail begins with a protocol's method or a disk's operation. */
const named: ReadonlySet<string> = new Set(['request', 'reply', 'message', 'timeout', 'disk'])

/** A host's role: `replica-2` is a `replica`. */
const roleOf = (host: string): string => host.replace(/-\d+$/, '')

/** The innermost function and file of a stack, without line numbers: an edit above a mistake does not make it another. */
function throwPlace(stack: string | undefined): string {
  const frame = stack?.split('\n').find((line) => /^\s+at /.test(line) && !line.includes('node:'))
  if (frame === undefined) return ''
  const [, name = '', file = ''] = /^\s+at (?:async )?(?:(.*?) \()?(?:.*\/)?([^/]+?)(?:\?[^:]*)?:\d+:\d+\)?$/.exec(frame) ?? []
  return [name, file].filter((word) => word !== '').join(' in ')
}

const longest = 160

/**
 * The first line of a message without what differs from one occurrence of a mistake to the next: numbers, the ordinals of hosts, quoted values, plain data,
 * and how often a part is repeated in a list. Of runaways, without who was busiest.
 */
export function normalText(message: string): string {
  const [line = ''] = message.split(/\n|; the busiest/)
  return line
    .replace(/[{[].*[}\]]/g, '…')
    .replace(/'[^']*'|"[^"]*"/g, '…')
    .replace(/\b([a-z][a-z0-9]*(?:-[a-z]+)*)-\d+\b/gi, '$1')
    .replace(/\b0x[0-9a-f]+\b|\b[0-9a-f]{12,}\b/gi, '#')
    .replace(/-?\d+(?:[,._]\d+)*/g, '#')
    .replace(/(#|…|\b[\w-]+(?: is \w+)?)(?:(?:,? and |, | )\1)+(?![\w-])/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, longest)
}
