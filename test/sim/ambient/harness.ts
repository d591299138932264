import { type AnyScenario, type Host, ms, type RunReport, type RunRequest, run, s, scenario, system, workload } from '../../../sim/index.js'

/** One process, its code called 5 ms after its boot, and no clients. */
export function alone(act: (host: Host) => unknown, count = 1): AnyScenario {
  return scenario({
    name: 'alone',
    system: system({
      name: 'alone',
      roles: { node: { count, boot: (host: Host) => void host.clock.timer(ms(5), () => void act(host)) } },
      survives: {},
    }),
    workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
    invariants: [],
    faults: { strategy: 'none' },
    duration: s(1),
    healAt: s(1),
  })
}

export const runAlone = (act: (host: Host) => unknown, more: Partial<RunRequest> = {}): Promise<RunReport> => run({ scenario: alone(act), seed: '1', ...more })
