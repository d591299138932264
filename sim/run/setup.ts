import { catalogueOf, type FaultCatalogue } from '../faults/catalogue.js'
import { strategyOptions } from '../faults/strategies/index.js'
import { drawFaults, drawOption } from '../faults/swarm.js'
import { s } from '../host/durations.js'
import { Misuse } from '../host/errors.js'
import { deriveKey, type Key } from '../kernel/mix.js'
import { rootKey } from '../kernel/root-key.js'
import { checkRequest } from './check-request.js'
import type { Limits, RunHeader, RunRequest } from './report.js'
import type { OptionRange } from './scenario.js'
import { hostCount } from './topology.js'

/** All that is derived from the seed before the first step. */
export interface RunSetup {
  readonly request: RunRequest
  readonly key: Key
  readonly header: RunHeader
  readonly catalogue: FaultCatalogue
  readonly limits: Limits
  readonly healAt: number
}

const defaultLimits: Limits = { steps: 50_000_000, queue: 4_000_000, stallNanos: s(30) }

/** The framework's own options; a scenario adds its own. */
export const commonOptions: Record<string, OptionRange> = {
  thinkMicros: { min: 500, max: 20_000, log: true, why: "a client's mean pause between two operations" },
  'disk.model': { min: 0, max: 2, why: '0 NVMe, 1 SATA, 2 cloud volume' },
  'cpu.model': { min: 0, max: 2, why: '0 steps take no time, 1 a core of a server, 2 a small share of one; 0 without faults' },
}

/** Throws `Misuse` for a scenario that is none, and for what a run cannot be. */
export function setUp(request: RunRequest): RunSetup {
  checkRequest(request)
  const { scenario, seed } = request
  const key = rootKey(seed)
  const strategy = request.strategy ?? scenario.faults.strategy
  const durationNanos = request.duration ?? scenario.duration
  const catalogue = catalogueOf(scenario)
  const choice = {
    strategy,
    kinds: strategy === 'none' ? [] : (request.kinds ?? scenario.faults.kinds),
    isGiven: request.kinds !== undefined,
    without: request.withoutKinds ?? [],
  }
  const faults = drawFaults(deriveKey(key, 'swarm'), catalogue, choice, scenario)
  const ranges = { ...commonOptions, ...strategyOptions(strategy), ...scenario.options }
  const options: Record<string, number> = {}
  for (const name of Object.keys(ranges).sort()) options[name] = drawOption(deriveKey(deriveKey(key, 'options'), name), ranges[name] as OptionRange)
  if (strategy === 'none') options['cpu.model'] = 0
  Object.assign(options, faults.options)
  for (const [name, value] of Object.entries(request.options ?? {})) {
    if (!(name in options) && !catalogue.hasOption(name))
      throw new Misuse(`scenario ${scenario.name} has no option '${name}': it has ${Object.keys(options).join(', ')}`)
    options[name] = value
  }
  const hosts: string[] = []
  for (const role of Object.keys(scenario.system.roles)) {
    const count = hostCount(scenario, role, request.topology)
    for (let ordinal = 1; ordinal <= count; ordinal++) hosts.push(`${role}-${ordinal}`)
  }
  // A shortened run keeps its proportion of storm and calm.
  const healAt = Math.round(scenario.healAt * (durationNanos / scenario.duration))
  return {
    request,
    key,
    catalogue,
    header: { scenario: scenario.name, seed, strategy, armed: faults.armed, options, durationNanos, hosts },
    limits: { ...defaultLimits, ...request.limits },
    healAt,
  }
}
