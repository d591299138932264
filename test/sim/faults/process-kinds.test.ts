import { describe, expect, test } from 'vitest'
import { type Host, Misuse, ms, protocol, run, s, scenario, simulate, system, us, workload } from '../../../sim/index.js'
import { describeStates } from '../../../sim/report/host-states.js'
import { plain } from '../../../sim/report/palette.js'
import { start } from '../net/harness.js'
import { actsAndReplays } from './kind-harness.js'
import { registerStore } from './register-store.js'

describe('process.slow', () => {
  test('slows a host down, and its list replays it', async () => {
    const { seeded } = await actsAndReplays('process.slow', { options: { 'process.slow.mostTimes': 1_000 } })
    expect(seeded.statistics.slowdowns).toBe(seeded.injections.length)
  })

  test('multiplies what steps and work take, for as long as it lasts', async () => {
    const at: number[] = []
    const simulation = await start<unknown>(1, (host) => {
      for (const moment of [ms(10), ms(10), ms(10), ms(900), ms(900)]) {
        host.clock.timer(moment, () => {
          at.push(simulation.kernel.now)
          host.work(us(10))
        })
      }
    })
    await simulation.advance(ms(1))
    simulation.inject({ kind: 'process.slow', site: 'node-1', args: { times: 100, forNanos: ms(500) } })
    await simulation.advance(s(1))
    // A timer's step takes 3 us, and declares 10 more.
    expect(at).toEqual([ms(10), ms(10) + us(1_300), ms(10) + us(2_600), ms(900), ms(900) + us(10)])
  })
})

describe('process.crash-loop', () => {
  test('kills a process again while it recovers, and its list replays it', async () => {
    const { seeded } = await actsAndReplays('process.crash-loop')
    expect(seeded.statistics.crashesInRecovery).toBeGreaterThan(0)
    expect(seeded.statistics.crashes).toBeGreaterThan(seeded.statistics.crashesInRecovery as number)
  })

  test('mostly strikes before the process is up, after some steps of its recovery', async () => {
    const lives: { steps: number; isUp: boolean }[] = []
    const simulation = await start<unknown>(1, async (host) => {
      const life = { steps: 0, isUp: false }
      lives.push(life)
      for (let i = 0; i < 20; i++) {
        await host.clock.sleep(us(10))
        life.steps++
      }
      await host.disk.append('log', new Uint8Array(1))
      life.isUp = true
    })
    await simulation.advance(s(1))
    const again = [5, 300, 3].map((steps) => ({ afterNanos: ms(1), steps, beforeEffect: 0 }))
    again.push({ afterNanos: ms(1), steps: 1, beforeEffect: 1 })
    simulation.inject({ kind: 'process.crash-loop', site: 'node-1', args: { again, restartAfterNanos: ms(1) } })
    await simulation.advance(s(1))
    expect(lives.map(({ isUp }) => isUp)).toEqual([true, false, true, false, false, true])
    // The boot is a step of its own; the last death falls before the only effect.
    expect(lives.map(({ steps }) => steps)).toEqual([20, 4, 20, 2, 20, 20])
    expect(simulation.world.hosts.node[0]?.status).toBe('up')
  })

  test('ends with the storm, and never takes more hosts than the system survives', async () => {
    const kinds = ['process.crash-loop', 'process.crash', 'process.upgrade', 'process.pause', 'power.loss']
    const options = Object.fromEntries(kinds.map((kind) => [`${kind}.everyMillis`, 300]))
    let loops = 0
    for (let seed = 0; seed < 12; seed++) {
      const report = await run({ scenario: registerStore, seed: `loops ${seed}`, kinds, options })
      expect([report.seed, report.outcome, report.violation?.message]).toEqual([report.seed, 'passed', undefined])
      loops += report.injections.filter(({ kind }) => kind === 'process.crash-loop').length
    }
    expect(loops).toBeGreaterThan(20)
  })
})

// ---------------------------------------------------------------- versions

const Greeter = protocol<{ greet: { req: null; res: string } }>('greeter')

/** Answers its version; asked to stop, it ends what is under way and leaves. */
const greeter = (version: string) => (host: Host) => {
  let underWay = 0
  const leave = () => {
    if (underWay === 0) host.exit('stopped')
  }
  host.stopping.addEventListener('abort', leave)
  host.net.serve(Greeter, {
    greet: async () => {
      underWay++
      await host.clock.sleep(ms(2))
      underWay--
      if (host.stopping.aborted) host.spawn('leave', async () => leave())
      return `${version} ${String(host.config)}`
    },
  })
  return version
}

const versions = {
  second: greeter('second'),
  third: { boot: greeter('third'), config: () => 'options of the third' },
  fourth: { config: () => 'only options' },
}
const greeters = (rollback: boolean) =>
  scenario({
    name: 'greeters',
    system: system({
      name: 'greeters',
      roles: { greeter: { count: 3, boot: greeter('first'), config: (ordinal) => `options ${ordinal}`, versions } },
      survives: { down: 1, rollback },
    }),
    workload: workload({
      clients: 2,
      generate: (random) => `greeter-${1 + random.int(3)}`,
      perform: (host, to) => host.net.call(Greeter, to, 'greet', null, { timeout: ms(100) }),
    }),
    invariants: [],
    faults: { strategy: 'random', kinds: ['process.upgrade'] },
    duration: s(10),
    healAt: s(8),
    statistics: ({ hosts }) => ({ versions: new Set(hosts.greeter.map(({ version }) => version)).size }),
  })

describe('process.upgrade', () => {
  test('starts other versions, and its list replays it', async () => {
    const { seeded } = await actsAndReplays('process.upgrade', { scenario: greeters(false) })
    expect(seeded.statistics.upgrades).toBeGreaterThan(0)
    const said = new Set(seeded.history.flatMap(({ outcome }) => (outcome.kind === 'ok' ? [(outcome.result as string).split(' ')[0]] : [])))
    expect(said.size).toBeGreaterThan(1)
  })

  test('mixes versions, side by side', async () => {
    let mixed = 0
    for (let seed = 0; seed < 10; seed++) {
      const { statistics } = await run({ scenario: greeters(false), seed: `mixed ${seed}`, kinds: ['process.upgrade'] })
      if ((statistics.versions ?? 0) > 1) mixed++
    }
    expect(mixed).toBeGreaterThan(2)
  })

  test('goes forward only, unless the system survives a rollback', async () => {
    const order = ['base', ...Object.keys(versions)]
    const backwards = async (rollback: boolean) => {
      const options = { 'process.upgrade.everyMillis': 300 }
      const { injections } = await run({ scenario: greeters(rollback), seed: 'order', kinds: ['process.upgrade'], options })
      const at = new Map<string, number>()
      return injections.filter(({ site, args }) => {
        const next = order.indexOf(args.version as string)
        const isBack = next < (at.get(site) ?? 0)
        at.set(site, next)
        return isBack
      }).length
    }
    expect(await backwards(false)).toBe(0)
    expect(await backwards(true)).toBeGreaterThan(3)
  })
})

describe('a graceful stop', () => {
  const greet = async (config: { graceNanos: number; version?: string }) => {
    const simulation = await simulate(greeters(false), { seed: '1', faults: 'none', clients: false })
    await simulation.advance(ms(100))
    const answers: string[] = []
    // A client of the test's own: another host of the role.
    const ask = (from: Host) =>
      void from.net.call(Greeter, 'greeter-1', 'greet', null).then(
        (answer) => answers.push(answer),
        (error: { code: string }) => answers.push(error.code),
      )
    const other = simulation.host('greeter-2')!.life!
    other.spawn('ask', async () => ask(other))
    await simulation.advance(ms(1))
    simulation.restart('greeter-1', config)
    await simulation.advance(ms(50))
    const { version, incarnation, status } = simulation.world.hosts.greeter[0]!
    return { answers, version, incarnation, status }
  }

  test('lets the process end what is under way, then the next version starts', async () => {
    expect(await greet({ graceNanos: s(1), version: 'third' })).toEqual({ answers: ['first options 1'], version: 'third', incarnation: 2, status: 'up' })
  })

  test('kills a process that takes too long', async () => {
    expect(await greet({ graceNanos: us(100), version: 'fourth' })).toEqual({ answers: ['reset'], version: 'fourth', incarnation: 2, status: 'up' })
  })

  test('keeps the version where none is named, and refuses one that there is not', async () => {
    expect((await greet({ graceNanos: s(1) })).version).toBe('base')
    await expect(greet({ graceNanos: s(1), version: 'fifth' })).rejects.toThrow(Misuse)
  })

  test('gives a version the options of its role unless it has its own', async () => {
    const configs: unknown[] = []
    const boot = (host: Host) => void configs.push(host.config)
    const roles = { node: { count: 1, boot, config: () => 'own', versions: { code: boot, options: { config: () => 'other' } } } }
    const one = scenario({
      name: 'options',
      system: system({ name: 'options', roles, survives: {} }),
      workload: workload({ clients: 0, generate: () => null, perform: async () => null }),
      invariants: [],
      faults: { strategy: 'none' },
      duration: s(1),
      healAt: s(1),
    })
    await using simulation = await simulate(one, { faults: 'none' })
    await simulation.advance(1)
    for (const version of ['code', 'base', 'options']) {
      simulation.restart('node-1', { version })
      await simulation.advance(1)
    }
    expect(configs).toEqual(['own', 'own', 'own', 'other'])
    const { states } = await simulation.finish()
    expect(describeStates(states, plain)).toContain('node-1  up  incarnation 4  version options')
  })
})
