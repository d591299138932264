import type { Nanos, Random } from '../../host/seam.js'
import type { SimulatedHost } from '../../host/simulated-host.js'
import type { FaultDefinition } from '../definition.js'
import type { SeededPlan } from '../seeded-plan.js'

/** When the seeded faults of a run come, and whom they aim at. What is not given is as in `random`: any host, at even rates. */
export interface FaultStrategy {
  /** Whom a draw harms; null: nobody now. */
  aim?(random: Random): SimulatedHost | null
  /** When that happens which even rates would have at `due`; never falls. */
  timeOf?(due: Nanos): Nanos
  /** Kinds that the strategy draws itself, in its own time. */
  drawsItself?(definition: FaultDefinition): boolean
  /** Plans what the strategy does by itself. */
  start?(plan: SeededPlan): void
  /** A process marked a moment. */
  moment?(plan: SeededPlan, host: SimulatedHost, name: string): void
}
