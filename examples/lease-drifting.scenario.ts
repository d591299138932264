import { lease } from './lease.scenario.js'

/** The same register in a world whose clocks are worse than its code assumes. */
export default lease('lease-drifting', 50_000)
