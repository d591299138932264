import type { Nanos } from '../../host/seam.js'
import type { OptionRange } from '../../run/scenario.js'

/** Drawn for every run whose faults may come in bursts. */
export const burstOptions: Readonly<Record<string, OptionRange>> = {
  'burst.on': { min: 0, max: 1, why: '1: faults come in bursts with quiet between, 0: at even rates' },
  'burst.count': { min: 2, max: 8, log: true, why: 'bursts of a run' },
  'burst.perMille': { min: 30, max: 300, log: true, why: 'how much of the time they take' },
}

/**
 * Quiet, then many together: the storm is cut into as many equal spans as there are bursts, and what even rates would bring within a span comes
 * within its last part. As many faults as without bursts, closer together: what one alone does not break, three at once may.
 */
export function burstTime(count: number, perMille: number, healAt: Nanos): (due: Nanos) => Nanos {
  // In microseconds, so that the products stay exact.
  const span = Math.max(1, Math.floor(healAt / 1_000 / Math.max(1, count)))
  const burst = Math.max(1, Math.floor((span * Math.min(1_000, perMille)) / 1_000))
  return (due) => {
    const micros = Math.floor(due / 1_000)
    const into = micros % span
    return (micros - into + span - burst + Math.floor((into * burst) / span)) * 1_000
  }
}
