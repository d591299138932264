import { checkEntry, type EntryVerdict } from '../sim/run/corpus/check-entry.js'
import type { CorpusEntry } from '../sim/run/corpus/entry.js'
import type { RunReport } from '../sim/run/report.js'
import { BadInput } from './bad-input.js'
import type { EntryFile } from './corpus-folder.js'
import { scenarioOf } from './load-scenario.js'
import { blame } from './scenario-fault.js'
import { nowRunning } from './watchdog.js'

/** What a check says of one file. `refused`: it cannot be read, or its scenario cannot. */
export interface CheckedFile {
  readonly file: EntryFile
  readonly verdict: EntryVerdict | { readonly kind: 'refused'; readonly why: string }
  readonly report?: RunReport
  /** Wall clock. */
  readonly seconds: number
}

/** Replays one file of a corpus. `home` is the folder that scenario files are named from. */
export async function checkFile(file: EntryFile, home: string, signal?: AbortSignal): Promise<CheckedFile> {
  if ('refused' in file) return { file, verdict: { kind: 'refused', why: file.refused.message }, seconds: 0 }
  nowRunning(`the run of ${file.path}`)
  const began = performance.now()
  const checked = await judged(file.entry, home, signal)
  return { file, ...checked, seconds: (performance.now() - began) / 1_000 }
}

async function judged(entry: CorpusEntry, home: string, signal: AbortSignal | undefined): Promise<Pick<CheckedFile, 'verdict' | 'report'>> {
  const { file } = entry.replay
  try {
    const { scenario } = await scenarioOf(entry.replay, home)
    return await checkEntry(entry, scenario, signal === undefined ? {} : { signal })
  } catch (error) {
    const reason = blame(error, file)
    if (reason instanceof BadInput) return { verdict: { kind: 'refused', why: reason.message } }
    throw reason
  }
}
