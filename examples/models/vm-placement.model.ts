import { modelFamily } from 'seedfall'
import { placementModel } from 'seedfall/orchestrator-models'

/** The orchestrator's placement claims: orders that chose a host by what was known then, a leader that moves what is placed, and the replicated state that decides. */
export default modelFamily({
  name: 'vm-placement',
  means: "the orchestrator's placement claims: hosts that are chosen, and whether the claims stand",
  settings: {
    apart: { kind: 'number', standard: 2, least: 0, most: 3, means: 'orders of VMs that must not be on one host' },
    large: { kind: 'number', standard: 0, least: 0, most: 3, means: 'orders of VMs that are as large as a host' },
    inputs: {
      kind: 'number',
      standard: 2,
      least: 0,
      most: 9,
      means: 'of the world: what the leader decides, what is deleted or confirmed, what is asked for again',
    },
    duplicates: { kind: 'number', standard: 0, least: 0, most: 4, means: 'proposals and answers that are heard twice' },
  },
  make: placementModel,
})
