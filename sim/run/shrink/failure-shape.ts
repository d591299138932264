import type { Outcome, RunReport } from '../report.js'

/** What a failure is, whichever run shows it: a shrinker never settles on another one. Plain data. */
export interface FailureShape {
  readonly outcome: Outcome
  /** The invariant, property or judge that spoke; of histories with the sort of anomaly. */
  readonly check: string
  /** Where the check's name alone does not tell one failure from another: what it said, without names and numbers. */
  readonly words: string | null
}

/** Null: the run did not fail. */
export function failureShape({ outcome, violation }: Pick<RunReport, 'outcome' | 'violation'>): FailureShape | null {
  if (violation === undefined || outcome === 'passed' || outcome === 'interrupted') return null
  const { check, message } = violation
  return { outcome, check, words: isVague(outcome, check) ? wordsOf(message) : null }
}

export function isSameFailure(a: FailureShape, b: FailureShape | null): boolean {
  return b !== null && a.outcome === b.outcome && a.check === b.check && a.words === b.words
}

/** A judge that only answers with a text, and an error that is only known by its class. */
const isVague = (outcome: Outcome, check: string): boolean => outcome === 'crashed' || check === 'history'

/** The first line of a message; every number is the same number, every quoted text the same text. */
function wordsOf(message: string): string {
  const [line = ''] = message.split('\n')
  return line
    .replace(/'[^']*'|"[^"]*"|`[^`]*`/g, "'…'")
    .replace(/\b0x[0-9a-f]+\b/gi, '#')
    .replace(/\d+(?:[.,]\d+)*/g, '#')
}
