import { Misuse } from '../../host/errors.js'
import { ReplayError, requestOf } from '../replay.js'
import type { RunReport, RunRequest } from '../report.js'
import { run } from '../run.js'
import type { AnyScenario } from '../scenario.js'
import type { CorpusEntry } from './entry.js'

/** What the run of an entry says of it. */
export interface EntryVerdict {
  /**
   * `holds`: as expected. `stale`: it does not show any more what it was kept for, since an injection finds no site or another thing is found. `broken`:
   * it must pass, and fails. `changed`: as expected, but not the very run that was asked for. `interrupted`: the caller ended the run.
   */
  readonly kind: 'holds' | 'stale' | 'broken' | 'changed' | 'interrupted'
  /** What changed, in a sentence. */
  readonly why: string
}

export interface CheckedEntry {
  readonly verdict: EntryVerdict
  /** Undefined: there is no run that the entry asks for. */
  readonly report?: RunReport
}

/** Runs an entry and holds the run against what is expected. */
export async function checkEntry(entry: CorpusEntry, scenario: AnyScenario, options: Pick<RunRequest, 'signal' | 'limits'> = {}): Promise<CheckedEntry> {
  let report: RunReport
  try {
    report = await run({ ...requestOf(entry.replay, scenario), ...options })
  } catch (error) {
    const why = unusable(error)
    if (why === undefined) throw error
    return { verdict: { kind: 'stale', why } }
  }
  return { verdict: verdictOf(entry, report), report }
}

/** What is wrong with a list that the scenario cannot take any more; undefined for an error of another sort. */
export function unusable(error: unknown): string | undefined {
  if (error instanceof ReplayError) return `its replay ${error.message}`
  return error instanceof Misuse ? `it cannot be run any more: ${error.message}` : undefined
}

/** Holds a finished run of an entry's replay against the entry. */
export function verdictOf(entry: CorpusEntry, report: RunReport): EntryVerdict {
  const { expect, traceHash, replay } = entry
  if (report.outcome === 'interrupted') return { kind: 'interrupted', why: `the run was ended after ${report.steps} steps` }
  if (report.stale.length > 0) return { kind: 'stale', why: whatFoundNoSite(report) }
  const isSame = isSameFailure(replay.found, report)
  if (expect === 'passes' && report.outcome !== 'passed')
    return { kind: 'broken', why: `it must pass, and ${isSame ? `what was repaired is back: ${sayFound(report)}` : `fails: ${sayFound(report)}`}` }
  if (expect === 'fails' && !isSame) {
    const before = replay.found.check ?? replay.found.outcome
    const after = report.outcome === 'passed' ? 'it passes now' : `now it is ${sayFound(report)}`
    return { kind: 'stale', why: `'${before}' was found then, and ${after}` }
  }
  if (traceHash !== undefined && report.traceHash !== traceHash)
    return { kind: 'changed', why: `its run goes another way: trace ${report.traceHash} after ${report.steps} steps, not ${traceHash}` }
  if (expect === 'passes') return { kind: 'holds', why: 'passes' }
  return { kind: 'holds', why: `fails as kept${report.traceHash === replay.found.traceHash ? '' : ', on another path'}: ${sayFound(report)}` }
}

/** Whether the same check broke in the same way. */
export function isSameFailure(
  found: { readonly outcome: string; readonly check?: string | undefined },
  report: Pick<RunReport, 'outcome' | 'violation'>,
): boolean {
  return report.outcome === found.outcome && report.violation?.check === found.check
}

/** The check and what it said, in a line. */
export function sayFound({ outcome, violation }: Pick<RunReport, 'outcome' | 'violation'>): string {
  return violation === undefined ? outcome : `${violation.check}: ${violation.message.split('\n')[0]}`
}

const shownSites = 3

function whatFoundNoSite({ stale, injections }: RunReport): string {
  const sites = stale.slice(0, shownSites).map(({ kind, site, ordinal }) => `${kind} ${site} #${ordinal}`)
  const more = stale.length > shownSites ? ` and ${stale.length - shownSites} more` : ''
  return `${stale.length} of ${injections.length} injections found no site: ${sites.join(', ')}${more}`
}
