import { type AnyScenario, type Host, ms, protocol, s, scenario, system, workload } from '../../../../sim/index.js'

const Echo = protocol<{ say: { req: number; res: number } }>('echo')

/** A server that a pause makes wrong: after one of more than 300 ms it answers a number too high. `isRepaired`: it does not. */
export const fragile = (isRepaired = false): AnyScenario => {
  function boot(host: Host): null {
    let last = host.clock.monotonic()
    host.clock.every(ms(100), () => {
      last = host.clock.monotonic()
    })
    host.net.serve(Echo, { say: (number) => (!isRepaired && host.clock.monotonic() - last > ms(300) ? number + 1 : number) })
    return null
  }
  return scenario({
    name: 'fragile',
    system: system({ name: 'fragile', roles: { server: { count: 2, boot } }, survives: { down: 1 } }),
    workload: workload<number, number>({
      clients: 2,
      generate: (random) => random.int(100),
      perform: (host, number) => host.net.call(Echo, `server-${1 + (number % 2)}`, 'say', number, { timeout: s(2) }),
      judge: (history) => {
        const record = history.find(({ op, outcome }) => outcome.kind === 'ok' && outcome.result !== op)
        return record && { check: 'echo', message: `${record.op} came back as another number`, record }
      },
    }),
    invariants: [],
    faults: { strategy: 'random', kinds: ['process.pause'] },
    duration: s(6),
    healAt: s(5),
    options: { thinkMicros: { min: 1_000, max: 5_000 } },
  })
}
