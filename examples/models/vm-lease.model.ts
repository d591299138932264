import { modelFamily } from 'seedfall'
import { leaseModel } from 'seedfall/orchestrator-models'

/** The orchestrator's lease and fencing core, the one that its machines and its control plane drive, with a storage between them and with time. */
export default modelFamily({
  name: 'vm-lease',
  means: "the orchestrator's leases and fencing: a host that is lost, and what it runs",
  settings: {
    patience: { kind: 'number', standard: 2, least: 1, most: 20, means: "ticks that a storage's yes lasts" },
    ticks: { kind: 'number', standard: 7, least: 1, most: 60, means: 'of time, in all' },
    drift: { kind: 'number', standard: 1, least: 0, most: 5, means: "ticks that the machine's clock may come to be behind" },
  },
  make: leaseModel,
})
