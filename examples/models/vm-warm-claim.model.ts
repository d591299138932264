import { modelFamily } from 'seedfall'
import { warmClaimModel } from 'seedfall/orchestrator-models'

/** The orchestrator's claims on warm VMs: orders, the replicated state, the leader's watch over claims, and machines whose guests become somebody. */
export default modelFamily({
  name: 'vm-warm-claim',
  means: "the orchestrator's claims on warm VMs: whose each is, and who its guest becomes",
  settings: {
    orders: { kind: 'number', standard: 2, least: 1, most: 2, means: 'clients that want a warm VM' },
    warm: { kind: 'number', standard: 1, least: 1, most: 2, means: 'VMs that are warm' },
    inputs: { kind: 'number', standard: 2, least: 1, most: 9, means: 'of the world: what is told, lapses, is placed, begins anew or is asked for again' },
    duplicates: { kind: 'number', standard: 0, least: 0, most: 4, means: 'messages that are heard twice' },
  },
  make: warmClaimModel,
})
