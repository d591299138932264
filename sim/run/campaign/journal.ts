import * as v from 'valibot'
import { CampaignFileError } from './parse-campaign.js'
import { entrySchema } from './result-schema.js'
import type { SeedResult } from './seed-result.js'

/** One finished seed, as the journal keeps it. */
export interface JournalEntry {
  readonly scenario: number
  readonly seed: number
  readonly result: SeedResult
}

export const journalLine = ({ scenario, seed, result }: JournalEntry): string => `${JSON.stringify({ scenario, seed, result })}\n`

/** The lines of a journal that are whole: who wrote it may have been killed in the middle of its last one. */
export function parseJournal(text: string): JournalEntry[] {
  const entries: JournalEntry[] = []
  const lines = text.split('\n')
  for (const [i, line] of lines.entries()) {
    // Only the last one may be cut short, and then has no end.
    if (i === lines.length - 1) break
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), entrySchema), line)
    if (!parsed.success) throw new CampaignFileError(`is broken in line ${i + 1}: remove it, and its seed is run again`)
    entries.push(parsed.output)
  }
  return entries
}
