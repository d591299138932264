import type { ExitCode } from '../sim/report/exit-code.js'
import type { Replay } from '../sim/run/replay.js'
import type { RunReport } from '../sim/run/report.js'
import { scenarioOf } from './load-scenario.js'
import { readModelTrace, replayModelTrace } from './model-trace.js'
import { performRun } from './perform-run.js'
import { readReplay, requestOfFile } from './replay-file.js'
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
  const trace = readModelTrace(file, terminal.folder)
  if (trace !== null) return replayModelTrace(trace, flags.json === true, terminal)
  const { until, breakAt, ...show } = flags
  const recorded = readReplay(file, terminal.folder)
  const { scenario, file: scenarioFile } = await scenarioOf(recorded, terminal.folder)
  const request = {
    ...requestOfFile(file, recorded, scenario),
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

function comparison({ found }: Replay, report: RunReport): string {
  const before = found.check ?? found.outcome
  if (report.traceHash === found.traceHash) return 'the same run, event for event'
  const now = report.violation?.check ?? report.outcome
  if (now === before) return `the same failure on another path: the trace differs from the recorded one (${found.traceHash})`
  return report.outcome === 'passed'
    ? `'${before}' is not found any more: the code has changed since, and this run passes`
    : `'${before}' was found then, '${now}' now`
}
