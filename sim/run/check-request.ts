import { strategies } from '../faults/strategies/index.js'
import { Misuse } from '../host/errors.js'
import { checkScenario, isStrategy, shown } from './check-scenario.js'
import { checkOperations } from './planned-operation.js'
import type { RunRequest } from './report.js'
import { checkTopology } from './topology.js'

/** Holds a request against its types, its scenario first. Throws `Misuse`, naming what is wrong. */
export function checkRequest(request: RunRequest): void {
  const { scenario, seed, strategy, duration, untilStep, breakAtStep, options = {}, limits = {}, operations = [], topology = {}, plan } = request
  checkScenario(scenario)
  if (typeof seed !== 'string' || seed === '') throw new Misuse(`a seed is a text, such as '7', not ${seed === '' ? 'an empty one' : shown(seed)}`)
  if (strategy !== undefined && !isStrategy(strategy)) throw new Misuse(`there is no strategy ${shown(strategy)}: there are ${strategies.join(', ')}`)
  if (duration !== undefined && !isPositive(duration)) throw new Misuse(`a run's duration is an integer of nanoseconds above zero, not ${shown(duration)}`)
  for (const [name, step] of Object.entries({ untilStep, breakAtStep })) {
    if (step !== undefined && !isPositive(step)) throw new Misuse(`${name} is a step's number, from 1 on, not ${shown(step)}`)
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Number.isFinite(value)) throw new Misuse(`option '${name}' is a number, not ${shown(value)}`)
  }
  checkTopology(scenario, topology)
  checkOperations(scenario, operations, topology)
  for (const { step, seed: another } of plan?.reseed ?? []) {
    if (!isPositive(step) || typeof another !== 'string')
      throw new Misuse(`plan.reseed lists { step, seed }, a step from 1 on and a text, not { ${step}, ${shown(another)} }`)
  }
  for (const [name, most] of Object.entries(limits)) {
    if (most !== undefined && !(most > 0)) throw new Misuse(`limits.${name} is a number above zero, not ${shown(most)}`)
  }
}

const isPositive = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0
