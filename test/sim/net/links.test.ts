import { describe, expect, test } from 'vitest'
import { type Host, ms, protocol, type SimulateOptions, type Simulation, s } from '../../../sim/index.js'
import { start } from './harness.js'

const Stream = protocol<{ put: { req: { n: number; bytes: Uint8Array }; res: null } }>('stream')
const Packets = protocol<{ put: { req: { n: number; bytes: Uint8Array }; res: null } }>('packets', { transport: 'datagram' })
const empty = new Uint8Array()

interface Received {
  readonly n: number
  readonly at: number
  readonly bytes: Uint8Array
}

/** `node-1` sends numbered messages to `node-2`, one every `every`; what arrives, and when. */
async function oneWay(
  transport: typeof Stream,
  count: number,
  every: number,
  drive: (simulation: Simulation<{ node: unknown }>) => Promise<void> | void,
  options: SimulateOptions & { payload?: (n: number) => Uint8Array; within?: number } = {},
): Promise<Received[]> {
  const { payload = () => empty, within = s(60), ...rest } = options
  const received: Received[] = []
  const simulation = await start<unknown>(
    2,
    (host) => {
      if (host.name === 'node-2') {
        host.net.serve(transport, {
          put: ({ n, bytes }) => {
            received.push({ n, bytes, at: host.clock.monotonic() })
            return null
          },
        })
        return
      }
      host.spawn('sender', async () => {
        await host.clock.sleep(ms(1))
        for (let n = 0; n < count; n++) {
          host.net.send(transport, 'node-2', 'put', { n, bytes: payload(n) })
          if (every > 0) await host.clock.sleep(every)
        }
      })
    },
    rest,
  )
  await drive(simulation)
  await simulation.advance(within)
  return received
}

const noise =
  (kind: 'net.drop' | 'net.duplicate' | 'net.reorder' | 'net.delay', perMille: number, mostNanos = ms(20)) =>
  (simulation: Simulation<{ node: unknown }>) =>
    simulation.inject({ kind, site: 'node-1>node-2', args: { forNanos: s(3_600), perMille, mostNanos, key: [123, 456] } })

const numbers = (received: readonly Received[]) => received.map(({ n }) => n)
const inOrder = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('a link', () => {
  test.each([Stream, Packets])('is first in, first out ($transport)', async (transport) => {
    expect(numbers(await oneWay(transport, 5_000, 3_000, () => {}))).toEqual(inOrder(5_000))
  })

  test('keeps the order of what is sent at one instant', async () => {
    expect(numbers(await oneWay(Packets, 500, 0, () => {}))).toEqual(inOrder(500))
  })

  test('delivers nearly everything within 0.05 to 0.4 ms in a LAN', async () => {
    const every = ms(200)
    const received = await oneWay(Packets, 2_000, every, () => {}, { within: s(500) })
    const delays = received.map(({ n, at }) => at - (ms(1) + n * every))
    expect(received).toHaveLength(2_000)
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(ms(0.05))
    expect(delays.filter((delay) => delay > ms(0.4)).length).toBeLessThan(10)
  })
})

describe('loss', () => {
  test('takes datagrams at its rate, and leaves the rest in order', async () => {
    const received = numbers(await oneWay(Packets, 4_000, ms(1), noise('net.drop', 300)))
    expect(received.length / 4_000).toBeCloseTo(0.7, 1)
    expect(received).toEqual(received.toSorted((a, b) => a - b))
  })

  test('delays a stream, and 1 MB at 30% loss arrives whole and late', async () => {
    const payload = (n: number) => Uint8Array.from({ length: 4_096 }, (_, i) => (n * 31 + i * 7) & 0xff)
    const calm = await oneWay(Stream, 256, ms(1), () => {}, { payload })
    const lossy = await oneWay(Stream, 256, ms(1), noise('net.drop', 300), { payload })
    for (const received of [calm, lossy]) {
      expect(numbers(received)).toEqual(inOrder(256))
      expect(received.every(({ n, bytes }) => bytes.length === 4_096 && bytes.every((byte, i) => byte === ((n * 31 + i * 7) & 0xff)))).toBe(true)
    }
    const last = (received: readonly Received[]) => received.at(-1)!.at
    expect(last(calm)).toBeLessThan(ms(300))
    expect(last(lossy)).toBeGreaterThan(last(calm) + ms(200))
  })

  test('of everything silences a datagram link, and slows a stream down without end to its patience', async () => {
    expect(await oneWay(Packets, 100, ms(1), noise('net.drop', 1_000))).toEqual([])
    const received = await oneWay(Stream, 3, ms(1), noise('net.drop', 1_000), { within: s(120) })
    expect(numbers(received)).toEqual([0, 1, 2])
    expect(received[0]!.at).toBeGreaterThan(s(5))
  })

  test('of one packet never shifts what happens to another', async () => {
    const lost = async (count: number) => {
      const received = new Set(numbers(await oneWay(Packets, count, ms(1), noise('net.drop', 300))))
      return inOrder(200).filter((n) => !received.has(n))
    }
    expect(await lost(400)).toEqual(await lost(200))
  })
})

describe('other noise', () => {
  test('duplicates datagrams, not streams', async () => {
    const received = numbers(await oneWay(Packets, 1_000, ms(1), noise('net.duplicate', 500)))
    expect(received.length).toBeGreaterThan(1_400)
    expect(received.length).toBeLessThan(1_600)
    expect(new Set(received).size).toBe(1_000)
    expect(numbers(await oneWay(Stream, 1_000, ms(1), noise('net.duplicate', 500)))).toEqual(inOrder(1_000))
  })

  test('reorders datagrams, not streams', async () => {
    const received = numbers(await oneWay(Packets, 1_000, ms(1), noise('net.reorder', 300)))
    expect(received.toSorted((a, b) => a - b)).toEqual(inOrder(1_000))
    const overtaken = received.filter((n, i) => i > 0 && n < received[i - 1]!).length
    expect(overtaken).toBeGreaterThan(100)
    expect(numbers(await oneWay(Stream, 1_000, ms(1), noise('net.reorder', 300)))).toEqual(inOrder(1_000))
  })

  test('delays keep the order', async () => {
    const received = await oneWay(Packets, 1_000, ms(1), noise('net.delay', 300, ms(50)))
    expect(numbers(received)).toEqual(inOrder(1_000))
    expect(received.filter(({ n, at }) => at - ms(1) - n * ms(1) > ms(5)).length).toBeGreaterThan(300)
  })

  test('a clog holds everything back, then lets it through in order', async () => {
    for (const transport of [Stream, Packets]) {
      const received = await oneWay(transport, 300, ms(1), async (simulation) => {
        await simulation.advance(ms(50))
        simulation.inject({ kind: 'net.clog', site: 'node-1>node-2', args: { forNanos: ms(120) } })
      })
      expect(numbers(received)).toEqual(inOrder(300))
      expect(received.filter(({ at }) => at > ms(50) && at < ms(170))).toEqual([])
      expect(received.filter(({ at }) => at < ms(50)).length).toBeGreaterThan(40)
    }
  })
})

describe('a partition', () => {
  const cutFor = (from: number, to: number) => async (simulation: Simulation<{ node: unknown }>) => {
    await simulation.advance(from)
    simulation.partition(['node-1'], ['node-2'])
    await simulation.advance(to - from)
    simulation.heal()
  }

  test('loses datagrams, those in flight too', async () => {
    const received = numbers(await oneWay(Packets, 300, ms(1), cutFor(ms(100), ms(200))))
    const missing = inOrder(300).filter((n) => !received.includes(n))
    expect(missing.length).toBeGreaterThanOrEqual(99)
    expect(missing.length).toBeLessThanOrEqual(102)
    expect(missing).toEqual(Array.from({ length: missing.length }, (_, i) => missing[0]! + i))
  })

  test('delays streams until it heals, whole and in order', async () => {
    const received = await oneWay(Stream, 300, ms(1), cutFor(ms(100), ms(200)))
    expect(numbers(received)).toEqual(inOrder(300))
    expect(received.filter(({ at }) => at > ms(100) && at <= ms(200))).toEqual([])
  })

  /** Who hears whom, by datagrams, while `cut` lies on five nodes. */
  async function heard(cut: (simulation: Simulation<{ node: unknown }>) => void): Promise<string[]> {
    const reached: Set<string>[] = Array.from({ length: 5 }, () => new Set())
    const simulation = await start<unknown>(5, (host: Host) => {
      host.net.serve(Packets, {
        put: (_message, from) => {
          reached[Number(from.slice(5)) - 1]!.add(host.name.slice(5))
          return null
        },
      })
      host.clock.every(ms(10), () => {
        for (const other of host.peers.node!) host.net.send(Packets, other, 'put', { n: 0, bytes: empty })
      })
    })
    cut(simulation)
    await simulation.advance(s(1))
    return reached.map((hosts) => [...hosts].sort().join(''))
  }
  const shaped = (shape: string, ...groups: string[][]) =>
    heard((simulation) =>
      simulation.inject({
        kind: 'net.partition',
        site: 'node-1',
        args: { shape, groups: groups.map((group) => group.map((n) => `node-${n}`)), forNanos: null },
      }),
    )

  test('that isolates leaves one host alone with itself', async () => {
    expect(await shaped('isolate', ['2'], ['1', '3', '4', '5'])).toEqual(['1345', '2', '1345', '1345', '1345'])
  })

  test('that splits leaves each group to itself', async () => {
    expect(await shaped('split', ['1', '2'], ['3', '4', '5'])).toEqual(['12', '12', '345', '345', '345'])
  })

  test('that is one-way lets the other direction through', async () => {
    expect(await shaped('one-way', ['1'], ['2', '3', '4', '5'])).toEqual(['1', '12345', '12345', '12345', '12345'])
  })

  test('with a bridge leaves one host that reaches all', async () => {
    expect(await shaped('bridge', ['3', '1', '2', '4', '5'])).toEqual(['123', '123', '12345', '345', '345'])
  })

  test('in a ring gives each host its neighbours: a majority, and each another one', async () => {
    expect(await shaped('ring', ['1', '2', '3', '4', '5'])).toEqual(['125', '123', '234', '345', '145'])
  })

  test('ends when it is healed', async () => {
    const reached = await heard((simulation) => {
      simulation.partition(['node-1'], ['node-2', 'node-3', 'node-4', 'node-5'])
      simulation.heal()
    })
    expect(reached).toEqual(Array(5).fill('12345'))
  })

  test('that overlaps another ends alone', async () => {
    const received = await oneWay(Packets, 300, ms(1), async (simulation) => {
      const cut = (forNanos: number) =>
        simulation.inject({ kind: 'net.partition', site: 'node-1', args: { shape: 'split', groups: [['node-1'], ['node-2']], forNanos } })
      await simulation.advance(ms(50))
      cut(ms(100))
      await simulation.advance(ms(50))
      cut(ms(100))
    })
    expect(received.filter(({ at }) => at > ms(51) && at < ms(200))).toEqual([])
    expect(received.filter(({ at }) => at > ms(200)).length).toBeGreaterThan(90)
  })
})
