import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { some } from '../sim/report/numbers.js'
import type { CorpusEntry } from '../sim/run/corpus/entry.js'
import { type FindAgainOptions, type FoundAgain, findAgain, findRemains } from '../sim/run/corpus/find-again.js'
import { BadInput } from './bad-input.js'
import { type CheckedFile, checkFile } from './corpus-check.js'
import type { CorpusFolder, EntryFile } from './corpus-folder.js'
import { scenarioOf } from './load-scenario.js'
import { interruptible } from './perform-run.js'
import type { Terminal } from './terminal.js'

export interface PruneFlags {
  readonly findAgain?: boolean
  /** At most so many for each entry. */
  readonly runs: number
  readonly dryRun?: boolean
}

/**
 * Removes what is stale, or finds it again. A failure that came back, a run that goes another way and a file that is broken are for people to decide:
 * they stay, and the exit code says that there are some.
 */
export async function prune(names: readonly string[], corpus: CorpusFolder, flags: PruneFlags, terminal: Terminal): Promise<ExitCode> {
  const files = corpus.files(names)
  const done = { kept: 0, replaced: 0, removed: 0, undecided: 0 }
  const isWhole = await interruptible('an entry of the corpus', async (signal) => {
    for (const file of files) {
      const checked = await checkFile(file, corpus.home, signal)
      const decision = await decide(checked, corpus, flags, signal, terminal)
      if (signal.aborted) return false
      done[decision]++
    }
    return true
  })
  terminal.out(`${done.kept} as expected, ${done.replaced} found again, ${done.removed} removed, ${done.undecided} to decide${isWhole ? '' : '; interrupted'}`)
  if (!isWhole) return exitCodes.interrupted
  return done.undecided > 0 ? exitCodes.violation : exitCodes.passed
}

async function decide(
  { file, verdict }: CheckedFile,
  corpus: CorpusFolder,
  flags: PruneFlags,
  signal: AbortSignal,
  { out, paint }: Terminal,
): Promise<'kept' | 'replaced' | 'removed' | 'undecided'> {
  if (verdict.kind === 'holds' || verdict.kind === 'interrupted') return 'kept'
  const remains = 'refused' in file ? file.refused.remains : undefined
  const stays = (why: string): 'undecided' => {
    out(`${paint.bad('✗')} ${paint.strong(file.path)}  stays: ${why}`)
    return 'undecided'
  }
  // Of an older format it has not been run: only a search tells whether its failure is lost.
  const isLost = verdict.kind === 'stale' || (remains !== undefined && flags.findAgain)
  if (!isLost) return stays(`${verdict.kind}: ${verdict.why}${remains === undefined ? '' : '; --find-again looks for it'}`)
  let runs = 0
  const found = flags.findAgain ? await searched(file, corpus.home, { runs: flags.runs, signal, onRun: () => runs++ }) : null
  if (signal.aborted) return 'kept'
  const would = flags.dryRun ? 'would be ' : ''
  if (found !== null) {
    if (!flags.dryRun) corpus.write(renewed(file, found))
    out(`${paint.good('✓')} ${paint.strong(file.path)}  ${would}found again ${found.how}, in ${found.runs} runs`)
    return 'replaced'
  }
  const inVain = flags.findAgain ? ` and not found again in ${some(runs, 'run')}` : ''
  // What was repaired is not there to be found: that is no reason to stop asking.
  const mustPass = ('entry' in file ? file.entry.expect : remains?.expect) === 'passes'
  if (flags.findAgain && mustPass) return stays(`${verdict.kind}: ${verdict.why}${inVain}; it must pass, and is yours to remove`)
  if (!flags.dryRun) corpus.remove(file.name)
  out(`${paint.strong(file.path)}  ${would}removed: ${verdict.why}${inVain}`)
  return 'removed'
}

async function searched(file: EntryFile, home: string, options: FindAgainOptions): Promise<FoundAgain | null> {
  const kept = 'entry' in file ? file.entry.replay : file.refused.remains
  if (kept === undefined) return null
  const { scenario } = await scenarioOf(kept, home)
  if ('entry' in file) return findAgain(file.entry, scenario, options)
  return file.refused.remains === undefined ? null : findRemains(file.refused.remains, scenario, options)
}

function renewed(file: EntryFile, { replay, traceHash: now }: FoundAgain): CorpusEntry {
  if ('entry' in file) {
    const { name, note, expect, traceHash } = file.entry
    return { name, note, expect, ...(traceHash === undefined ? {} : { traceHash: now }), replay }
  }
  const { remains } = file.refused
  if (remains === undefined) throw new BadInput(`${file.path} ${file.refused.message}`)
  return { name: file.name, note: remains.note, expect: remains.expect, replay }
}
