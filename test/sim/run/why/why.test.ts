import { expect, test } from 'vitest'
import { stockFaults } from '../../../../sim/faults/catalogue.js'
import { ms, s } from '../../../../sim/host/durations.js'
import type { Host } from '../../../../sim/host/seam.js'
import { plain } from '../../../../sim/report/palette.js'
import { describeWhy } from '../../../../sim/report/why-report.js'
import { run } from '../../../../sim/run/run.js'
import { protocol, scenario, system, workload } from '../../../../sim/run/scenario.js'
import { why } from '../../../../sim/run/why/why.js'

const Sum = protocol<{ add: { req: number; res: number } }>('sum')

/** Keeps its sum in memory only: a crash loses what was acknowledged before it. */
function forgetful(host: Host) {
  let sum = 0
  host.net.serve(Sum, {
    add: (amount) => {
      sum += amount
      return sum
    },
  })
}

const losing = scenario({
  name: 'losing',
  system: system({ name: 'losing', roles: { sum: { count: 1, boot: forgetful } }, survives: { down: 1 } }),
  workload: workload({
    clients: 1,
    generate: () => 1,
    think: () => ms(20),
    perform: (host, amount) => host.net.call(Sum, 'sum-1', 'add', amount),
    judge: (history) => {
      const [first, ...later] = history.filter(({ outcome }) => outcome.kind === 'ok')
      const result = (record: typeof first) => (record?.outcome.kind === 'ok' ? record.outcome.result : 0)
      if (first !== undefined && later.some((record) => result(record) <= result(first))) return { message: 'the first addition is lost', record: first }
      return undefined
    },
  }),
  invariants: [],
  faults: { strategy: 'none', kinds: ['process.crash'] },
  duration: s(2),
  healAt: s(1),
})

test('a failure that a judge finds of an earlier answer is not certain before the injection that brings it about', async () => {
  const crash = { kind: 'process.crash', site: 'sum-1', ordinal: 1, at: ms(700), args: { beforeEffect: 0, restartAfterNanos: ms(10) } }
  const request = { scenario: losing, seed: '1', plan: { injections: [crash] } }
  const report = await run(request)
  expect(report.violation).toMatchObject({ check: 'history' })
  expect(report.violation!.at).toBeLessThan(crash.at)
  const found = await why(request, report, { runs: 2, cuts: 6, timeMillis: 300_000 })
  expect(found.injections).toMatchObject([{ isNecessary: true }])
  expect(found.unavoidableFrom!.at).toBeGreaterThanOrEqual(crash.at - ms(50))
  expect(found.chances.filter(({ at }) => at < crash.at - ms(50)).map(({ failures }) => failures)).not.toContain(2)
  expect(describeWhy(report, found, stockFaults, plain)).toMatch(/certain +from 0\.\d+ s on/)
})
