import { availableParallelism } from 'node:os'
import path from 'node:path'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { Campaign, type CampaignResult } from '../sim/run/campaign/campaign.js'
import type { CampaignFile, CampaignRequest } from '../sim/run/campaign/campaign-file.js'
import type { JournalEntry } from '../sim/run/campaign/journal.js'
import { ScenarioTotals } from '../sim/run/campaign/scenario-totals.js'
import { BadInput } from './bad-input.js'
import { HuntFolder } from './hunt-folder.js'
import type { HuntFlags } from './hunt-options.js'
import { HuntProgress } from './hunt-progress.js'
import { huntRequest, planOf } from './hunt-request.js'
import { interruptible } from './perform-run.js'
import { mustBeWritable } from './replay-file.js'
import { areSameScenarios } from './same-scenarios.js'
import { shareOfMemory } from './share-of-memory.js'
import { tellCampaign } from './tell-campaign.js'
import type { Terminal } from './terminal.js'
import { WorkerPool } from './worker-pool.js'

/**
 * Called, one after the other, with the replay of every failure that a hunt has kept; paths are relative to where the command runs. False: it was
 * interrupted, and no other is to follow.
 */
export type AfterFailure = (replay: string, terminal: Terminal) => Promise<boolean>

/** `hunt`: many seeds on all cores, added up. Exit code 0: all passed, and what was required was met; 1: not so; 130: interrupted. */
export async function hunt(names: readonly string[], flags: HuntFlags, terminal: Terminal, afterFailure?: AfterFailure): Promise<ExitCode> {
  if (flags.junit !== undefined) mustBeWritable(flags.junit, terminal.folder)
  const start = flags.resume === undefined ? await begun(names, flags, terminal) : resumed(names, flags.resume, flags, terminal)
  try {
    if (flags.resume !== undefined && !(await areSameScenarios(start, flags.resume, terminal.folder))) return exitCodes.interrupted
    return await carriedOut(start, flags, terminal, afterFailure)
  } finally {
    start.folder.end()
  }
}

async function carriedOut(
  { folder, asked, totals, entries, notes }: HuntStart,
  flags: HuntFlags,
  terminal: Terminal,
  afterFailure?: AfterFailure,
): Promise<ExitCode> {
  const jobs = flags.jobs ?? availableParallelism()
  const progress = new HuntProgress(terminal, asked, flags.json === true)
  const overAt = asked.seconds === null ? Number.POSITIVE_INFINITY : performance.now() + asked.seconds * 1_000
  const file = (): CampaignFile => ({ asked, isComplete: campaign.isComplete, totals: campaign.totals })
  const snapshot = () => folder.snapshot(file(), campaign.waiting.filter(({ result }) => result.failure === null).map(entryOf))
  const campaign: Campaign = new Campaign(
    planOf(asked),
    {
      isOver: () => performance.now() >= overAt,
      keep: (result) => folder.keepReplay(result, asked.scenarios[result.item.scenario]?.scenario ?? ''),
      record: (result) => folder.record(entryOf(result)),
      settled: (result, failure) => progress.settled(result, failure),
    },
    totals,
  )
  for (const { scenario, seed, result } of entries) campaign.resumed({ item: campaign.itemOf(scenario, seed), result })
  progress.begin(campaign, { jobs, folder: folder.name, notes })
  snapshot()
  const pool = new WorkerPool(campaign, {
    scenarios: asked.scenarios,
    folder: terminal.folder,
    jobs,
    seedTimeoutMillis: flags.seedTimeout / 1_000_000,
    heapMegabytes: flags.memory ?? shareOfMemory(jobs),
    print: (text) => progress.print(text),
    ended: () => {
      if (folder.needsSnapshot) snapshot()
    },
  })
  const isInterrupted = await interruptible('the hunt', async (signal) => {
    signal.addEventListener('abort', () => pool.stop())
    await pool.run()
    return signal.aborted
  }).finally(() => progress.end())
  snapshot()
  const { junit, json } = flags
  const rates = progress.rates(jobs, pool.busyMillis)
  const exitCode = tellCampaign(file(), { folder: folder.name, isInterrupted, rates, json, junit }, terminal)
  if (afterFailure !== undefined && !isInterrupted) {
    for (const { failures } of campaign.totals) {
      for (const { kept } of failures.list())
        if (kept.replay !== null && !(await afterFailure(path.join(folder.name, kept.replay), terminal))) return exitCodes.interrupted
    }
  }
  return exitCode
}

interface HuntStart {
  readonly folder: HuntFolder
  readonly asked: CampaignRequest
  /** Of a hunt that goes on. */
  readonly totals: readonly ScenarioTotals[]
  readonly entries: readonly JournalEntry[]
  readonly notes: readonly string[]
}

async function begun(names: readonly string[], flags: HuntFlags, { folder: home }: Terminal): Promise<HuntStart> {
  const { asked, notes } = await huntRequest(names, flags, home)
  const folder = HuntFolder.in(home, flags.artifacts ?? defaultFolder(asked))
  folder.begin(asked)
  return { folder, asked, totals: asked.scenarios.map(() => new ScenarioTotals({ keepsTraceHashes: asked.keepsTraceHashes })), entries: [], notes }
}

/** Everything that decides what is run comes from the folder. */
function resumed(names: readonly string[], from: string, flags: HuntFlags, { folder: home }: Terminal): HuntStart {
  const option = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  const given = [
    ...names,
    ...(['seeds', 'time', 'firstSeed', 'failFast', 'keepGoing', 'duration', 'faults', 'strategy', 'ambient', 'shard', 'artifacts', 'traceHashes'] as const)
      .filter((name) => flags[name] !== undefined)
      .map(option),
    ...(flags.fault.length > 0 ? ['--no-fault'] : []),
  ]
  if (given.length > 0) throw new BadInput(`--resume ${from} goes on with what that hunt was asked for: leave out ${given.join(', ')}`)
  const folder = HuntFolder.in(home, from)
  const { file, entries } = folder.read()
  const { totals } = file
  const done = totals.reduce((sum, { runs }) => sum + runs, 0) + entries.length
  const asked = {
    ...file.asked,
    requiresSometimes: file.asked.requiresSometimes || flags.requireSometimes === true,
    requiresActed: file.asked.requiresActed || flags.requireActed === true,
  }
  return { folder, asked, totals, entries, notes: [`goes on after ${done} ${done === 1 ? 'run' : 'runs'}`] }
}

function defaultFolder({ scenarios, firstSeed, shard }: CampaignRequest): string {
  const part = shard === null ? '' : `-shard-${shard.index}-of-${shard.of}`
  const names = scenarios.map(({ scenario }) => scenario).join('+')
  return path.join('.seedfall', `hunt-${names}-${firstSeed}${part}`.replace(/[^A-Za-z0-9._+-]+/g, '_').slice(0, 120))
}

const entryOf = ({ item: { scenario, seed }, result }: CampaignResult): JournalEntry => ({ scenario, seed, result })
