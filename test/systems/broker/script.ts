import { s } from '../../../sim/host/durations.js'
import type { Host } from '../../../sim/host/seam.js'
import { scenario, system, workload } from '../../../sim/run/scenario.js'
import { simulate } from '../../../sim/run/simulation.js'

/** Runs a script on a host of its own beside broker hosts that the test boots, without faults; answers what the script answers. */
export async function runScript<T>(options: {
  brokers: number
  /** What every broker's host gives it. */
  config?: unknown
  broker: (host: Host) => unknown
  script: (host: Host, brokers: readonly string[]) => Promise<T>
}): Promise<T> {
  const outcome: { value?: T; error?: unknown; done: boolean } = { done: false }
  const testbed = system<{ broker: unknown; script: unknown }>({
    name: 'testbed',
    roles: {
      broker: { count: options.brokers, boot: options.broker, config: () => options.config },
      script: {
        count: 1,
        boot: (host) => {
          host.spawn('script', async () => {
            try {
              outcome.value = await options.script(host, host.peers.broker ?? [])
            } catch (error) {
              outcome.error = error
            }
            outcome.done = true
          })
          return {}
        },
      },
    },
    survives: {},
  })
  const definition = scenario({
    name: 'testbed',
    system: testbed,
    workload: workload<null, null>({ clients: 0, generate: () => null, perform: async () => null }),
    invariants: [],
    faults: { strategy: 'none' },
    duration: s(60),
    healAt: s(60),
  })
  await using simulation = await simulate(definition, { seed: '1', faults: 'none' })
  await simulation.until(() => outcome.done, { within: s(60) })
  if (outcome.error !== undefined) throw outcome.error
  return outcome.value as T
}
