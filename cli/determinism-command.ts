import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { count } from '../sim/report/numbers.js'
import type { RunRequest } from '../sim/run/report.js'
import { checkDeterminism, type DifferenceCause, type FreshRun } from './check-determinism.js'
import { aboutRun, interruptible } from './perform-run.js'
import { blame } from './scenario-fault.js'
import type { Terminal } from './terminal.js'

/**
 * `--check-determinism`: says that two runs were equal, or shows the first step that was not, from both sides. The exit code of equal runs is that of
 * their outcome; runs that differ are a violation.
 */
export async function reportDeterminism(
  request: RunRequest,
  file: string | undefined,
  isJson: boolean,
  freshRun: FreshRun,
  terminal: Terminal,
): Promise<ExitCode> {
  const { paint, out } = terminal
  const { report, isInterrupted, difference } = await interruptible(aboutRun(request), (signal) => checkDeterminism({ ...request, signal }, freshRun)).catch(
    (error: unknown) => {
      throw blame(error, file)
    },
  )
  const { scenario, seed, steps, traceHash, violation } = report
  const outcome = isInterrupted ? 'interrupted' : report.outcome
  const exitCode = difference ? exitCodes.violation : exitCodes[outcome]
  const deterministic = isInterrupted ? null : difference === null
  if (isJson) out(JSON.stringify({ scenario, seed, deterministic, exitCode, outcome, steps, traceHash, ...(difference ? { difference } : {}) }))
  else if (difference) {
    out(`${paint.bad('✗ not deterministic')}  ${paint.strong(scenario)}  seed ${paint.strong(seed)}  the runs differ from step ${count(difference.step)} on`)
    out(side('first run', difference.first))
    out(side('second run', difference.second))
    if (difference.places.length > 0) out(side('the process was at', difference.places))
    out(`  ${explanations[difference.cause]}`)
  } else if (outcome === 'interrupted') out(`✗ interrupted  ${scenario}  seed ${seed}  after ${count(steps)} steps`)
  else {
    const found = violation === undefined ? outcome : `${outcome}: ${violation.check}: ${violation.message.split('\n')[0]}`
    out(`${paint.good('✓ deterministic')}  ${scenario}  seed ${seed}  ${count(steps)} steps twice, trace ${traceHash}; the run itself: ${found}`)
  }
  return exitCode
}

const explanations: Readonly<Record<DifferenceCause, string>> = {
  'time zone': "A third run in the first's time zone was as the first: this step's code depends on the zone. Format dates by hand, in UTC.",
  'module state':
    'A run in a program of its own was as the first: something of a module outlives a run, most often a variable outside of every function. Keep it in the process.',
  machine:
    "Neither the time zone nor the program makes the difference: this step's code used something that is not the host's, such as a clock, Math.random or real input.",
}

const side = (name: string, lines: readonly string[]): string =>
  [`  ${name}:`, ...(lines.length === 0 ? ['    had ended'] : lines.map((line) => `    ${line}`))].join('\n')
