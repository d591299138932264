import { writeFileSync } from 'node:fs'
import inspector from 'node:inspector'
import path from 'node:path'
import { BrokenInjection } from '../sim/faults/broken-injection.js'
import { Misuse } from '../sim/host/errors.js'
import type { TraceSink } from '../sim/kernel/trace.js'
import { makeFolder } from '../sim/real/make-folder.js'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { describeStates } from '../sim/report/host-states.js'
import { LastRows, type TraceRow } from '../sim/report/host-table.js'
import { jsonReport } from '../sim/report/json-report.js'
import { some } from '../sim/report/numbers.js'
import { describeHeader } from '../sim/report/run-header.js'
import { describeResult } from '../sim/report/run-result.js'
import { formatReplay, provenReplay } from '../sim/run/replay.js'
import { replayFileName } from '../sim/run/replay-file-name.js'
import type { RunReport, RunRequest } from '../sim/run/report.js'
import { headerOf, run } from '../sim/run/run.js'
import { BadInput } from './bad-input.js'
import { blame } from './scenario-fault.js'
import type { Terminal } from './terminal.js'
import { TraceColumns } from './trace-columns.js'
import { traceFileOf, traceTo } from './trace-file.js'
import { watchMainThread } from './watchdog.js'

/** How a run is shown, beside what it is. */
export interface Presentation {
  readonly trace?: boolean
  readonly traceFile?: string
  readonly json?: boolean
  /** The scenario's file, when it is none of Seedfall's own. */
  readonly file?: string
  /** What a reader of a failure may want to run, by what it does. */
  readonly commands: Readonly<Record<string, string>>
  /** The replay file that is being run, which then is not written anew. */
  readonly replayFile?: string
}

const shownRows = 24

/** Runs once and reports: header, result and, on failure, its surroundings and the replay file. Answers the report and the exit code. */
export async function performRun(request: RunRequest, show: Presentation, terminal: Terminal): Promise<{ report: RunReport; exitCode: ExitCode }> {
  const { paint, out } = terminal
  const header = usable(request)
  const file = show.traceFile === undefined ? undefined : traceFileOf(path.resolve(terminal.folder, show.traceFile))
  if (!show.json) out(describeHeader(header, paint))
  const sinks: TraceSink[] = [...(file ? [file] : []), ...(show.trace ? [new TraceColumns(terminal)] : [])]
  if (request.breakAtStep !== undefined && inspector.url() === undefined)
    terminal.error(`seedfall: no debugger is attached: run node --inspect-brk ${process.argv[1] ?? 'seedfall'} with the same words`)
  const began = performance.now()
  const report = await interruptible(aboutRun(request), (signal) => run({ ...request, trace: traceTo(sinks), signal })).catch((error: unknown) => {
    if (error instanceof BrokenInjection && show.replayFile !== undefined) throw new BadInput(`${show.replayFile} is broken: ${error.message}`)
    throw blame(error, show.file)
  })
  const seconds = (performance.now() - began) / 1_000
  file?.close()

  const isStale = report.stale.length > 0
  const exitCode = isStale ? exitCodes.stale : exitCodes[report.outcome]
  const isBroken = report.outcome !== 'passed' && report.outcome !== 'interrupted'
  const replay = isBroken && show.replayFile === undefined ? await writeReplay(request, report, show, terminal) : show.replayFile
  for (const step of [request.untilStep, request.breakAtStep]) {
    if (step !== undefined && step > report.steps) terminal.error(`seedfall: step ${step} was never reached: the run ended after ${report.steps} steps`)
  }
  if (show.json) {
    const hosts =
      request.untilStep === undefined
        ? {}
        : { hosts: report.states.map((state) => ({ ...state, process: state.process === '' ? null : JSON.parse(state.process) })) }
    out(JSON.stringify(jsonReport(report, exitCode, { ...(isStale ? { outcome: 'stale' } : {}), ...(isBroken && replay ? { replay } : {}), ...hosts })))
    return { report, exitCode }
  }
  if (isStale) out(describeStale(report, terminal))
  const rows = isBroken ? await lastRows(request, report) : undefined
  const commands: Record<string, string> = isBroken
    ? { ...(replay === undefined ? {} : { replay: `${terminal.program} replay ${replay}` }), ...show.commands }
    : {}
  const isStopped = report.outcome === 'passed' && report.steps === request.untilStep
  out(describeResult(report, { commands, seconds, width: terminal.width, isStopped, ...(rows ? { rows } : {}) }, paint))
  if (request.untilStep !== undefined) out(describeStates(report.states, paint))
  return { report, exitCode }
}

/** The header of a request, or what is wrong with it. */
function usable(request: RunRequest) {
  try {
    return headerOf(request)
  } catch (error) {
    if (error instanceof Misuse) throw new BadInput(error.message)
    throw error
  }
}

/**
 * Ends the run at Ctrl-C and keeps what it found; a second Ctrl-C ends the program, as the first does in code that loops. `about` names the run should it loop
 * for ever, in which case the program tells so and ends.
 */
export async function interruptible<T>(about: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted)
    controller.abort()
  }
  const release = (): void => void process.removeListener('SIGINT', interrupt)
  const takeOver = (): void => void process.on('SIGINT', interrupt)
  takeOver()
  const watch = watchMainThread(about, { takeOver, release })
  try {
    return await work(controller.signal)
  } finally {
    watch.leave()
    release()
  }
}

export const aboutRun = ({ scenario, seed }: Pick<RunRequest, 'seed'> & { readonly scenario: { readonly name: string } }): string =>
  `the run of ${scenario.name} under seed ${seed}`

/** The steps up to the violation, from the same run once more: a failing run pays for its trace, a passing one does not. */
async function lastRows(request: RunRequest, report: RunReport): Promise<readonly TraceRow[]> {
  const step = report.violation?.step ?? report.steps
  const rows = new LastRows(step, shownRows)
  await run({ ...request, breakAtStep: undefined, untilStep: Math.max(1, step), trace: rows })
  return rows.rows()
}

/** What was found stands whether the file can be written or not: without it, the seed makes the run again. */
async function writeReplay(request: RunRequest, report: RunReport, { file }: Presentation, { folder, error }: Terminal): Promise<string | undefined> {
  const text = formatReplay(await provenReplay(request, report, file))
  const target = path.join('.seedfall', replayFileName(report))
  try {
    makeFolder(path.join(folder, '.seedfall'))
    writeFileSync(path.join(folder, target), text)
  } catch (failure) {
    error(`seedfall: ${target} cannot be written: ${(failure as Error).message}`)
    return undefined
  }
  return target
}

function describeStale({ stale }: RunReport, { paint }: Terminal): string {
  const lines = stale.slice(0, 8).map(({ kind, site, ordinal }) => `    ${kind}  ${site} #${ordinal}`)
  const more = stale.length > lines.length ? [`    and ${stale.length - lines.length} more`] : []
  return [`${paint.bad('✗ stale replay')}  ${some(stale.length, 'injection')} found no place any more: the code has changed since`, ...lines, ...more].join(
    '\n',
  )
}
