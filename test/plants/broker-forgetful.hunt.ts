import type { BrokerResult } from '../../invariants/broker/operations.js'
import broker from '../../scenarios/broker.scenario.js'
import { s } from '../../sim/host/durations.js'
import { run } from '../../sim/run/run.js'
import { workload } from '../../sim/run/scenario.js'

const { perform } = broker.workload

/**
 * A few seconds of the broker scenario without faults, judged by its history alone, with clients that forget where their records were appended: what a poll
 * passes over is then nothing that anyone can miss by name.
 */
const forgetful = {
  ...broker,
  workload: workload({
    ...broker.workload,
    perform: async (...asked: Parameters<typeof perform>): Promise<BrokerResult> => {
      const result = await perform(...asked)
      return result.f === 'produced' ? { ...result, offsets: result.offsets.map(() => 'unknown' as const) } : result
    },
  }),
  invariants: [],
  recovery: [],
  eventually: [],
}

export async function hunt(seed: string): Promise<string | undefined> {
  const { outcome, violation } = await run({ scenario: forgetful, seed, kinds: [], options: { batchRecords: 2, recordsPerProduce: 4 }, duration: s(3) })
  return outcome === 'passed' ? undefined : (violation?.check ?? outcome)
}
