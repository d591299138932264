import { readFileSync } from 'node:fs'
import path from 'node:path'
import { type Command, Option } from 'commander'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { count } from '../sim/report/numbers.js'
import { isSameFailure, sayFound, unusable, verdictOf } from '../sim/run/corpus/check-entry.js'
import { type CorpusEntry, type Expectation, entryOfReplay, isEntryName, nameFor, parseEntry } from '../sim/run/corpus/entry.js'
import { RefusedEntry } from '../sim/run/corpus/refused-entry.js'
import { requestOf } from '../sim/run/replay.js'
import type { RunReport } from '../sim/run/report.js'
import { run } from '../sim/run/run.js'
import { BadInput } from './bad-input.js'
import { type CheckedFile, checkFile } from './corpus-check.js'
import { CorpusFolder } from './corpus-folder.js'
import { prune } from './corpus-prune.js'
import { scenarioOf } from './load-scenario.js'
import { parseRuns } from './option-values.js'
import { aboutRun, interruptible } from './perform-run.js'
import { blame } from './scenario-fault.js'
import type { Terminal } from './terminal.js'

/** `corpus add | list | check | prune`: failures kept as small files, replayed for ever. */
export function corpusCommand(command: Command, terminal: Terminal, finish: (code: ExitCode) => void): void {
  command.description('keep failures as small files, and replay them')
  const folder = () => new Option('--dir <folder>', "the corpus' folder; scenario files are named from the folder above it").default('corpus')
  const opened = ({ dir }: { dir: string }) => new CorpusFolder(dir, terminal.folder)
  command
    .command('add')
    .description('keep a replay file')
    .argument('<file>', 'written by a failing run, .seedfall/….json; or an entry, to change it')
    .addOption(folder())
    .option('--name <name>', 'its name, lower-case words with dashes; made of the scenario and the check when not given')
    .option('--note <sentence>', 'what goes wrong in it; what the check said when not given')
    .addOption(new Option('--expect <outcome>', 'what a check expects from now on; what it does now when not given').choices(['passes', 'fails']))
    .option('--exact', 'a check also expects the very same run, event for event')
    .option('--replace', 'an entry of this name may be there already')
    .action(async (file: string, flags: AddFlags & { dir: string }) => finish(await add(file, opened(flags), flags, terminal)))
  command
    .command('list')
    .description('show what is kept')
    .addOption(folder())
    .option('--json', 'as one JSON array')
    .action((flags: { dir: string; json?: boolean }) => finish(list(opened(flags), flags.json === true, terminal)))
  command
    .command('check')
    .description('replay every entry, and say what changed')
    .argument('[names...]', 'only these entries')
    .addOption(folder())
    .option('--json', 'one JSON object instead of text')
    .action(async (names: string[], flags: { dir: string; json?: boolean }) => finish(await check(names, opened(flags), flags.json === true, terminal)))
  command
    .command('prune')
    .description('remove the entries that are stale: that do not show any more what they were kept for')
    .argument('[names...]', 'only these entries')
    .addOption(folder())
    .option('--find-again', 'first look for the same failure under other latencies and seeds; what is found takes the place of the old')
    .addOption(new Option('--runs <number>', 'how many runs each entry may take to be found again').default(60).argParser(parseRuns))
    .option('--dry-run', 'say what would be done, and do nothing')
    .action(async (names: string[], flags: { dir: string; findAgain?: boolean; runs: number; dryRun?: boolean }) =>
      finish(await prune(names, opened(flags), flags, terminal)),
    )
}

interface AddFlags {
  readonly name?: string
  readonly note?: string
  readonly expect?: Expectation
  readonly exact?: boolean
  readonly replace?: boolean
}

/** Injections above which a replay is better shrunk before it is kept. */
const many = 40

async function add(file: string, corpus: CorpusFolder, flags: AddFlags, { folder, out, paint, program }: Terminal): Promise<ExitCode> {
  const given = givenEntry(file, corpus, folder)
  const { replay } = given
  const name = flags.name ?? (given.name === '' ? freeName(nameFor(replay), corpus) : given.name)
  if (!isEntryName(name)) throw new BadInput(`--name '${name}' is none: write lower-case words with dashes, like lost-increment`)
  if (corpus.has(name) && flags.replace !== true) throw new BadInput(`${corpus.pathOf(name)} is already there: give another --name, or --replace`)
  const twin = corpus.has(name) ? undefined : twinOf(given, corpus)
  if (twin !== undefined && flags.replace !== true) throw new BadInput(`${file} is already kept as ${corpus.pathOf(twin)}: change that one, or give --replace`)
  const note = flags.note?.trim() ?? given.note
  if (note === '') throw new BadInput('--note is empty: say in a sentence what goes wrong in the run')
  const report = await reportOf(file, given, corpus)
  if (report.outcome === 'interrupted') return exitCodes.interrupted
  const expect = flags.expect ?? (report.outcome === 'passed' ? 'passes' : 'fails')
  const entry: CorpusEntry = { name, note, expect, ...(flags.exact === true ? { traceHash: report.traceHash } : {}), replay }
  const verdict = verdictOf(entry, report)
  // A mistake that is still there may be kept as one that must go.
  const isToBeRepaired = expect === 'passes' && verdict.kind === 'broken' && isSameFailure(replay.found, report)
  if (verdict.kind !== 'holds' && !isToBeRepaired) throw new BadInput(`${file} is not worth keeping as '${expect}': ${verdict.why}`)
  corpus.write(entry)
  out(`${paint.good('✓ kept')}  ${paint.strong(corpus.pathOf(name))}  ${expect}  ${note}`)
  if (isToBeRepaired) out(`  it fails now, as ${sayFound(report)}: '${program} corpus check' fails until that is repaired`)
  const size = replay.injections === 'seeded' ? 0 : replay.injections.length
  if (size > many) out(`  it holds ${counted(size, 'injection')}: '${program} shrink ${file}' finds the few that matter`)
  return exitCodes.passed
}

/** The entry that a file is, or that becomes of its replay: then without a name. Scenario files are named from the folder above the corpus. */
function givenEntry(file: string, corpus: CorpusFolder, folder: string): CorpusEntry {
  const absolute = path.resolve(folder, file)
  let text: string
  try {
    text = readFileSync(absolute, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new BadInput(`${file} cannot be read: ${missing ? `no such file; the path is taken from ${folder}` : (error as Error).message}`)
  }
  try {
    const entry = parseEntry(text, path.basename(file, '.json'))
    if ((JSON.parse(text) as { format?: unknown }).format === 'seedfall-corpus') return entry
    const { replay } = entry
    const moved =
      replay.file === undefined ? replay : { ...replay, file: path.relative(corpus.home, path.resolve(folder, replay.file)).split(path.sep).join('/') }
    return { ...entryOfReplay(moved, ''), replay: moved }
  } catch (error) {
    if (error instanceof RefusedEntry) throw new BadInput(`${file} ${error.message}`)
    throw error
  }
}

function freeName(wish: string, corpus: CorpusFolder): string {
  const base = wish === '' ? 'entry' : wish
  for (let i = 1; ; i++) {
    const name = i === 1 ? base : `${base}-${i}`
    if (!corpus.has(name)) return name
  }
}

/** The name of an entry that is the same run. */
function twinOf({ replay }: CorpusEntry, corpus: CorpusFolder): string | undefined {
  if (!corpus.exists) return undefined
  const run = runText(replay)
  return corpus.files().find((file) => 'entry' in file && runText(file.entry.replay) === run)?.name
}

/** Everything of a replay that makes the run, and not what the run found. */
const runText = ({ found: _, ...makes }: CorpusEntry['replay']): string => JSON.stringify(makes)

async function reportOf(file: string, { replay }: CorpusEntry, corpus: CorpusFolder): Promise<RunReport> {
  const { scenario } = await scenarioOf(replay, corpus.home)
  try {
    const request = requestOf(replay, scenario)
    return await interruptible(aboutRun(request), (signal) => run({ ...request, signal }))
  } catch (error) {
    const why = unusable(error)
    throw why === undefined ? blame(error, replay.file) : new BadInput(`${file}: ${why}`)
  }
}

const counted = (size: number, what: string): string => `${count(size)} ${what}${size === 1 ? '' : 's'}`

function list(corpus: CorpusFolder, isJson: boolean, { out, error, paint }: Terminal): ExitCode {
  const files = corpus.files()
  const entries = files.flatMap((file) => ('entry' in file ? [file.entry] : []))
  if (isJson)
    out(
      JSON.stringify(
        entries.map(({ name, note, expect, replay }) => ({
          name,
          file: corpus.pathOf(name),
          note,
          expect,
          scenario: replay.scenario,
          ...(replay.file === undefined ? {} : { scenarioFile: replay.file }),
          seed: replay.seed,
          injections: replay.injections === 'seeded' ? null : replay.injections.length,
          found: replay.found.check ?? replay.found.outcome,
        })),
      ),
    )
  else
    for (const { name, note, expect, replay } of entries) {
      const size = replay.injections === 'seeded' ? 'all injections of its seed' : counted(replay.injections.length, 'injection')
      out(`${paint.strong(name.padEnd(32))}  ${expect}  ${replay.scenario}, seed ${replay.seed}, ${size}: ${replay.found.check ?? replay.found.outcome}`)
      out(paint.faint(`${' '.repeat(32)}  ${note}`))
    }
  for (const file of files) if ('refused' in file) error(`seedfall: ${file.path} ${file.refused.message}`)
  return entries.length === files.length ? exitCodes.passed : exitCodes.usage
}

async function check(names: readonly string[], corpus: CorpusFolder, isJson: boolean, terminal: Terminal): Promise<ExitCode> {
  const files = corpus.files(names)
  if (files.length === 0) throw new BadInput(`${corpus.name} has no entries, so nothing would be checked: keep one with '${terminal.program} corpus add FILE'`)
  const checked: CheckedFile[] = []
  const isWhole = await interruptible('an entry of the corpus', async (signal) => {
    for (const file of files) {
      const one = await checkFile(file, corpus.home, signal)
      if (one.verdict.kind === 'interrupted') return false
      checked.push(one)
      if (!isJson) terminal.out(describeChecked(one, terminal))
    }
    return true
  })
  const exitCode = isWhole ? exitCodeOf(checked) : exitCodes.interrupted
  if (isJson) terminal.out(JSON.stringify({ exitCode, isComplete: isWhole, entries: checked.map(jsonOf) }))
  else {
    const tally = (['holds', 'stale', 'broken', 'changed', 'refused'] as const).flatMap((kind) => {
      const so = checked.filter(({ verdict }) => verdict.kind === kind).length
      return so === 0 && kind !== 'holds' ? [] : [`${so} ${kind === 'holds' ? 'as expected' : kind}`]
    })
    terminal.out(`${tally.join(', ')}${isWhole ? '' : `; interrupted, ${files.length - checked.length} not replayed`}`)
    if (checked.some(({ verdict }) => verdict.kind === 'stale'))
      terminal.out(`  '${terminal.program} corpus prune --find-again' looks for what is stale under other seeds, or removes it`)
  }
  return exitCode
}

/** The worst of them: a failure, then what is stale, then what cannot be read. */
function exitCodeOf(checked: readonly CheckedFile[]): ExitCode {
  const are = (kind: CheckedFile['verdict']['kind']) => checked.some(({ verdict }) => verdict.kind === kind)
  if (are('broken') || are('changed')) return exitCodes.violation
  if (are('stale')) return exitCodes.stale
  return are('refused') ? exitCodes.usage : exitCodes.passed
}

function describeChecked({ file, verdict, seconds }: CheckedFile, { paint, program }: Terminal): string {
  if (verdict.kind === 'holds') return `${paint.good('✓')} ${paint.strong(file.name)}  ${verdict.why}  ${paint.faint(`${seconds.toFixed(1)} s`)}`
  const about = 'entry' in file ? `\n    ${file.entry.note}` : ''
  const again = verdict.kind === 'broken' ? `\n    ${program} replay ${file.path}` : ''
  return `${paint.bad(`✗ ${verdict.kind}`)}  ${paint.strong(file.path)}  ${verdict.why}${about}${again}`
}

function jsonOf({ file, verdict, report }: CheckedFile) {
  return {
    name: file.name,
    file: file.path,
    verdict: verdict.kind,
    why: verdict.why,
    ...('entry' in file ? { expect: file.entry.expect, scenario: file.entry.replay.scenario, seed: file.entry.replay.seed } : {}),
    ...(report === undefined
      ? {}
      : { outcome: report.outcome, check: report.violation?.check ?? null, traceHash: report.traceHash, stale: report.stale.length }),
  }
}
