import type { Replay } from '../sim/run/replay.js'
import type { RunReport, RunRequest } from '../sim/run/report.js'
import { run } from '../sim/run/run.js'
import { BadInput } from './bad-input.js'
import { isScenarioFile, loadScenario, scenarioOf } from './load-scenario.js'
import { aboutRun, interruptible } from './perform-run.js'
import { isEntryFile, readReplay, requestOfFile } from './replay-file.js'
import { blame } from './scenario-fault.js'
import type { Terminal } from './terminal.js'

/** A run that failed, and how to come by its scenario. */
export interface FailingRun {
  readonly request: RunRequest
  readonly report: RunReport
  /** The scenario's file, when it is none of Seedfall's own. */
  readonly file: string | undefined
  /** One of Seedfall's own, or the file. */
  readonly scenarioName: string
  readonly replay: Replay | undefined
  /** It came from a corpus. */
  readonly isEntry: boolean
  /** How long it took. */
  readonly wallMillis: number
}

/** Runs what a replay file or a scenario under a seed asks for; a run that does not fail is bad input. */
export async function failingRun(what: string, seed: string | undefined, command: string, terminal: Terminal): Promise<FailingRun> {
  const isReplay = what.endsWith('.json')
  if (isReplay && seed !== undefined) throw new BadInput(`${what} is a replay and has its seed: leave out --seed`)
  if (!isReplay && seed === undefined)
    throw new BadInput(`'${command} ${what}' needs the seed of a run that fails: --seed N; or name a replay file such as .seedfall/broker-7.json`)
  const replay = isReplay ? readReplay(what, terminal.folder) : undefined
  const scenarioName = replay === undefined ? what : (replay.file ?? replay.scenario)
  const { scenario, file } = await (replay === undefined ? loadScenario(what, terminal.folder) : scenarioOf(replay, terminal.folder))
  const request = replay === undefined ? { scenario, seed: seed as string } : requestOfFile(what, replay, scenario)
  const began = performance.now()
  const report = await interruptible(aboutRun(request), (signal) => run({ ...request, signal })).catch((error: unknown) => {
    throw blame(error, file)
  })
  const wallMillis = performance.now() - began
  if (report.outcome === 'passed') {
    const words =
      replay === undefined ? `${what} passes under seed ${seed}` : `${what} passes now: '${replay.found.check ?? replay.found.outcome}' is not found any more`
    throw new BadInput(`${words}: there is nothing to ${command}`)
  }
  return {
    request,
    report,
    file: isScenarioFile(scenarioName) ? file : undefined,
    scenarioName,
    replay,
    isEntry: isReplay && isEntryFile(what, terminal.folder),
    wallMillis,
  }
}
