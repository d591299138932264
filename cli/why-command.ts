import { catalogueOf } from '../sim/faults/catalogue.js'
import type { Nanos } from '../sim/host/seam.js'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { describeWhy, whyReport } from '../sim/report/why-report.js'
import { ShrinkFailed } from '../sim/run/shrink/shrink.js'
import { type Why, why } from '../sim/run/why/why.js'
import { BadInput } from './bad-input.js'
import { type FailingRun, failingRun } from './failing-run.js'
import { aboutRun, interruptible } from './perform-run.js'
import { ProgressLine } from './progress-line.js'
import { blame } from './scenario-fault.js'
import type { Terminal } from './terminal.js'

export interface WhyFlags {
  readonly seed?: string
  /** Of this machine's clock. */
  readonly time: Nanos
  readonly runs: number
  readonly json?: boolean
}

/** `why FILE`: which injections the failure needs, and from when on it was unavoidable. */
export async function whyCommand(what: string, flags: WhyFlags, terminal: Terminal): Promise<ExitCode> {
  const failing = await failingRun(what, flags.seed, 'why', terminal)
  if (failing.report.outcome === 'interrupted') return exitCodes.interrupted
  let isInterrupted = false
  const found = await interruptible(aboutRun(failing.request), (signal) => {
    signal.addEventListener('abort', () => {
      isInterrupted = true
    })
    return inquire(failing, flags, signal)
  })
  const catalogue = catalogueOf(failing.request.scenario)
  if (flags.json) terminal.out(JSON.stringify(whyReport(failing.report, found, catalogue)))
  else terminal.out(describeWhy(failing.report, found, catalogue, terminal.paint))
  return isInterrupted ? exitCodes.interrupted : exitCodes.passed
}

async function inquire({ request, report, file }: FailingRun, { time, runs, json }: WhyFlags, signal: AbortSignal): Promise<Why> {
  const line = new ProgressLine()
  try {
    return await why(request, report, {
      runs,
      timeMillis: Math.ceil(time / 1e6),
      signal,
      onProgress: (done, of) => {
        if (!json) line.show(() => `asking why: ${done} of ${of} runs`)
      },
    })
  } catch (error) {
    if (error instanceof ShrinkFailed) throw new BadInput(error.message)
    throw blame(error, file)
  } finally {
    line.clear()
  }
}
