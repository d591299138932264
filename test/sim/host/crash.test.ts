import { describe, expect, test } from 'vitest'
import { type Host, linearizable, ms, protocol, run, s, scenario, system, workload } from '../../../sim/index.js'
import { start } from '../net/harness.js'

const Note = protocol<{ take: { req: number; res: null } }>('note')

/** `node-1` does several things in one step, ten milliseconds in; `node-2` notes what reaches it. */
async function crashBefore(
  effect: number,
  act: (host: Host, log: string[]) => void | Promise<void>,
): Promise<{ noted: number[]; log: string[]; status: string | undefined }> {
  const noted: number[] = []
  const log: string[] = []
  const simulation = await start<unknown>(2, (host) => {
    if (host.name === 'node-2') {
      host.net.serve(Note, {
        take: (n) => {
          noted.push(n)
          return null
        },
      })
    } else {
      host.clock.timer(ms(10), () => void act(host, log))
      // A step without effects, for a crash that found no better one.
      host.clock.timer(ms(600), () => undefined)
    }
  })
  await simulation.advance(ms(9))
  simulation.inject({ kind: 'process.crash', site: 'node-1', args: { beforeEffect: effect, restartAfterNanos: null } })
  await simulation.advance(s(1))
  return { noted, log, status: simulation.world.host('node-1')?.status }
}

const sendFour = (host: Host): void => {
  for (let n = 1; n <= 4; n++) host.net.send(Note, 'node-2', 'take', n)
}

describe('a crash inside a step', () => {
  test.each([1, 2, 3, 4])('before effect %i leaves it and all later ones undone', async (effect) => {
    const { noted, status } = await crashBefore(effect, sendFour)
    expect(noted).toEqual([1, 2, 3, 4].slice(0, effect - 1))
    expect(status).toBe('down')
  })

  test('waits for a step that has so many effects, and falls at the end of a later one when none comes', async () => {
    const { noted, status } = await crashBefore(9, sendFour)
    expect(noted).toEqual([1, 2, 3, 4])
    expect(status).toBe('down')
  })

  test('counts sends, calls and disk writes alike, and lets no promise settle afterwards', async () => {
    const { noted, log, status } = await crashBefore(3, async (host, log) => {
      host.net.send(Note, 'node-2', 'take', 1)
      const write = host.disk.append('log', new Uint8Array([1]))
      const call = host.net.call(Note, 'node-2', 'take', 2)
      log.push('the rest of the step runs, and nothing of it happens')
      host.clock.timer(1, () => log.push('timer'))
      await Promise.race([write, call])
      log.push('settled')
    })
    expect(noted).toEqual([1])
    expect(log).toEqual(['the rest of the step runs, and nothing of it happens'])
    expect(status).toBe('down')
  })

  test('discards what the process states after its crash point', async () => {
    const { status } = await crashBefore(1, (host) => {
      host.net.send(Note, 'node-2', 'take', 1)
      host.check.always('nothing is wrong', false)
      throw new Error('only a ghost threw this')
    })
    expect(status).toBe('down')
  })

  test('keeps what the page cache held, and the next life finds it', async () => {
    const found: number[] = []
    const simulation = await start<unknown>(1, async (host) => {
      const bytes = await host.disk.readFile('log')
      found.push(bytes?.length ?? -1)
      host.clock.timer(ms(10), () => void host.disk.append('log', new Uint8Array(7)))
    })
    await simulation.advance(ms(50))
    simulation.crash('node-1')
    simulation.restart('node-1')
    await simulation.advance(ms(5))
    expect(found).toEqual([-1, 7])
    expect(simulation.world.host('node-1')?.incarnation).toBe(2)
  })
})

describe('a pause', () => {
  test('makes timers late and queues the network, in order', async () => {
    const log: string[] = []
    const simulation = await start<unknown>(2, (host) => {
      if (host.name === 'node-1') {
        host.net.serve(Note, {
          take: (n) => {
            log.push(`note ${n}`)
            return null
          },
        })
        host.clock.timer(ms(20), () => log.push(`timer at ${host.clock.monotonic() / ms(1)} ms`))
      } else {
        let n = 0
        host.clock.every(ms(15), () => host.net.send(Note, 'node-1', 'take', ++n))
      }
    })
    await simulation.advance(ms(10))
    simulation.pause('node-1')
    expect(simulation.world.host('node-1')?.status).toBe('paused')
    await simulation.advance(ms(40))
    expect(log).toEqual([])
    simulation.resume('node-1')
    await simulation.advance(ms(1))
    expect(log).toEqual(['note 1', 'timer at 50 ms', 'note 2', 'note 3'])
  })
})

describe('an answer lost after the commit', () => {
  const Register = protocol<{ write: { req: { value: number }; res: boolean }; read: { req: null; res: number } }>('register', { transport: 'datagram' })

  test('is an unknown outcome, and the judge accepts it either way', async () => {
    let committed = 0
    const register = (host: Host) => {
      const state = { value: 0 }
      host.net.serve(Register, {
        write: ({ value }) => {
          state.value = value
          committed++
          return true
        },
        read: () => state.value,
      })
      return state
    }
    const lossy = scenario({
      name: 'lossy-register',
      system: system({ name: 'register', roles: { server: { count: 1, boot: register } }, survives: {} }),
      workload: workload({
        clients: 3,
        generate: (random, client, index) => (random.int(2) === 0 ? { f: 'write' as const, value: client * 1_000_000 + index + 1 } : { f: 'read' as const }),
        perform: (host, op): Promise<number | boolean> =>
          op.f === 'read'
            ? host.net.call(Register, 'server-1', 'read', null, { timeout: ms(20) })
            : host.net.call(Register, 'server-1', 'write', { value: op.value }, { timeout: ms(20) }),
        think: (random) => ms(1) + random.int(ms(5)),
        judge: linearizable('register'),
      }),
      invariants: [],
      faults: { strategy: 'none' },
      duration: s(10),
      healAt: s(10),
    })
    const answersLost = (client: number) => ({
      kind: 'net.drop' as const,
      site: `server-1>client-${client}`,
      ordinal: client,
      at: 0,
      args: { forNanos: s(10), perMille: 300, mostNanos: 0, key: [client, 77] },
    })
    const report = await run({ scenario: lossy, seed: '5', plan: { injections: [1, 2, 3].map(answersLost) } })
    expect(report.violation).toBeUndefined()
    expect(report.outcome).toBe('passed')
    const writes = report.history.filter(({ op }) => (op as { f: string }).f === 'write')
    const unknown = writes.filter(({ outcome }) => outcome.kind === 'unknown')
    expect(unknown.length).toBeGreaterThan(100)
    // Every write took effect, those without an answer too.
    expect(committed).toBe(writes.length)
    // Someone read such a write: a judge that took it for a failure would object.
    const lost = new Set(unknown.map(({ op }) => (op as { value: number }).value))
    const read = report.history.filter(({ outcome }) => outcome.kind === 'ok' && lost.has(outcome.result as number))
    expect(read.length).toBeGreaterThan(20)
    const asFailures = report.history.map((record) =>
      record.outcome.kind === 'unknown' ? { ...record, outcome: { kind: 'fail' as const, error: 'lost' } } : record,
    )
    expect(linearizable('register')(asFailures as never)).toMatchObject({ message: expect.stringMatching(/^client-\d read \d+ at/) })
  })
})
