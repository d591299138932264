import { crashPointsReport, describeCrashPoints } from '../sim/report/crash-points-report.js'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { count } from '../sim/report/numbers.js'
import { exploreCrashPoints } from '../sim/run/crash-points/crash-points.js'
import { BadInput } from './bad-input.js'
import { loadScenario } from './load-scenario.js'
import { aboutRun, interruptible } from './perform-run.js'
import { ProgressLine } from './progress-line.js'
import { blame } from './scenario-fault.js'
import type { Terminal } from './terminal.js'

export interface CrashPointsFlags {
  readonly seed: string
  readonly host?: string
  readonly firstStep: number
  readonly steps: number
  readonly outcomes: number
  readonly every: number
  readonly option: readonly string[]
  readonly json?: boolean
}

/** `crash-points SCENARIO`: a crash and power losses at every point of a short run, and whether the host came back to a state that it may be in. */
export async function crashPointsCommand(name: string, flags: CrashPointsFlags, terminal: Terminal): Promise<ExitCode> {
  const { scenario, file } = await loadScenario(name, terminal.folder)
  const { seed, host, firstStep, steps, outcomes, every, json } = flags
  const hosts = Object.entries(scenario.system.roles as Record<string, { count: number }>).flatMap(([role, { count: hostCount }]) =>
    Array.from({ length: hostCount }, (_, i) => `${role}-${i + 1}`),
  )
  if (host !== undefined && !hosts.includes(host)) throw new BadInput(`--host: ${scenario.name} has no host '${host}'; it has ${hosts.join(', ')}`)
  const options = optionsOf(flags.option, Object.keys(scenario.options ?? {}))
  const line = new ProgressLine()
  const began = performance.now()
  try {
    const found = await interruptible(aboutRun({ scenario, seed }), (signal) =>
      exploreCrashPoints({
        scenario,
        seed,
        firstStep,
        steps,
        outcomes,
        every,
        signal,
        ...(host === undefined ? {} : { host }),
        ...(options === undefined ? {} : { options }),
        onProgress: ({ points, crashes, powerLosses, failures }) => {
          if (!json) line.show(() => `${count(points)} points, ${count(crashes + powerLosses)} outcomes, ${failures.length} failed`)
        },
      }),
    )
    line.clear()
    const seconds = (performance.now() - began) / 1_000
    terminal.out(json ? JSON.stringify(crashPointsReport(found, scenario.name, seconds)) : describeCrashPoints(found, scenario.name, seconds, terminal.paint))
    return found.failures.length > 0 ? exitCodes.violation : found.isInterrupted ? exitCodes.interrupted : exitCodes.passed
  } catch (error) {
    throw blame(error, file)
  } finally {
    line.clear()
  }
}

function optionsOf(given: readonly string[], known: readonly string[]): Record<string, number> | undefined {
  if (given.length === 0) return undefined
  const options: Record<string, number> = {}
  for (const text of given) {
    const match = /^([^=]+)=(-?\d+)$/.exec(text)
    if (match === null) throw new BadInput(`--option '${text}' is not name=number, such as keys=3`)
    const [, name, value] = match as unknown as [string, string, string]
    if (!known.includes(name)) throw new BadInput(`--option: the scenario has no option '${name}'; it has ${known.join(', ')}`)
    options[name] = Number(value)
  }
  return options
}
