import { modelFamily } from 'seedfall'
import { handOverModel } from 'seedfall/orchestrator-models'

/** The orchestrator's live migration: both sides as a machine drives them, and the control plane's decision, with every crash and every loss. */
export default modelFamily({
  name: 'vm-hand-over',
  means: "the orchestrator's live migration: who owns the guest, whoever dies at whatever message",
  settings: {
    crashes: { kind: 'number', standard: 1, least: 0, most: 3, means: 'of each machine and of the control plane' },
    inputs: { kind: 'number', standard: 3, least: 1, most: 9, means: 'of the world: what ends, fails or takes too long, and what is told' },
    duplicates: { kind: 'number', standard: 0, least: 0, most: 4, means: 'messages that are heard twice' },
  },
  make: handOverModel,
})
