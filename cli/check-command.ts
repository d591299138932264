import type { CheckProgress, CheckResult, SearchKind } from '../sim/check/model-checker.js'
import { Checker } from '../sim/check/model-checker.js'
import { type ModelFamily, type SettingValue, settingsOf } from '../sim/check/model-family.js'
import { Misuse } from '../sim/host/errors.js'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { BadInput } from './bad-input.js'
import { CheckThreads } from './check-threads.js'
import type { CheckWorkerOrder } from './check-worker.js'
import { type LoadedModel, loadModel } from './load-model.js'
import { madeModel, stateText, writeModelTrace } from './model-trace.js'
import { ProgressLine } from './progress-line.js'
import { blame } from './scenario-fault.js'
import type { Terminal } from './terminal.js'

export interface CheckFlags {
  readonly set: readonly string[]
  readonly search: SearchKind
  readonly symmetry?: boolean
  readonly orbits?: boolean
  readonly keepGoing?: boolean
  readonly exact?: boolean
  readonly maxDepth?: number
  readonly maxStates?: number
  /** Nanoseconds. */
  readonly time?: number
  /** Megabytes of the process. */
  readonly memory?: number
  readonly seed?: string
  readonly walks?: number
  readonly jobs?: number
  readonly json?: boolean
}

/** States between two looks at the clock. */
const SLICE = 4_096
/** Wall-clock milliseconds after which signals are let in. */
const turnMillis = 100

/** `check MODEL|FILE`: explores a model. Exit code 1 when a property falls, or when all was seen and a `sometimes` never held. */
export async function checkCommand(name: string, flags: CheckFlags, terminal: Terminal): Promise<ExitCode> {
  const loaded = await loadModel(name, terminal.folder)
  try {
    return await checkFamily(name, loaded, flags, terminal)
  } catch (error) {
    throw error instanceof Misuse ? new BadInput(`${name}: ${error.message}`) : blame(error, loaded.file, 'threw')
  }
}

async function checkFamily(name: string, { family, file }: LoadedModel, flags: CheckFlags, terminal: Terminal): Promise<ExitCode> {
  const settings = readSettings(family, flags.set)
  const checker = checkerOf(family, settings, flags)
  const began = performance.now()
  const jobs = flags.jobs ?? 1
  const ended =
    jobs > 1 ? await exploreTogether(checker, { model: name, folder: terminal.folder, settings }, jobs, flags, began) : await explore(checker, flags, began)
  const seconds = (performance.now() - began) / 1_000
  const result = checker.result()
  const isPassed = result.violations.length === 0 && !(result.complete && result.unreached.length > 0)
  if (flags.json) terminal.out(JSON.stringify(jsonOf(result, seconds, (action) => checker.space.describe(action))))
  const files = result.violations.map((found) => writeModelTrace(family, file, settings, found, (action) => checker.space.describe(action), terminal.folder))
  if (!flags.json) tell(family, settings, result, seconds, ended, checker, files, terminal)
  if (ended === 'interrupted' && isPassed) return exitCodes.interrupted
  return isPassed ? exitCodes.passed : exitCodes.violation
}

function readSettings(family: ModelFamily, written: readonly string[]): Record<string, SettingValue> {
  try {
    return settingsOf(family, written)
  } catch (error) {
    if (error instanceof Misuse) throw new BadInput(`--set: ${error.message}`)
    throw error
  }
}

function checkerOf(family: ModelFamily, settings: Readonly<Record<string, SettingValue>>, flags: CheckFlags): Checker<unknown, unknown> {
  const { search, symmetry, orbits, keepGoing, exact, maxDepth, maxStates, seed, walks } = flags
  const how = orbits ? 'orbits' : symmetry ? (search === 'dfs' ? 'representative' : 'orbits') : undefined
  return new Checker(madeModel(family, settings), {
    search,
    ...(how === undefined ? {} : { symmetry: how }),
    keepGoing,
    exact,
    maxDepth,
    maxStates,
    seed,
    walks,
  })
}

type Ended = 'done' | 'time' | 'memory' | 'interrupted'

async function explore(checker: Checker<unknown, unknown>, { time, memory }: CheckFlags, began: number): Promise<Ended> {
  const line = new ProgressLine()
  let isInterrupted = false
  const interrupt = () => {
    isInterrupted = true
  }
  process.once('SIGINT', interrupt)
  let turnedAt = performance.now()
  try {
    while (!checker.isDone) {
      checker.advance(SLICE)
      const now = performance.now()
      line.show(() => progressText(checker.progress, (now - began) / 1_000))
      if (time !== undefined && (now - began) * 1e6 > time) return stop(checker, 'time')
      if (now - turnedAt < turnMillis) continue
      if (memory !== undefined && process.memoryUsage.rss() > memory * 1e6) return stop(checker, 'memory')
      await new Promise<void>((resolve) => setImmediate(resolve))
      turnedAt = performance.now()
      if (isInterrupted) return stop(checker, 'interrupted')
    }
    return 'done'
  } finally {
    line.clear()
    process.off('SIGINT', interrupt)
  }
}

/** On several threads; only breadth first, and by fingerprints. */
async function exploreTogether(checker: Checker<unknown, unknown>, order: CheckWorkerOrder, jobs: number, flags: CheckFlags, began: number): Promise<Ended> {
  const { search, symmetry, orbits, exact, time, memory, maxDepth = Number.POSITIVE_INFINITY, maxStates = Number.POSITIVE_INFINITY, keepGoing = false } = flags
  if (search !== 'bfs' || symmetry || orbits || exact)
    throw new BadInput('--jobs is for a breadth-first search by fingerprints: leave out --search, --symmetry, --orbits and --exact, or --jobs')
  const threads = new CheckThreads(order, jobs, checker.space.properties, { maxDepth, maxStates, keepGoing })
  const line = new ProgressLine()
  let ended: Ended = 'done'
  const end = (why: Ended): void => {
    ended = why
    threads.stop()
  }
  const interrupt = () => end('interrupted')
  const look = (): void => {
    const seconds = (performance.now() - began) / 1_000
    line.show(() => progressText(threads.now, seconds))
    if (ended !== 'done') return
    if (time !== undefined && seconds * 1e9 > time) end('time')
    else if (memory !== undefined && process.memoryUsage.rss() > memory * 1e6) end('memory')
  }
  process.once('SIGINT', interrupt)
  const looking = setInterval(look, turnMillis)
  try {
    await threads.run(() => {
      look()
      return ended === 'done'
    })
  } finally {
    clearInterval(looking)
    line.clear()
    process.off('SIGINT', interrupt)
  }
  if (ended !== 'done') checker.stop()
  checker.adopt(threads.states, threads.found, threads.progress, threads.isCut)
  return ended
}

function stop(checker: Checker<unknown, unknown>, why: Ended): Ended {
  if (checker.isDone) return 'done'
  checker.stop()
  return why
}

const count = (number: number): string => number.toLocaleString('en-US')

const progressText = ({ uniqueStates, generatedStates, depth }: CheckProgress, seconds: number): string =>
  `${count(uniqueStates)} states of ${count(generatedStates)} generated, depth ${depth}, ${count(Math.round(uniqueStates / seconds))} states/s`

/** What `--json` prints. */
export function jsonOf(result: CheckResult<unknown, unknown>, seconds: number, describe: (action: unknown) => string): object {
  const { uniqueStates, generatedStates, depth, complete, discoveries } = result
  return {
    uniqueStates,
    generatedStates,
    depth,
    seconds: Math.round(seconds * 1_000) / 1_000,
    complete,
    discoveries: discoveries.map(({ property, kind, detail, actions, loopsTo }) => ({
      property,
      kind,
      detail,
      actions: actions.map(describe),
      ...(loopsTo === undefined ? {} : { loopsTo }),
    })),
  }
}

function tell(
  family: ModelFamily,
  settings: Readonly<Record<string, SettingValue>>,
  result: CheckResult<unknown, unknown>,
  seconds: number,
  ended: Ended,
  checker: Checker<unknown, unknown>,
  files: readonly string[],
  terminal: Terminal,
): void {
  const { paint } = terminal
  const set = Object.entries(settings)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
  terminal.out(`${paint.strong(family.name)}  ${set}`)
  for (const { property, kind, detail, actions, loopsTo, state } of result.discoveries) {
    const isBad = kind === 'counterexample'
    terminal.out(`${isBad ? paint.bad('✗ counterexample') : paint.good('✓ example')}  ${property}${isBad ? `: ${detail}` : ''}`)
    for (const [i, action] of actions.entries()) terminal.out(`  ${String(i + 1).padStart(3)}  ${checker.space.describe(action)}`)
    if (actions.length === 0) terminal.out('       in an initial state')
    if (loopsTo !== undefined) terminal.out(`       and on from where it was after ${loopsTo} actions, for ever`)
    if (isBad) terminal.out(`  ${paint.faint('state')}  ${stateText(state)}`)
  }
  const found = new Set(result.discoveries.map(({ property }) => property))
  for (const { name, kind, isUnasked } of checker.space.properties) {
    if (found.has(name)) continue
    if (kind === 'sometimes') terminal.out(`${result.complete ? paint.bad('✗ never') : paint.faint('? not seen')}  ${name}`)
    else if (isUnasked !== true) terminal.out(`${result.complete ? paint.good('✓ holds') : paint.faint('? no counterexample')}  ${name}`)
  }
  const why = {
    done: 'as far as was asked for',
    time: 'until the time was over',
    memory: 'until the memory was used up',
    interrupted: 'until it was interrupted',
  }[ended]
  terminal.out(
    `  ${count(result.uniqueStates)} states of ${count(result.generatedStates)} generated, to depth ${result.depth}, in ${seconds.toFixed(1)} s: ${result.complete ? 'all there are' : why}`,
  )
  for (const file of files) terminal.out(`  ${paint.faint('replay')}  ${terminal.program} replay ${file}`)
}
