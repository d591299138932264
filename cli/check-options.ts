import { type Command, Option } from 'commander'
import { searchKinds } from '../sim/check/model-checker.js'
import { parseDuration, parseJobs, parseSeed, whole } from './option-values.js'

/** What `check` takes. */
export function checkOptions(command: Command): Command {
  const more = (text: string, so: readonly string[]) => [...so, text]
  return command
    .argument('<model>', "one of 'seedfall list --models', or a model file")
    .addOption(new Option('--set <name=value>', "one of the model's settings; may be repeated").default([]).argParser(more))
    .addOption(new Option('--search <kind>', 'breadth first, depth first, iterative deepening, or random walks').choices([...searchKinds]).default('bfs'))
    .option('--symmetry', "states that differ in names alone are one: with dfs by the model's own choice among them, as Stateright counts; truly otherwise")
    .option('--orbits', 'the same, counted truly with every search')
    .option('--keep-going', 'explore all, whatever was found')
    .option('--exact', 'compare states whole, not by 64-bit fingerprints')
    .option('--max-depth <actions>', 'explore no farther than so many actions', whole('--max-depth', 'a count', Number.MAX_SAFE_INTEGER, 0))
    .option('--max-states <number>', 'stop after so many unique states', whole('--max-states', 'a count'))
    .option('--time <time>', 'stop after so long: 30s, 5m', (text) => parseDuration(text, '--time'))
    .option('--memory <megabytes>', 'stop when the process takes so much', whole('--memory', 'a count'))
    .option('--jobs <number>', 'worker threads, for a breadth-first search; 1 when not given', parseJobs)
    .option('--seed <seed>', 'of random walks', parseSeed)
    .option('--walks <number>', 'random walks at most', whole('--walks', 'a count'))
    .option('--json', 'one JSON object instead of text')
}
