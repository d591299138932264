import { simulate } from '../sim/index.js'
import { assertEqual, type Measure, secondsOf } from './harness.js'
import { peers } from './peers.js'

const simulations = 3_000
const hosts = 5

/** How many simulations of five hosts can be made, booted, stopped and reported in a second: what a campaign of short runs costs. */
export const freshSimulationMeasures: readonly Measure[] = [{ name: 'fresh-simulation/5-hosts', unit: 'simulations/s', run: measure }]

async function measure(): Promise<number> {
  let booted = 0
  const scenario = peers(hosts, () => {
    booted++
  })
  const hashes = new Set<string>()
  const seconds = await secondsOf(async () => {
    for (let seed = 0; seed < simulations; seed++) {
      const simulation = await simulate(scenario, { seed: String(seed), faults: 'none' })
      await simulation.advance(0)
      hashes.add((await simulation.finish()).traceHash)
    }
  })
  assertEqual(booted, simulations * hosts, 'boots')
  // Five boots draw nothing from the seed.
  assertEqual(hashes.size, 1, 'different trace hashes')
  return simulations / seconds
}
