/**
 * Crashes one host at every point of a short run: before every effect of every step of it, and at every step's end; once as a crash of the process and, for each point,
 * as power losses with several outcomes of what was not synced. Each time the host starts again, and all invariants and the workload's judge say whether it came back
 * to a state that it may be in.
 *
 * What is tried: each pair of a point and an outcome once. What is not: crashes during recovery (`process.crash-loop` does that), faults beside the crash, and of
 * outcomes more than are asked for.
 */
import { ms, s } from '../../host/durations.js'
import { Misuse } from '../../host/errors.js'
import type { HostName, Nanos } from '../../host/seam.js'
import type { SimulatedHost } from '../../host/simulated-host.js'
import { deriveKey } from '../../kernel/mix.js'
import type { Violation } from '../report.js'
import type { AnyScenario, Options } from '../scenario.js'
import { Simulation } from '../simulation.js'
import { DiskOutcome } from './disk-outcome.js'

export interface CrashPointsRequest {
  readonly scenario: AnyScenario
  readonly seed: string
  /** The first of the system's hosts when not given. */
  readonly host?: HostName
  /** From this step of the run on, in which the host has begun to serve; 1 when not given. */
  readonly firstStep?: number
  /** Steps of the run whose points are tried; 400 when not given. */
  readonly steps?: number
  /** Outcomes of a power loss at each point, at most; 8 when not given. */
  readonly outcomes?: number
  /** Only every so many points: 1 when not given. */
  readonly every?: number
  /** Values of the scenario's options. */
  readonly options?: Options
  readonly onProgress?: (found: CrashPoints) => void
  readonly signal?: AbortSignal
}

/** A step of the host, and the effect of it before which it dies; 0: it dies at the step's end. */
export interface CrashPoint {
  readonly step: number
  readonly effect: number
}

export interface CrashFailure extends CrashPoint {
  /** `crash`, or what a power loss left. */
  readonly outcome: string
  readonly violation: Violation
}

export interface CrashPoints {
  readonly host: HostName
  readonly seed: string
  points: number
  /** Distinct pairs of a point and an outcome. */
  crashes: number
  powerLosses: number
  /** By what the system shows of the process that came back (`columns`): how often. */
  readonly recovered: Map<string, number>
  readonly failures: CrashFailure[]
  isInterrupted: boolean
}

/** Within this virtual time the host must be up again. */
const recoveryBound = s(60)
/** How long the run goes on after that. */
const afterwards = ms(50)

export async function exploreCrashPoints(request: CrashPointsRequest): Promise<CrashPoints> {
  const { firstStep = 1, steps = 400, outcomes = 8, every = 1, signal } = request
  for (const [name, value] of Object.entries({ firstStep, steps, outcomes, every }))
    if (!Number.isSafeInteger(value) || value < 1) throw new Misuse(`crash points: ${name} is an integer from 1 on, not ${value}`)
  const host = request.host ?? firstHost(request)
  const found: CrashPoints = { host, seed: request.seed, points: 0, crashes: 0, powerLosses: 0, recovered: new Map(), failures: [], isInterrupted: false }
  let ordinal = 0
  for (let step = firstStep; step < firstStep + steps; step++) {
    for (let effect = 0; ; effect++) {
      if (signal?.aborted) {
        found.isInterrupted = true
        return found
      }
      if (effect === 0 ? ordinal++ % every !== 0 : every > 1 && ordinal++ % every !== 0) {
        if (effect > 0 || !(await isPoint(request, host, { step, effect }))) break
        continue
      }
      if (!(await tryPoint(request, found, { step, effect }, outcomes))) break
      request.onProgress?.(found)
    }
  }
  return found
}

/** False: there is no such point. */
async function tryPoint(request: CrashPointsRequest, found: CrashPoints, point: CrashPoint, outcomes: number): Promise<boolean> {
  const crashed = await runTo(request, found.host, point)
  if (crashed === null) return false
  found.points++
  found.crashes++
  await comesBack(crashed, found, point, 'crash')
  const seen = new Set<string>()
  for (let number = 0; number < outcomes; number++) {
    const lost = (await runTo(request, found.host, point)) as Crashed
    const { simulation, machine } = lost
    const dice = new DiskOutcome(deriveKey(deriveKey(simulation.kernel.key, 'crash points'), `${point.step}/${point.effect}`), number)
    simulation.diskOf(machine).losePower(dice)
    if (seen.has(dice.text)) {
      await simulation.finish({ judge: false })
      // Nothing to decide: every power loss is the same.
      if (dice.text === '') break
      continue
    }
    seen.add(dice.text)
    found.powerLosses++
    await comesBack(lost, found, point, `power loss ${number} (${dice.text || 'nothing was pending'})`)
  }
  return true
}

interface Crashed {
  readonly simulation: Simulation<Record<string, unknown>>
  readonly machine: SimulatedHost
}

async function isPoint(request: CrashPointsRequest, host: HostName, point: CrashPoint): Promise<boolean> {
  const crashed = await runTo(request, host, point)
  await crashed?.simulation.finish({ judge: false })
  return crashed !== null
}

/** The run up to the point, at which the host has just died; null: the host does not step then, or has fewer effects. */
async function runTo(request: CrashPointsRequest, name: HostName, { step, effect }: CrashPoint): Promise<Crashed | null> {
  const simulation = begin(request)
  const machine = simulation.host(name)
  if (machine === undefined) throw new Misuse(`crash points: there is no host '${name}'`)
  const { kernel } = simulation
  if (step > 1) await simulation.until(() => kernel.steps >= step - 1, { within: longest })
  let hasFallen = false
  if (kernel.steps === step - 1 && machine.life !== null) {
    const fall = () => {
      hasFallen = true
      simulation.engine.world.holdDown(machine)
      machine.kill(true)
    }
    machine.crash = { beforeEffect: effect, until: Number.MAX_SAFE_INTEGER, isReady: () => true, fall }
    machine.crashBeforeEffect = effect
    let steps = 0
    // Asked once before the step as well.
    await simulation.until(() => steps++ > 0, { within: longest })
  }
  if (hasFallen) return { simulation, machine }
  await simulation.finish({ judge: false })
  return null
}

function begin({ scenario, seed, options }: CrashPointsRequest): Simulation<Record<string, unknown>> {
  return new Simulation<Record<string, unknown>>(
    { scenario, seed, strategy: 'none', ...(options === undefined ? {} : { options }) },
    { clients: true, autoRestart: false },
  )
}

function firstHost(request: CrashPointsRequest): HostName {
  const first = begin(request).systemHosts[0]
  if (first === undefined) throw new Misuse('crash points: the system has no host')
  return first.name
}

const longest: Nanos = s(3_600)

/** Starts the host again and lets the run go on for a little. */
async function comesBack({ simulation, machine }: Crashed, found: CrashPoints, point: CrashPoint, outcome: string): Promise<void> {
  let violation: Violation | undefined
  try {
    simulation.restart(machine.name)
    await simulation.until(() => machine.status === 'up', { within: recoveryBound })
    const shown = simulation.columns(machine.name)
    const text = Object.entries(shown)
      .map(([name, value]) => `${name} ${value}`)
      .join('  ')
    found.recovered.set(text, (found.recovered.get(text) ?? 0) + 1)
    await simulation.advance(afterwards)
  } catch (error) {
    const { message } = error as Error
    violation = simulation.failure?.violation ?? { check: 'recovery', message, step: simulation.kernel.steps, at: simulation.kernel.now, host: machine.name }
  }
  const report = await simulation.finish()
  violation ??= report.violation
  if (violation !== undefined) found.failures.push({ ...point, outcome, violation })
}
