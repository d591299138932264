/** `seedfall/orchestrator-models`: protocol cores of the orchestrator as models for the checker. */
export { type HandOverBounds, handOverModel } from './hand-over-model.js'
export { type LeaseAction, type LeaseBounds, leaseModel } from './lease-model.js'
export { type PlacementBounds, placementModel } from './placement-model.js'
export { type WarmClaimBounds, warmClaimModel } from './warm-claim-model.js'
