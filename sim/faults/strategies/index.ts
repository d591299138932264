import type { OptionRange, Strategy } from '../../run/scenario.js'
import type { SimulatedFaultWorld } from '../simulated-fault-world.js'
import { burstOptions, burstTime } from './burst.js'
import { PctStrategy, pctOptions } from './pct.js'
import { RollingStrategy, rollingOptions } from './rolling.js'
import type { FaultStrategy } from './strategy.js'
import { TargetedStrategy } from './targeted.js'

/** In the order of help texts. */
export const strategies: readonly Strategy[] = ['random', 'targeted', 'burst', 'rolling', 'pct', 'none']

/** The options that runs under a strategy have for its sake. */
export function strategyOptions(strategy: Strategy): Readonly<Record<string, OptionRange>> {
  switch (strategy) {
    case 'random':
    case 'targeted':
      return burstOptions
    case 'burst':
      return { ...burstOptions, 'burst.on': { ...(burstOptions['burst.on'] as OptionRange), min: 1 } }
    case 'rolling':
      return rollingOptions
    case 'pct':
      return pctOptions
    case 'none':
      return {}
  }
}

export function strategyOf(strategy: Strategy, world: SimulatedFaultWorld): FaultStrategy {
  switch (strategy) {
    case 'rolling':
      return new RollingStrategy(world)
    case 'pct':
      return new PctStrategy(world)
    case 'targeted':
      return inBursts(new TargetedStrategy(world, world.targets), world)
    case 'random':
    case 'burst':
    case 'none':
      return inBursts({}, world)
  }
}

function inBursts(strategy: FaultStrategy, world: SimulatedFaultWorld): FaultStrategy {
  if (world.option('burst.on') !== 0) strategy.timeOf = burstTime(world.option('burst.count'), world.option('burst.perMille'), world.healAt)
  return strategy
}
