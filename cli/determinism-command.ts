import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { count } from '../sim/report/numbers.js'
import type { RunRequest } from '../sim/run/report.js'
import { checkDeterminism } from './check-determinism.js'
import { interruptible } from './perform-run.js'
import { blame } from './scenario-fault.js'
import type { Terminal } from './terminal.js'

/** `--check-determinism`: says that two runs were equal, or shows the first step that was not, from both sides. */
export async function reportDeterminism(request: RunRequest, file: string | undefined, isJson: boolean, terminal: Terminal): Promise<ExitCode> {
  const { paint, out } = terminal
  const { report, difference } = await interruptible((signal) => checkDeterminism({ ...request, signal })).catch((error: unknown) => {
    throw blame(error, file)
  })
  const { scenario, seed, outcome, steps, traceHash } = report
  const exitCode = difference ? exitCodes.violation : outcome === 'interrupted' ? exitCodes.interrupted : exitCodes.passed
  if (isJson)
    out(JSON.stringify({ scenario, seed, deterministic: difference === null, exitCode, outcome, steps, traceHash, ...(difference ? { difference } : {}) }))
  else if (difference) {
    out(`${paint.bad('✗ not deterministic')}  ${paint.strong(scenario)}  seed ${paint.strong(seed)}  the runs differ from step ${count(difference.step)} on`)
    out(side('first run', difference.first))
    out(side('second run', difference.second))
    out(`  Something that this step's code used is not the host's: a clock, Math.random, the time zone, or state of a module that outlives a run.`)
  } else if (outcome === 'interrupted') out(`✗ interrupted  ${scenario}  seed ${seed}  after ${count(steps)} steps`)
  else out(`${paint.good('✓ deterministic')}  ${scenario}  seed ${seed}  ${count(steps)} steps twice, trace ${traceHash}; the run itself: ${outcome}`)
  return exitCode
}

const side = (name: string, lines: readonly string[]): string =>
  [`  ${name}:`, ...(lines.length === 0 ? ['    had ended'] : lines.map((line) => `    ${line}`))].join('\n')
