import { handOverModel, leaseModel } from '../../invariants/orchestrator/models/index.js'
import { check } from '../../sim/check/model-checker.js'

/** The first property that falls in the small worlds of the orchestrator's cores, whatever the seed: nothing is drawn. */
export function hunt(): string | undefined {
  return leases()[0]?.property ?? handOvers()[0]?.property
}

const leases = () => check(leaseModel({ patience: 1, ticks: 3, drift: 1 })).violations
const handOvers = () => check(handOverModel({ crashes: 1, inputs: 3, duplicates: 0 }), { keepGoing: true }).violations
