import { describe, expect, test } from 'vitest'
import { type LinkOverride, ms, type NetworkDescription, protocol, type Simulation, s } from '../../../sim/index.js'
import { start } from './harness.js'

const Packets = protocol<{ put: { req: { n: number; bytes: Uint8Array }; res: null } }>('packets', { transport: 'datagram' })
const Stream = protocol<{ put: { req: { n: number; bytes: Uint8Array }; res: null } }>('stream')

/** Three nodes that tell each other the time every 10 ms: the shortest and longest delay in milliseconds on each link used. */
async function delays(
  network: NetworkDescription,
  drive: (simulation: Simulation<{ node: unknown }>) => void = () => {},
): Promise<Record<string, [number, number]>> {
  const seen: Record<string, [number, number]> = {}
  const simulation = await start<unknown>(
    3,
    (host) => {
      host.net.serve(Packets, {
        put: ({ n }, from) => {
          const delay = (host.clock.monotonic() - n) / 1e6
          const [least, most] = seen[`${from}>${host.name}`] ?? [delay, delay]
          seen[`${from}>${host.name}`] = [Math.min(least, delay), Math.max(most, delay)]
          return null
        },
      })
      host.clock.every(ms(10), () => {
        for (const other of host.peers.node!) {
          if (other !== host.name) host.net.send(Packets, other, 'put', { n: host.clock.monotonic(), bytes: new Uint8Array() })
        }
      })
    },
    { network },
  )
  drive(simulation)
  await simulation.advance(s(1))
  return seen
}

const fixed = (millis: number) => ({ min: ms(millis), max: ms(millis) })

describe('links of a network', () => {
  test('are alike without overrides', async () => {
    const all = await delays(fixed(3))
    expect(Object.keys(all)).toHaveLength(6)
    expect(Object.values(all).every(([least, most]) => least === 3 && most === 3)).toBe(true)
  })

  test('have overrides one way or both; hosts count before roles, roles before *', async () => {
    const all = await delays({
      profile: fixed(1),
      overrides: { 'node-1>node-2': fixed(2), 'node-2<>node-3': fixed(3), 'node-1>*': fixed(4), '*>*': fixed(5), 'node>node': fixed(6) },
    })
    expect(Object.fromEntries(Object.entries(all).map(([link, [least]]) => [link, least]))).toEqual({
      'node-1>node-2': 2,
      'node-1>node-3': 4,
      'node-2>node-1': 6,
      'node-2>node-3': 3,
      'node-3>node-1': 6,
      'node-3>node-2': 3,
    })
  })

  test('may mix a LAN and a WAN', async () => {
    const all = await delays({ profile: 'lan', overrides: { 'node-3<>*': 'wan' } })
    expect(all['node-1>node-2']![0]).toBeLessThan(1)
    for (const link of ['node-3>node-1', 'node-1>node-3']) expect(all[link]![0]).toBeGreaterThanOrEqual(15)
  })

  test('are reshaped in a run in the hand, those used before and those not', async () => {
    const all = await delays('lan', (simulation) => simulation.shapeLinks('node-1>node-2', fixed(30)))
    expect(all['node-1>node-2']).toEqual([30, 30])
    const later = await delays(fixed(1), (simulation) => {
      simulation.shapeLinks('*>*', fixed(2))
      simulation.shapeLinks('node-1>node-2', { latency: fixed(7) })
    })
    expect(later['node-1>node-2']).toEqual([7, 7])
    expect(later['node-2>node-1']).toEqual([2, 2])
  })

  test.each<[string, NetworkDescription, string]>([
    [
      'a host that there is not',
      { profile: 'lan', overrides: { 'node-9>node-1': 'wan' } },
      "'node-9', which is neither a host (node-1, node-2, node-3) nor a role (node)",
    ],
    ['a name that is no link', { profile: 'lan', overrides: { 'node-1': 'wan' } }, "'node-1' names no links"],
    ['three hosts', { profile: 'lan', overrides: { 'node-1>node-2>node-3': 'wan' } }, 'names no links'],
    ['a range upside down', { profile: 'lan', overrides: { '*>*': { min: 2, max: 1 } } }, '0 <= min <= max'],
    ['a bandwidth of nothing', { profile: 'lan', bandwidth: { bytesPerSecond: 0, queueBytes: 1 } }, 'positive integers, not 0 and 1'],
    ['half a bandwidth', { profile: 'lan', overrides: { '*>*': { bandwidth: { bytesPerSecond: 1.5, queueBytes: 1 } } } }, 'positive integers'],
  ])('are refused clearly: %s', async (_, network, message) => {
    await expect(start(3, () => {}, { network })).rejects.toThrow(message)
  })
})

describe('a bandwidth', () => {
  const kilobytes = (perSecond: number, queue: number) => ({ bytesPerSecond: perSecond * 1_000, queueBytes: queue * 1_000 })

  /** When each of `count` messages of a kilobyte, sent at once, arrives; in milliseconds. */
  async function burst(transport: typeof Packets, count: number, override: LinkOverride): Promise<[n: number, millis: number][]> {
    const arrivals: [number, number][] = []
    const simulation = await start<unknown>(
      2,
      (host) => {
        if (host.name === 'node-2') {
          host.net.serve(transport, {
            put: ({ n }) => {
              arrivals.push([n, Math.round(host.clock.monotonic() / 1e6)])
              return null
            },
          })
        } else {
          host.spawn('burst', async () => {
            await host.clock.sleep(ms(1))
            for (let n = 0; n < count; n++) host.net.send(transport, 'node-2', 'put', { n, bytes: new Uint8Array(1_000 - 80) })
          })
        }
      },
      { network: { profile: fixed(1), overrides: { 'node-1>node-2': override } } },
    )
    await simulation.advance(s(60))
    return arrivals
  }

  test('lets packets pass one after the other, at its rate', async () => {
    const arrivals = await burst(Packets, 50, { bandwidth: kilobytes(100, 1_000) })
    expect(arrivals).toHaveLength(50)
    // A kilobyte every 10 ms.
    expect(arrivals.map(([, millis]) => Math.round((millis - 2) / 10))).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
  })

  test('drops datagrams that find its queue full', async () => {
    const arrivals = await burst(Packets, 50, { bandwidth: kilobytes(100, 10) })
    expect(arrivals.map(([n]) => n)).toEqual(Array.from({ length: arrivals.length }, (_, n) => n))
    expect(arrivals.length).toBeGreaterThanOrEqual(9)
    expect(arrivals.length).toBeLessThanOrEqual(11)
  })

  test('delays streams that find its queue full, whole and in order', async () => {
    const arrivals = await burst(Stream, 50, { bandwidth: kilobytes(100, 10) })
    expect(arrivals.map(([n]) => n)).toEqual(Array.from({ length: 50 }, (_, n) => n))
    expect(arrivals.at(-1)![1]).toBeGreaterThan(500)
  })

  test('can be taken from a link of a narrow network', async () => {
    const arrivals = await burst(Packets, 50, { bandwidth: null })
    expect(arrivals.every(([, millis]) => millis === 2)).toBe(true)
  })

  test('bounds what a connection carries, and no byte is lost', async () => {
    let at = 0
    let read = 0
    const simulation = await start<unknown>(
      2,
      (host) => {
        if (host.name === 'node-2') {
          return host.net.listen(7000, (connection) => {
            host.spawn('read', async () => {
              for (let piece = await connection.read(); piece !== null; piece = await connection.read()) read += piece.length
              at = host.clock.monotonic()
            })
          })
        }
        host.spawn('write', async () => {
          const connection = await host.net.connect('node-2', 7000)
          for (let i = 0; i < 100; i++) await connection.write(new Uint8Array(10_000))
          connection.end()
        })
        return
      },
      { network: { profile: fixed(1), bandwidth: kilobytes(200, 100) } },
    )
    await simulation.advance(s(60))
    expect(read).toBe(1_000_000)
    expect(at).toBeGreaterThan(s(5))
    expect(at).toBeLessThan(s(12))
  })
})
