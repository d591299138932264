import type { KvEvent, KvJournal } from './journal.js'
import type { KvEntry, ScanOptions } from './reads.js'

/** What was scanned: of which state, as of when, and of which archive where it was one. */
export type Scanned = Pick<KvEvent & { kind: 'scanned' }, 'partition' | 'sequence' | 'nowMillis' | 'archive'>

/** The entries as they are. A journal is told of what was answered, however the scan ends; without one nothing stands between a caller and its scan. */
export function toldScan(journal: KvJournal | null, what: Scanned, options: ScanOptions, entries: AsyncGenerator<KvEntry>): AsyncGenerator<KvEntry> {
  return journal === null ? entries : tell(journal, what, options, entries)
}

async function* tell(journal: KvJournal, what: Scanned, options: ScanOptions, entries: AsyncGenerator<KvEntry>): AsyncGenerator<KvEntry> {
  const seen: { key: Uint8Array; value: Uint8Array }[] = []
  let isWhole = false
  try {
    for await (const entry of entries) {
      seen.push({ key: entry.key, value: entry.value })
      yield entry
    }
    isWhole = options.limit === undefined || seen.length < options.limit
  } finally {
    const { from = null, to = null, direction = 'forward' } = options
    journal.tell({ kind: 'scanned', ...what, from, to, direction, entries: seen, isWhole })
  }
}
