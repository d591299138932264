import { placementModel, warmClaimModel } from '../../invariants/orchestrator/models/index.js'
import { check } from '../../sim/check/model-checker.js'

/** The first property that falls in the small worlds of the orchestrator's claims, whatever the seed: nothing is drawn. */
export function hunt(): string | undefined {
  for (const fallen of [places(2, 0), places(1, 1), warm(2, 2), warm(1, 4)]) {
    const [first] = fallen()
    if (first !== undefined) return first.property
  }
  return undefined
}

const places = (apart: number, large: number) => () => check(placementModel({ apart, large, inputs: 2, duplicates: 0 }), { keepGoing: true }).violations
const warm = (orders: number, inputs: number) => () => check(warmClaimModel({ orders, warm: 1, inputs, duplicates: 0 }), { keepGoing: true }).violations
