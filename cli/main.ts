import { randomInt } from 'node:crypto'
import { Command, CommanderError, Option } from 'commander'
import type { Nanos } from '../sim/host/seam.js'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import type { RunRequest } from '../sim/run/report.js'
import { BadInput } from './bad-input.js'
import type { CheckFlags } from './check-command.js'
import { checkOptions } from './check-options.js'
import { corpusCommand } from './corpus-command.js'
import type { CrashPointsFlags } from './crash-points-command.js'
import { reportDeterminism } from './determinism-command.js'
import { againWords, chosenFaults, type FaultFlags } from './fault-choice.js'
import { freshRun } from './fresh-run.js'
import { faultOptions, type HuntFlags, huntOptions, type MergeFlags, mergeOptions } from './hunt-options.js'
import type { JudgeFlags } from './judge-command.js'
import { list, listFaults } from './list-command.js'
import { loadScenario } from './load-scenario.js'
import { parseDuration, parseJobs, parseRuns, parseSeed, whole } from './option-values.js'
import { orchestratorCommand } from './orchestrator/orchestrator-command.js'
import { packageVersion } from './package-version.js'
import { performRun } from './perform-run.js'
import type { PropertiesFlags } from './properties-command.js'
import { replay } from './replay-command.js'
import { parseListen, parseLogLevel, type ServeFlags } from './serve-options.js'
import { shrinkAfterHunt } from './shrink-after-hunt.js'
import type { ShrinkFlags } from './shrink-command.js'
import { processTerminal, type Terminal } from './terminal.js'
import type { WhyFlags } from './why-command.js'

/** The command line, `npm run sim -- …` and `npx seedfall …`. Answers the exit code; what it throws is a defect of Seedfall, which `bin.mjs` reports. */
export async function main(words: readonly string[], terminal: Terminal = processTerminal({ isForMachines: words.includes('--json') })): Promise<ExitCode> {
  let exitCode: ExitCode = exitCodes.passed
  const program = commandLine(words, terminal, (code) => {
    exitCode = code
  })
  try {
    await program.parseAsync(words, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return exitCodes.passed
      // A command of commands alone, which commander answers with its help.
      if (error.code === 'commander.help')
        terminal.error(`seedfall: '${words.join(' ')}' needs a command; 'seedfall ${words.join(' ')} --help' shows what there is`)
      else terminal.error(`seedfall: ${error.message.replace(/^error: /, '').replace(/\s+/g, ' ')}; 'seedfall --help' shows what there is`)
      return exitCodes.usage
    }
    if (error instanceof BadInput) {
      terminal.error(`seedfall: ${error.message.replace(/\s+/g, ' ')}`)
      return exitCodes.usage
    }
    throw error
  }
}

/** What stays the same for every command that runs a scenario. */
interface RunFlags extends FaultFlags {
  readonly seed?: string
  readonly duration?: Nanos
  readonly trace?: boolean
  readonly traceFile?: string
  readonly until?: number
  readonly breakAt?: number
  readonly json?: boolean
  readonly checkDeterminism?: boolean
}

function commandLine(words: readonly string[], terminal: Terminal, finish: (code: ExitCode) => void): Command {
  const program = new Command('seedfall')
  program
    .description('Finds the seed that makes a distributed system fall, and replays it for ever.')
    .version(packageVersion())
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({ writeErr: () => {}, writeOut: (text) => terminal.out(text.trimEnd()) })
    .showSuggestionAfterError(true)
  const runs = (command: Command, name: (word: string | undefined) => string): void => {
    runOptions(command).action(async (word: string | undefined, flags: RunFlags) => finish(await runScenario(name(word), flags, words, terminal)))
  }
  runs(program.argument('[scenario]', "one of 'seedfall list', or a scenario file"), (word) => word ?? 'broker')
  runs(program.command('run').description('run a scenario file of your own').argument('<file>', 'my.scenario.ts'), fileName)
  program
    .command('list')
    .description("show Seedfall's own scenarios")
    .option('--faults', 'its fault kinds instead, with what they mean')
    .option('--models', 'its models instead, with their settings')
    .option('--json', 'as one JSON array')
    .action(async ({ faults, models, json }: { faults?: boolean; models?: boolean; json?: boolean }) => {
      if (models) return (await import('./list-models.js')).listModels(json === true, terminal)
      return faults ? listFaults(json === true, terminal) : list(json === true, terminal)
    })
  viewOptions(program.command('replay').description('run a failure again').argument('<file>', 'written by a failing run or check, .seedfall/….json')).action(
    async (file: string, flags: RunFlags) => finish(await replay(file, view(flags), terminal)),
  )
  program
    .command('properties')
    .description('show what the sources of a scenario state, without running it')
    .argument('[scenarios...]', "of 'seedfall list', or scenario files; all of Seedfall's own when not given")
    .option('--sites', 'the places that faults may aim at, too: maybe, failpoint, mark')
    .option('--json', 'as one JSON array')
    .action(async (names: string[], flags: PropertiesFlags) => finish((await import('./properties-command.js')).listProperties(names, flags, terminal)))
  checkOptions(program.command('check').description('explore a model: all that may happen, in every order')).action(async (name: string, flags: CheckFlags) =>
    finish(await (await import('./check-command.js')).checkCommand(name, flags, terminal)),
  )
  corpusCommand(program.command('corpus'), terminal, finish)
  shrinkOptions(program.command('shrink').description('find the smallest run that fails the same way')).action(async (what: string, flags: ShrinkFlags) =>
    finish(await (await import('./shrink-command.js')).shrinkCommand(what, flags, terminal)),
  )
  huntOptions(program.command('hunt').description('run many seeds on all cores, and add up what happened')).action(async (names: string[], flags: HuntFlags) =>
    finish(await (await import('./hunt-command.js')).hunt(names, flags, terminal, shrinkAfterHunt(flags))),
  )
  mergeOptions(program.command('merge').description('add up the results of several hunts, such as the shards of one')).action(
    async (files: string[], flags: MergeFlags) => finish((await import('./merge-command.js')).merge(files, flags, terminal)),
  )
  whyOptions(program.command('why').description('show which injections a failure needs, and from when on it was unavoidable')).action(
    async (what: string, flags: WhyFlags) => finish(await (await import('./why-command.js')).whyCommand(what, flags, terminal)),
  )
  judgeOptions(program.command('judge').description('say whether histories of operations are what a model allows')).action(
    async (files: string[], flags: JudgeFlags) => finish((await import('./judge-command.js')).judge(files, flags, terminal)),
  )
  crashPointsOptions(program.command('crash-points').description('crash a host at every point of a short run, with many outcomes of each power loss')).action(
    async (name: string, flags: CrashPointsFlags) => finish(await (await import('./crash-points-command.js')).crashPointsCommand(name, flags, terminal)),
  )
  serveOptions(program.command('serve').description('run one role of a scenario for real, as a process of this machine')).action(
    async (name: string, flags: ServeFlags) => finish(await (await import('./serve-command.js')).serve(name, flags, terminal)),
  )
  orchestratorCommand(program.command('orchestrator'), terminal, finish)
  return program
}

function shrinkOptions(command: Command): Command {
  return command
    .argument('<file>', 'a replay, .seedfall/….json; or a scenario, with --seed')
    .option('--seed <seed>', 'the seed under which the scenario fails', parseSeed)
    .addOption(new Option('--time <time>', 'how long it may take').default(60e9, '60s').argParser((text) => parseDuration(text, '--time')))
    .option('--jobs <number>', 'worker threads; one for each core when not given', parseJobs)
    .option('--out <file>', 'where the replay is written')
    .option('--test <file>', 'writes a vitest file that makes the run again')
    .option('--json', 'one JSON object instead of text')
}

function whyOptions(command: Command): Command {
  return command
    .argument('<file>', 'a replay, best of a shrunk run; or a scenario, with --seed')
    .option('--seed <seed>', 'the seed under which the scenario fails', parseSeed)
    .addOption(new Option('--time <time>', 'how long it may take').default(60e9, '60s').argParser((text) => parseDuration(text, '--time')))
    .addOption(new Option('--runs <number>', 'runs for each question').default(12).argParser(parseRuns))
    .option('--json', 'one JSON object instead of text')
}

function judgeOptions(command: Command): Command {
  return command
    .argument('<histories...>', "JSON lines, Jepsen's history.edn, or its log")
    .requiredOption(
      '--model <name>',
      'register, cas-register, kv, queue, set, log, lock, bank; list-append, rw-register; kafka; grow-set, counter, unique-ids, bank-totals',
    )
    .option('--consistency <name>', 'linearizable, sequential, sessions or one of its guarantees; of transactions an isolation level')
    .addOption(new Option('--format <name>', 'how histories are written; seen from their beginnings when not given').choices(['json', 'edn', 'log']))
    .addOption(new Option('--time <time>', 'how long one history may take').default(60e9, '60s').argParser((text) => parseDuration(text, '--time')))
    .option('--steps <number>', 'how often the model may be applied, the same on every machine', whole('--steps'))
    .option('--subscribe', 'kafka: keys move between clients, whose polls may then skip and go back')
    .option('--write-order', 'kafka: the order of sends makes transactions depend on each other')
    .option('--picture', 'draw the history around the break')
    .option('--svg <file>', 'write that picture as SVG')
    .option('--to <file>', 'write the history again: .edn, .events.jsonl, or .jsonl')
    .option('--json', 'one JSON object instead of text')
}

function crashPointsOptions(command: Command): Command {
  return command
    .argument('<scenario>', "one of 'seedfall list', or a scenario file")
    .option('--seed <seed>', 'the seed of the run', parseSeed, '1')
    .option('--host <host>', 'which host; the first of the system when not given')
    .option('--first-step <number>', 'points from this step of the run on', whole('--first-step', 'a step', 1e9), 1)
    .option('--steps <number>', 'points of so many steps', whole('--steps', 'a number of steps', 1e6), 400)
    .option('--outcomes <number>', 'outcomes of a power loss at each point', whole('--outcomes', 'a number of outcomes', 1e4), 8)
    .option('--every <number>', 'only every so many points', whole('--every', 'a number of points', 1e6), 1)
    .addOption(
      new Option('--option <name=number>', "one of the scenario's options; may be repeated")
        .default([])
        .argParser((text, so: readonly string[]) => [...so, text]),
    )
    .option('--json', 'one JSON object instead of text')
}

function serveOptions(command: Command): Command {
  const more = (text: string, so: readonly string[]) => [...so, text]
  return command
    .argument('<scenario>', "one of 'seedfall list', or a scenario file")
    .requiredOption('--role <role>', 'which role of the system')
    .requiredOption('--data <directory>', "the host's own directory, for its files; made when it is missing")
    .option('--ordinal <number>', 'which host of the role, from 1 on', whole('--ordinal'), 1)
    .option('--listen <address>', 'where it is called, such as 127.0.0.1:7001', (text) => parseListen('--listen', text))
    .addOption(new Option('--peer <host=address>', 'another host of the system, replica-2=127.0.0.1:7002; may be repeated').default([]).argParser(more))
    .option('--objects <directory>', 'the object store, a directory that all hosts share')
    .addOption(new Option('--option <name=number>', "one of the scenario's options; in the middle of its range when not given").default([]).argParser(more))
    .option('--role-version <name>', 'a later version of the role')
    .addOption(new Option('--grace <time>', 'how long a stop may take').default(5_000_000_000, '5s').argParser((text) => parseDuration(text, '--grace')))
    .option('--log <level>', 'from which level on lines are logged: debug, info, warn, error', parseLogLevel, 'info')
    .option('--json', 'says that it is ready as one JSON object')
}

function runOptions(command: Command): Command {
  command.option('--seed <seed>', 'the seed, any text; drawn and printed when not given', parseSeed)
  faultOptions(command)
    .option('--duration <time>', 'virtual time: 500ms, 60s, 2m', (text) => parseDuration(text))
    .option('--check-determinism', 'run twice, in two time zones, and show the first step that differs')
  return viewOptions(command)
}

function viewOptions(command: Command): Command {
  return command
    .option('--trace', 'print every step')
    .option('--trace-file <file>', 'write every step as JSON lines; F.perfetto.json is for ui.perfetto.dev')
    .option('--until <step>', "stop there and print the hosts' states", whole('--until', 'a step'))
    .option('--break-at <step>', 'stop there in a debugger, under node --inspect', whole('--break-at', 'a step'))
    .option('--json', 'one JSON object instead of text')
}

function fileName(word: string | undefined): string {
  if (word === undefined || !/\.[cm]?[jt]s$/.test(word)) throw new BadInput(`'run' takes a scenario file such as my.scenario.ts, not '${word}'`)
  return word
}

async function runScenario(name: string, flags: RunFlags, words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const { scenario, file } = await loadScenario(name, terminal.folder)
  const shown = view(flags)
  if (flags.checkDeterminism && (flags.trace || flags.traceFile !== undefined))
    throw new BadInput('--check-determinism shows the first step that differs and writes no trace: leave out --trace and --trace-file')
  const choice = chosenFaults(scenario, flags)
  const seed = flags.seed ?? String(randomInt(1, 2 ** 32))
  if (flags.seed === undefined && !flags.json) terminal.out(`seed ${terminal.paint.strong(seed)} (drawn; --seed ${seed} makes this run again)`)
  const request: RunRequest = {
    scenario,
    seed,
    ...choice,
    ...(flags.duration === undefined ? {} : { duration: flags.duration }),
    ...(flags.until === undefined ? {} : { untilStep: flags.until }),
    ...(flags.breakAt === undefined ? {} : { breakAtStep: flags.breakAt }),
  }
  if (flags.checkDeterminism) {
    const fresh = (steps: number) => freshRun([...words, '--seed', seed], terminal.folder, steps)
    return reportDeterminism(request, file, shown.json === true, fresh, terminal)
  }
  const again = `${terminal.program} ${againWords(file === undefined ? [name] : ['run', file], seed, choice, flags.duration).join(' ')}`
  return (await performRun(request, { ...shown, commands: { again }, ...(file === undefined ? {} : { file }) }, terminal)).exitCode
}

function view({ trace, traceFile, json, until, breakAt }: RunFlags) {
  if (trace && json) throw new BadInput('--trace and --json both write to standard output: use --trace-file with --json')
  return { trace, traceFile, json, until, breakAt }
}
