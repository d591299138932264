import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { ExitCode } from '../sim/report/exit-code.js'
import { parseReplay, type Replay, ReplayError, requestOf } from '../sim/run/replay.js'
import type { RunReport, RunRequest } from '../sim/run/report.js'
import type { AnyScenario } from '../sim/run/scenario.js'
import { BadInput } from './bad-input.js'
import { loadScenario } from './load-scenario.js'
import { performRun } from './perform-run.js'
import type { Terminal } from './terminal.js'

/** What `replay` takes beside its file. */
export interface ReplayFlags {
  readonly trace?: boolean
  readonly traceFile?: string
  readonly json?: boolean
  readonly until?: number
  readonly breakAt?: number
}

/** `replay FILE`: makes a failing run again and says whether it is still the same. */
export async function replay(file: string, flags: ReplayFlags, terminal: Terminal): Promise<ExitCode> {
  const { until, breakAt, ...show } = flags
  const recorded = readReplay(file, terminal.folder)
  const { scenario, file: scenarioFile } = await loadScenario(recorded.file ?? recorded.scenario, terminal.folder)
  const request = {
    ...requested(file, recorded, scenario),
    ...(until === undefined ? {} : { untilStep: until }),
    ...(breakAt === undefined ? {} : { breakAtStep: breakAt }),
  }
  const commands = { picture: `${terminal.program} replay ${file} --trace` }
  const { report, exitCode } = await performRun(
    request,
    { ...show, commands, replayFile: file, ...(scenarioFile === undefined ? {} : { file: scenarioFile }) },
    terminal,
  )
  if (!show.json && until === undefined) terminal.out(`  ${terminal.paint.faint('recorded'.padEnd(10))}${comparison(recorded, report)}`)
  return exitCode
}

function requested(file: string, recorded: Replay, scenario: AnyScenario): RunRequest {
  try {
    return requestOf(recorded, scenario)
  } catch (error) {
    if (error instanceof ReplayError) throw new BadInput(`${file} ${error.message}`)
    throw error
  }
}

function readReplay(file: string, folder: string): Replay {
  let text: string
  try {
    text = readFileSync(path.resolve(folder, file), 'utf8')
  } catch (error) {
    throw new BadInput(
      `${file} cannot be read: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? `no such file; the path is taken from ${folder}` : (error as Error).message}`,
    )
  }
  try {
    return parseReplay(text)
  } catch (error) {
    if (error instanceof ReplayError) throw new BadInput(`${file} ${error.message}`)
    throw error
  }
}

function comparison({ found }: Replay, report: RunReport): string {
  const before = found.check ?? found.outcome
  if (report.traceHash === found.traceHash) return 'the same run, event for event'
  const now = report.violation?.check ?? report.outcome
  if (now === before) return `the same failure on another path: the trace differs from the recorded one (${found.traceHash})`
  return report.outcome === 'passed'
    ? `'${before}' is not found any more: the code has changed since, and this run passes`
    : `'${before}' was found then, '${now}' now`
}
