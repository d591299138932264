import { describe, expect, test } from 'vitest'
import { type Host, ms, NetError, protocol, RemoteError, type Simulation, s, type TraceRecord } from '../../../sim/index.js'
import { start } from './harness.js'

const Api = protocol<{
  add: { req: { a: number; b: number }; res: number }
  slow: { req: { forNanos: number }; res: string }
  fail: { req: null; res: null }
  list: { req: null; res: { items: number[] } }
}>('api')

/** `node-1` runs `script`, the others serve `Api`; what the script answered, or what it threw. */
async function outcome<T>(
  script: (host: Host) => Promise<T>,
  drive: (simulation: Simulation<{ node: unknown }>) => Promise<void> | void = () => {},
  within = s(20),
): Promise<{ value?: T; error?: unknown; at: number }> {
  let settled: { value?: T; error?: unknown; at: number } | undefined
  const simulation = await start<unknown>(2, (host) => {
    if (host.name !== 'node-1') {
      serve(host)
      return
    }
    host.spawn('script', async () => {
      try {
        settled = { value: await script(host), at: host.clock.monotonic() }
      } catch (error) {
        settled = { error, at: host.clock.monotonic() }
      }
    })
  })
  await drive(simulation)
  await simulation.advance(within)
  if (settled === undefined) throw new Error('the script did not end')
  return settled
}

const shared = [1, 2, 3]
function serve(host: Host): void {
  host.net.serve(Api, {
    add: ({ a, b }) => a + b,
    slow: async ({ forNanos }) => {
      await host.clock.sleep(forNanos)
      return 'done'
    },
    fail: async () => {
      throw Object.assign(new Error('no such row'), { code: 'ENOROW' })
    },
    list: () => ({ items: shared.slice() }),
  })
}

describe('a call', () => {
  test('answers what the handler answered, a round trip later', async () => {
    const { value, at } = await outcome((host) => host.net.call(Api, 'node-2', 'add', { a: 2, b: 3 }))
    expect(value).toBe(5)
    expect(at).toBeGreaterThan(ms(0.1))
    expect(at).toBeLessThan(ms(1))
  })

  test('to oneself works too', async () => {
    const { value } = await outcome((host) => {
      serve(host)
      return host.net.call(Api, 'node-1', 'add', { a: 1, b: 1 })
    })
    expect(value).toBe(2)
  })

  test('rejects with what the handler said when it rejected', async () => {
    const { error } = await outcome((host) => host.net.call(Api, 'node-2', 'fail', null))
    expect(error).toBeInstanceOf(RemoteError)
    expect(error).toMatchObject({ code: 'remote', remoteCode: 'ENOROW', message: 'api.fail on node-2: no such row' })
  })

  test('times out after 5 s when no time is given, at the time given otherwise', async () => {
    const byDefault = await outcome((host) => host.net.call(Api, 'node-2', 'slow', { forNanos: s(9) }))
    expect(byDefault.error).toMatchObject({ code: 'timeout' })
    expect(byDefault.at).toBe(s(5))
    const given = await outcome((host) => host.net.call(Api, 'node-2', 'slow', { forNanos: s(9) }, { timeout: ms(70) }))
    expect(given.error).toBeInstanceOf(NetError)
    expect(given.at).toBe(ms(70))
    const patient = await outcome((host) => host.net.call(Api, 'node-2', 'slow', { forNanos: s(9) }, { timeout: Number.POSITIVE_INFINITY }))
    expect(patient.value).toBe('done')
  })

  test('ends at once when its signal aborts, before it began too', async () => {
    const during = await outcome(async (host) => {
      const controller = new AbortController()
      host.clock.timer(ms(10), () => controller.abort())
      return host.net.call(Api, 'node-2', 'slow', { forNanos: s(1) }, { signal: controller.signal })
    })
    expect(during.error).toMatchObject({ code: 'aborted' })
    expect(during.at).toBe(ms(10))
    const before = await outcome(async (host) => host.net.call(Api, 'node-2', 'add', { a: 1, b: 2 }, { signal: AbortSignal.abort() }))
    expect(before.error).toMatchObject({ code: 'aborted' })
    expect(before.at).toBe(0)
  })

  test('is refused where nobody serves the protocol, and where the process is down', async () => {
    const Other = protocol<{ ask: { req: null; res: null } }>('other')
    expect((await outcome((host) => host.net.call(Other, 'node-2', 'ask', null))).error).toMatchObject({ code: 'refused' })
    const down = await outcome(
      async (host) => {
        await host.clock.sleep(ms(5))
        return host.net.call(Api, 'node-2', 'add', { a: 1, b: 1 })
      },
      async (simulation) => {
        await simulation.advance(ms(1))
        simulation.crash('node-2')
      },
    )
    expect(down.error).toMatchObject({ code: 'refused' })
    expect(down.at).toBeLessThan(ms(10))
  })

  test('is reset when the process that works on it dies, and times out when the machine loses power', async () => {
    const ask = (host: Host) => host.net.call(Api, 'node-2', 'slow', { forNanos: s(3) }, { timeout: s(4) })
    const crashed = await outcome(ask, async (simulation) => {
      await simulation.advance(ms(500))
      simulation.crash('node-2')
    })
    expect(crashed.error).toMatchObject({ code: 'reset' })
    expect(crashed.at).toBeLessThan(ms(600))
    const unpowered = await outcome(ask, async (simulation) => {
      await simulation.advance(ms(500))
      simulation.powerLoss('node-2')
    })
    expect(unpowered.error).toMatchObject({ code: 'timeout' })
    expect(unpowered.at).toBe(s(4))
  })

  test('to a host that does not exist is a misuse that names those that do', async () => {
    const { error } = await outcome((host) => host.net.call(Api, 'node-7', 'add', { a: 1, b: 1 }))
    expect((error as Error).message).toBe("there is no host 'node-7': this simulation has node-1, node-2")
  })

  test('of a dead caller never settles, and touches nobody', async () => {
    const log: string[] = []
    const simulation = await start<unknown>(2, (host) => {
      if (host.name === 'node-2') {
        serve(host)
        return
      }
      if (host.incarnation > 1) return
      host.spawn('caller', async () => {
        const call = host.net.call(Api, 'node-2', 'slow', { forNanos: ms(50) })
        call.then(
          () => log.push('answered'),
          () => log.push('failed'),
        )
        host.clock.timer(ms(20), () => log.push('timer'))
        await call
      })
    })
    await simulation.advance(ms(10))
    simulation.crash('node-1')
    await simulation.advance(ms(5))
    simulation.restart('node-1')
    await simulation.advance(s(10))
    expect(log).toEqual([])
  })
})

describe('values', () => {
  test('are frozen when they are sent', async () => {
    const { value } = await outcome(async (host) => {
      const request = { a: 1, b: 2 }
      await host.net.call(Api, 'node-2', 'add', request)
      return Object.isFrozen(request)
    })
    expect(value).toBe(true)
  })

  test('that the receiver changes fail at that line, and the error names who did it', async () => {
    const simulation = await start<unknown>(2, (host) => {
      if (host.name === 'node-2') serve(host)
      else
        host.spawn('careless', async () => {
          const answer = await host.net.call(Api, 'node-2', 'list', null)
          answer.items.push(4)
        })
    })
    await expect(simulation.advance(s(1))).rejects.toThrow(/crashed: TypeError.*node-1 changed a value that was sent between hosts/)
  })

  test('that the sender changes after sending fail at that line, and the error names the sender', async () => {
    const simulation = await start<unknown>(2, (host) => {
      if (host.name === 'node-2') serve(host)
      else
        host.spawn('careless', async () => {
          const request = { a: 1, b: 2 }
          const call = host.net.call(Api, 'node-2', 'add', request)
          request.a = 7
          await call
        })
    })
    await expect(simulation.advance(s(1))).rejects.toThrow(/node-1 changed a value that was sent between hosts/)
  })
})

describe('ownership', () => {
  test("a process that uses another's host is told so", async () => {
    const hosts: Host[] = []
    const simulation = await start<unknown>(2, (host) => {
      hosts.push(host)
      if (host.name === 'node-2') {
        serve(host)
        host.clock.timer(ms(5), () => hosts[0]!.net.send(Api, 'node-2', 'fail', null))
      }
    })
    await expect(simulation.advance(s(1))).rejects.toThrow(/the host node-1 was used in a step of node-2/)
  })

  test('a trace names the host, the cause and the message of each step', async () => {
    const records: TraceRecord[] = []
    const simulation = await start<unknown>(
      2,
      (host) => {
        if (host.name === 'node-2') serve(host)
        else
          host.spawn('caller', async () => {
            await host.net.call(Api, 'node-2', 'add', { a: 1, b: 2 })
          })
      },
      { trace: { step: (record) => records.push({ ...record }) } },
    )
    await simulation.advance(s(10))
    const request = records.find((record) => record.kind === 'request')
    const reply = records.find((record) => record.kind === 'reply')
    expect(request).toMatchObject({ host: 'node-2', incarnation: 1 })
    expect(request?.detail).toContain('api.add')
    expect(reply).toMatchObject({ host: 'node-1', cause: request?.step })
  })
})
