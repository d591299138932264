import { type Command, Option } from 'commander'
import { ambientModes } from '../sim/ambient/ambient-mode.js'
import { strategies } from '../sim/faults/strategies/index.js'
import type { Nanos } from '../sim/host/seam.js'
import type { Shard } from '../sim/run/campaign/campaign-file.js'
import { BadInput } from './bad-input.js'
import type { FaultFlags } from './fault-choice.js'
import { parseDuration, parseJobs, parseStrategy, whole } from './option-values.js'

/** What `hunt` was given. Times are nanoseconds. */
export interface HuntFlags extends FaultFlags {
  readonly seeds?: number
  /** Of wall time. */
  readonly time?: Nanos
  readonly jobs?: number
  readonly firstSeed?: number
  readonly failFast?: boolean
  readonly keepGoing?: boolean
  readonly duration?: Nanos | 'full'
  readonly requireSometimes?: boolean
  readonly requireActed?: boolean
  readonly shard?: Shard
  readonly artifacts?: string
  readonly resume?: string
  readonly junit?: string
  readonly seedTimeout: Nanos
  readonly memory?: number
  readonly traceHashes?: boolean
  /** How long each failure may be shrunk, of wall time. */
  readonly shrink?: Nanos
  readonly json?: boolean
}

/** What `merge` was given. */
export interface MergeFlags {
  readonly out?: string
  readonly junit?: string
  readonly json?: boolean
}

/** Which faults there are, as `run` and `hunt` take it. */
export function faultOptions(command: Command): Command {
  const more = (text: string, so: readonly string[]) => [...so, text]
  return command
    .option('--faults <kinds>', "only these kinds of fault, separated by commas; a family such as 'net'; or 'none'")
    .option('--strategy <name>', `when faults come and whom they aim at: ${strategies.join(', ')}`, parseStrategy)
    .addOption(new Option('--no-fault <kind>', 'all but this kind; may be repeated').default([]).argParser(more))
    .addOption(new Option('--ambient <mode>', "what a process meets that reaches for the machine's clock, randomness, timers or sockets").choices(ambientModes))
}

export function huntOptions(command: Command): Command {
  command
    .argument('[scenarios...]', "of 'seedfall list', scenario files, or 'all' that are listed; broker when not given")
    .option('--seeds <number>', 'so many seeds of each scenario; 100 when neither this nor --time is given', whole('--seeds'))
    .option('--time <time>', 'begin seeds for so long instead, of wall time: 30s, 10m', (text) => parseDuration(text, '--time'))
    .option('--jobs <number>', 'threads; as many as there are cores when not given', parseJobs)
    .option('--first-seed <number>', 'the first seed; drawn and printed when not given', whole('--first-seed'))
    .option('--fail-fast', 'end at the first failure, that of the lowest seed')
    .option('--keep-going', 'run all seeds, whatever fails; so it is when neither is given')
    .option('--duration <time>', "virtual time of each run; at most 10s when not given, 'full' is the scenario's own", (text) =>
      text === 'full' ? text : parseDuration(text),
    )
  return faultOptions(command)
    .option('--require-sometimes', 'fail when a sometimes or reachable property was met by no run')
    .option('--require-acted', 'fail when a kind of fault was armed and acted in no run')
    .option('--shard <i/n>', 'only the i-th of n equal parts', parseShard)
    .option('--artifacts <directory>', 'where replay files, the journal and the result are kept; .seedfall/hunt-… when not given')
    .option('--resume <directory>', 'go on with an interrupted hunt, of which this is the directory')
    .option('--junit <file>', 'the result as JUnit XML, too')
    .addOption(
      new Option('--seed-timeout <time>', 'wall time without a sign of life after which a seed has hung')
        .default(60_000_000_000, '60s')
        .argParser((text) => parseDuration(text, '--seed-timeout')),
    )
    .option('--memory <megabytes>', 'what the heap of a thread may take; a share of the machine when not given', whole('--memory'))
    .option('--shrink <time>', 'shrink every kind of failure that is found afterwards, each for so long: 60s', (text) => parseDuration(text, '--shrink'))
    .option('--trace-hashes', "every seed's trace hash, with --json")
    .option('--json', 'one JSON object instead of text')
}

export function mergeOptions(command: Command): Command {
  return command
    .argument('<results...>', 'directories of hunts, or what hunt --json printed')
    .option('--out <file>', 'write the merged result there, to be merged further')
    .option('--junit <file>', 'the result as JUnit XML, too')
    .option('--json', 'one JSON object instead of text')
}

function parseShard(text: string): Shard {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? []
  const shard = { index: Number(index), of: Number(of) }
  if (index === undefined || shard.index < 1 || shard.index > shard.of || !Number.isSafeInteger(shard.of))
    throw new BadInput(`--shard '${text}' is not a part: write which one and of how many, like 2/3`)
  return shard
}
