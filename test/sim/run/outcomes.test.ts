import { describe, expect, test } from 'vitest'
import { type Host, ms, protocol, run, type Scenario, SimulationFailed, s, scenario, simulate, system, workload } from '../../../sim/index.js'

const Work = protocol<{ ask: { req: number; res: number } }>('work')

type Roles = { server: object }

/** A server that answers as told, and one client that asks; each test bends one part. */
function asking(handle: (request: number, host: Host) => number | Promise<number>, more: Partial<Scenario<Roles, number, number>> = {}) {
  return scenario<Roles, number, number>({
    name: 'asking',
    system: system<Roles>({
      name: 'asking',
      roles: {
        server: {
          count: 2,
          boot: (host) => {
            host.net.serve(Work, { ask: (request) => handle(request, host) })
            return {}
          },
        },
      },
      survives: { down: 1 },
    }),
    workload: workload<number, number>({
      clients: 1,
      generate: (_random, _client, index) => index,
      perform: (host, op) => host.net.call(Work, 'server-1', 'ask', op),
    }),
    invariants: [],
    faults: { strategy: 'none' },
    duration: s(2),
    healAt: s(1),
    ...more,
  })
}

describe('outcomes of a run', () => {
  test('a healthy run passes', async () => {
    const report = await run({ scenario: asking((request) => request + 1), seed: '1' })
    expect(report.outcome).toBe('passed')
    expect(report.history.length).toBeGreaterThan(10)
  })

  test('a throw in a spawned task is the process’s crash, named with host, step and stack', async () => {
    const broken = asking((request, host) => {
      if (request === 3) host.spawn('bookkeeping', async () => void (undefined as unknown as { missing: number }).missing)
      return request
    })
    const { outcome, violation } = await run({ scenario: broken, seed: '1' })
    expect(outcome).toBe('crashed')
    expect(violation).toMatchObject({ check: 'TypeError', host: 'server-1' })
    expect(violation?.stack).toContain('outcomes.test.ts')
  })

  test('a rejection that nobody handles is reported at its own step', async () => {
    const broken = asking((request, host) => {
      if (request === 2) void host.clock.sleep(ms(1)).then(() => Promise.reject(new Error('floating')))
      return request
    })
    const { outcome, violation } = await run({ scenario: broken, seed: '1' })
    expect([outcome, violation?.message]).toEqual(['crashed', 'on server-1: floating'])
  })

  test('a handler that rejects answers its caller, and is no crash', async () => {
    const report = await run({ scenario: asking(() => Promise.reject(new Error('no'))), seed: '1' })
    expect(report.outcome).toBe('passed')
    expect(report.history[0]?.outcome).toEqual({ kind: 'unknown', error: 'work.ask on server-1: no' })
  })

  test('an operation that never ends is a stall that says who waits for what', async () => {
    const hanging = asking((request) => (request < 3 ? request : new Promise<number>(() => {})), {
      workload: workload<number, number>({
        clients: 1,
        generate: (_random, _client, index) => index,
        perform: (host, op) => host.net.call(Work, 'server-1', 'ask', op, { timeout: Number.POSITIVE_INFINITY }),
      }),
    })
    const { outcome, violation } = await run({ scenario: hanging, seed: '1' })
    expect(outcome).toBe('stalled')
    expect(violation?.message).toContain('client-1 waits for an answer to work.ask from server-1')
  })

  test('endless sending is a runaway that names the busiest senders', async () => {
    const echoing = asking((request, host) => {
      host.net.send(Work, 'server-2', 'ask', request)
      host.net.send(Work, 'server-1', 'ask', request)
      return request
    })
    const { outcome, violation } = await run({ scenario: echoing, seed: '1', limits: { steps: 20_000 } })
    expect(outcome).toBe('runaway')
    expect(violation?.message).toContain('more than 20000 steps; the busiest: server-')
  })

  test('a queue that only grows is a runaway too', async () => {
    const hoarding = asking((request, host) => {
      for (let i = 0; i < 1_000; i++) host.clock.timer(s(100), () => {})
      return request
    })
    const { outcome, violation } = await run({ scenario: hoarding, seed: '1', limits: { queue: 5_000 } })
    expect([outcome, violation?.message.split(';')[0]]).toEqual(['runaway', 'more than 5000 events wait at once'])
  })

  test('an invariant ends the run at the step that broke it', async () => {
    const limited = asking((request) => request, {
      invariants: [
        { name: 'step 40 is never reached', begin: () => (_world, step) => (step.number >= 40 ? `step ${step.number} by ${step.host}` : undefined) },
      ],
    })
    const report = await run({ scenario: limited, seed: '1' })
    expect([report.outcome, report.steps, report.violation?.check]).toEqual(['violation', 40, 'step 40 is never reached'])
  })

  test('an eventually that never comes true is a violation', async () => {
    const hopeless = asking((request) => request, { eventually: [{ name: 'peace', within: s(1), holds: () => false }] })
    const { outcome, violation } = await run({ scenario: hopeless, seed: '1' })
    expect([outcome, violation?.check]).toEqual(['violation', 'peace'])
  })

  test('what only a client can tell is asked again until it holds', async () => {
    const answers = ['not yet', null]
    const asked: number[] = []
    const patient = asking((request) => request, {
      eventually: [
        {
          name: 'peace',
          within: s(1),
          ask: async (host, history) => {
            asked.push(history.filter((operation) => operation.outcome.kind === 'ok').length)
            await host.net.call(Work, 'server-1', 'ask', 0)
            return answers[asked.length - 1] ?? null
          },
        },
      ],
    })
    const report = await run({ scenario: patient, seed: '1' })
    expect(report.outcome).toBe('passed')
    expect(asked).toEqual([report.history.length, report.history.length])
    expect(report.properties).toContainEqual({ name: 'peace', kind: 'eventually', reached: 1, held: 1 })
  })

  test('what a client never gets answered is a violation that says why', async () => {
    const wrong = asking((request) => request, { eventually: [{ name: 'peace', within: s(1), ask: async () => 'there is war' }] })
    const mute = asking((request) => (request >= 0 ? request : Promise.reject(new Error('no'))), {
      eventually: [{ name: 'peace', within: s(1), ask: (host) => host.net.call(Work, 'server-1', 'ask', -1).then(() => null) }],
    })
    const violations = [await run({ scenario: wrong, seed: '1' }), await run({ scenario: mute, seed: '1' })].map(({ violation }) => violation)
    expect(violations.map((violation) => violation?.check)).toEqual(['peace', 'peace'])
    expect(violations.map((violation) => violation?.message.split(': ').slice(1).join(': '))).toEqual(['there is war', 'work.ask on server-1: no'])
  })

  test('a scenario without clients has nobody to ask', () => {
    const nobody = { clients: 0, generate: () => 0, perform: async () => 0 }
    expect(() =>
      asking((request) => request, { workload: workload<number, number>(nobody), eventually: [{ name: 'peace', within: s(1), ask: async () => null }] }),
    ).toThrow(/no client to ask/)
  })

  test('a recovery is timed from the end of faults while clients go on', async () => {
    const begun: { now: number; operations: number }[] = []
    const recovering = (within: number) =>
      asking((request) => request, {
        duration: s(4),
        healAt: s(1),
        recovery: [
          {
            name: 'caught up',
            within,
            begin: (world, history) => {
              const began = { now: world.now, operations: history.length }
              begun.push(began)
              return () => world.now >= s(2) && history.length > began.operations
            },
          },
        ],
      })
    const late = await run({ scenario: recovering(ms(500)), seed: '1' })
    const timely = await run({ scenario: recovering(ms(1_500)), seed: '1' })
    expect([late.outcome, late.violation?.check, timely.outcome]).toEqual(['violation', 'caught up', 'passed'])
    expect(late.violation?.at).toBeLessThan(ms(1_600))
    expect(timely.properties).toContainEqual({ name: 'caught up', kind: 'eventually', reached: 1, held: 1 })
    expect(begun.map(({ now }) => now)).toEqual([s(1), s(1)])
  })

  test('a recovery begins anew when a host comes up later', async () => {
    const begun: number[] = []
    const beginning = ({ now }: { readonly now: number }) => {
      begun.push(now)
      return () => begun.length === 2
    }
    const leaving = asking((request, host) => (request === 30 ? host.exit('enough') : request), {
      duration: s(4),
      healAt: ms(200),
      recovery: [{ name: 'caught up', within: s(2), begin: beginning }],
    })
    expect((await run({ scenario: leaving, seed: '1' })).outcome).toBe('passed')
    expect(begun[0]).toBe(ms(200))
    expect(begun[1]).toBeGreaterThan(ms(200))
  })

  test('a client keeps a session from one operation to the next, and none of another run', async () => {
    const remembering = asking((request) => request, {
      workload: workload<number, number, { operations: number }>({
        clients: 2,
        generate: (_random, _client, index) => index,
        connect: () => ({ operations: 0 }),
        perform: async (_host, _op, session) => session.operations++,
      }),
    })
    for (const seed of ['1', '2']) {
      const { history } = await run({ scenario: remembering, seed })
      for (const client of [1, 2]) {
        const results = history.filter((operation) => operation.client === client).map(({ outcome }) => (outcome.kind === 'ok' ? outcome.result : outcome))
        expect(results).toEqual(results.map((_, index) => index))
        expect(results.length).toBeGreaterThan(3)
      }
    }
  })

  test('host.exit is a legal death: the host restarts and the run goes on', async () => {
    const leaving = asking((request, host) => (request === 5 ? host.exit('enough') : request))
    const report = await run({ scenario: leaving, seed: '1' })
    expect(report.outcome).toBe('passed')
    expect(report.states.find((state) => state.name === 'server-1')?.incarnation).toBe(2)
    expect(report.history[5]?.outcome.kind).toBe('unknown')
  })

  test('an aborted run is interrupted, and keeps what it found', async () => {
    const controller = new AbortController()
    controller.abort()
    const report = await run({ scenario: asking((request) => request), seed: '1', duration: s(1_000), signal: controller.signal })
    expect(report.outcome).toBe('interrupted')
  })

  test('always and unreachable end the run, sometimes and reachable are counted', async () => {
    const checking = asking((request, host) => {
      host.check.sometimes('asked for an even number', request % 2 === 0)
      host.check.reachable('asked at all')
      host.check.always('asked for less than ten', request < 10, { request })
      return request
    })
    const report = await run({ scenario: checking, seed: '1' })
    expect([report.outcome, report.violation?.check, report.violation?.message]).toEqual([
      'violation',
      'asked for less than ten',
      'must always hold: {"request":10}',
    ])
    expect(report.properties.find((property) => property.name === 'asked for an even number')).toMatchObject({ reached: 11, held: 6 })
  })

  test('--until stops after a step, and the report shows the hosts’ states', async () => {
    const report = await run({ scenario: asking((request) => request), seed: '1', untilStep: 25 })
    expect([report.outcome, report.steps]).toEqual(['passed', 25])
    expect(report.states.map((state) => state.status)).toEqual(['up', 'up', 'up'])
  })
})

describe('a run in the hand', () => {
  test('partition, heal, crash, restart and pause do what they say', async () => {
    await using sim = await simulate(
      asking((request) => request),
      { seed: 'hand' },
    )
    const answered = () => sim.history.records.filter((record) => record.outcome.kind === 'ok').length
    await sim.advance(ms(200))
    sim.partition(['server-1'], ['client-1', 'server-2'])
    await sim.advance(ms(50))
    const before = answered()
    await sim.advance(ms(200))
    expect(answered()).toBe(before)
    sim.heal()
    await sim.until(() => answered() > before, { within: s(5) })
    sim.crash('server-1')
    expect(sim.world.hosts.server[0]?.status).toBe('down')
    await sim.advance(s(1))
    expect(sim.world.hosts.server[0]?.status).toBe('down')
    sim.restart('server-1')
    await sim.advance(ms(1))
    expect(sim.world.hosts.server[0]).toMatchObject({ status: 'up', incarnation: 2 })
    sim.pause('server-1')
    await sim.advance(ms(100))
    const paused = answered()
    await sim.advance(ms(100))
    expect([sim.world.hosts.server[0]?.status, answered()]).toEqual(['paused', paused])
    sim.resume('server-1')
    await sim.until(() => answered() > paused, { within: s(1) })
    sim.powerLoss('server-1', 'server-2')
    expect(sim.world.hosts.server.map((server) => server.status)).toEqual(['down', 'down'])
  })

  test('advance rejects with what broke', async () => {
    const broken = asking(() => 1, { invariants: [{ name: 'never', begin: () => () => 'it happened' }] })
    await using sim = await simulate(broken, { seed: '1' })
    await expect(sim.advance(s(1))).rejects.toThrow(SimulationFailed)
    expect((await sim.finish()).outcome).toBe('violation')
  })

  test('an unknown host or a wrong time throws at once', async () => {
    await using sim = await simulate(asking((request) => request))
    expect(() => sim.crash('server-9')).toThrow(/server-9/)
    await expect(sim.advance(0.5)).rejects.toThrow(/integer of nanoseconds/)
  })

  test('until takes a function and a bound', async () => {
    await using sim = await simulate(asking((request) => request))
    const never = () => false
    await expect(sim.until(never, ms(10) as never)).rejects.toThrow(/until\(holds, \{ within \}\) takes a bound in nanoseconds, .*, not 10000000$/)
    await expect(sim.until(never, undefined as never)).rejects.toThrow(/takes a bound in nanoseconds/)
    await expect(sim.until(never, { within: Number.NaN })).rejects.toThrow(/takes a bound in nanoseconds, .*, not NaN$/)
    await expect(sim.until(3 as never, { within: s(1) })).rejects.toThrow(/takes a function of the world first, not 3/)
  })

  test('faults by hand name hosts that there are', async () => {
    await using sim = await simulate(asking((request) => request))
    await sim.advance(ms(10))
    const there = /there is no host 'nobody': this simulation has server-1, server-2, client-1/
    expect(() => sim.crash('nobody')).toThrow(there)
    expect(() => sim.pause('nobody')).toThrow(there)
    expect(() => sim.powerLoss('server-1', 'nobody')).toThrow(there)
    expect(() => sim.powerLoss()).toThrow(/one host or more/)
    expect(() => sim.partition(['server-1'], ['nobody'])).toThrow(there)
    expect(() => sim.partition(['server-1'])).toThrow(/two groups of hosts or more/)
    expect(() => sim.partition(['server-1'], ['server-2', 'server-1'])).toThrow(/server-1 is named twice/)
    expect(sim.world.all.every((host) => host.status === 'up')).toBe(true)
  })

  test('finish judges the operations so far, and nothing moves after it', async () => {
    const judged = asking((request) => request, {
      workload: workload<number, number>({
        clients: 1,
        generate: (_random, _client, index) => index,
        perform: (host, op) => host.net.call(Work, 'server-1', 'ask', op),
        judge: (history) => (history.length > 3 ? 'there is too much of it' : undefined),
      }),
    })
    const sim = await simulate(judged)
    await sim.advance(ms(500))
    const report = await sim.finish()
    expect([report.outcome, report.violation?.message]).toEqual(['violation', 'there is too much of it'])
    expect(await sim.finish()).toBe(report)
    await expect(sim.advance(1)).rejects.toThrow(/this simulation is finished/)
    await expect(sim.until(() => true, { within: 1 })).rejects.toThrow(/this simulation is finished/)
    const unjudged = await simulate(judged)
    await unjudged.advance(ms(500))
    expect((await unjudged.finish({ judge: false })).outcome).toBe('passed')
  })

  test('a process that uses another host’s face is told so', async () => {
    let stolen: Host | undefined
    const leaking = asking((request, host) => {
      if (host.name === 'server-2') stolen = host
      else stolen?.net.send(Work, 'server-1', 'ask', 1)
      return request
    })
    await using sim = await simulate(leaking, { clients: false })
    await sim.advance(ms(1))
    sim.world.host('server-1')
    const report = await run({
      scenario: asking(
        (request, host) => {
          stolen ??= host
          if (stolen !== host) stolen.net.send(Work, 'server-1', 'ask', 1)
          return request
        },
        {
          workload: workload<number, number>({
            clients: 1,
            generate: (_r, _c, i) => i,
            perform: (host, op) => host.net.call(Work, `server-${1 + (op % 2)}`, 'ask', op),
          }),
        },
      ),
      seed: '1',
    })
    expect(report.history.some((record) => record.outcome.kind === 'unknown' && record.outcome.error?.includes('only its own host'))).toBe(true)
  })
})
