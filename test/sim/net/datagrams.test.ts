import { describe, expect, test } from 'vitest'
import { type Datagram, type DatagramSocket, type Host, ms, NetError, type Simulation, s } from '../../../sim/index.js'
import { start } from './harness.js'

type Nodes = Simulation<{ node: unknown }>
const codeOf = (error: unknown) => (error instanceof NetError ? error.code : error)
const numbered = (n: number, size = 100) => Uint8Array.from({ length: size }, (_, i) => (i === 0 ? n & 0xff : i === 1 ? n >> 8 : (n * 7 + i) & 0xff))
const numberOf = (bytes: Uint8Array) => bytes[0]! | (bytes[1]! << 8)

/** `node-1` sends `count` numbered datagrams, one a millisecond, to port 53 of `node-2`: what that received. */
async function oneWay(count: number, drive: (simulation: Nodes) => Promise<void> | void = () => {}): Promise<Datagram[]> {
  const received: Datagram[] = []
  const simulation = await start<unknown>(2, async (host) => {
    if (host.name === 'node-2') {
      const socket = await host.net.datagrams(53)
      host.spawn('receive', async () => {
        for (;;) received.push(await socket.receive())
      })
      return
    }
    const socket = await host.net.datagrams(0)
    host.spawn('send', async () => {
      await host.clock.sleep(ms(1))
      for (let n = 0; n < count; n++) {
        socket.send('node-2', 53, numbered(n))
        await host.clock.sleep(ms(1))
      }
    })
  })
  await drive(simulation)
  await simulation.advance(s(10))
  return received
}
const noise = (kind: string, args: object) => (simulation: Nodes) =>
  simulation.inject({ kind, site: 'node-1>node-2', args: { forNanos: s(60), perMille: 300, mostNanos: ms(20), key: [1, 2], ...args } })
const inOrder = (count: number) => Array.from({ length: count }, (_, n) => n)
const isIntact = ({ bytes }: Datagram) => bytes.every((byte, i) => byte === numbered(numberOf(bytes))[i])

describe('datagram sockets', () => {
  test('carry bytes with the sender and its port, in order where nothing is the matter', async () => {
    const received = await oneWay(300)
    expect(received.map(({ bytes }) => numberOf(bytes))).toEqual(inOrder(300))
    expect(received.every(isIntact)).toBe(true)
    expect(received[0]).toMatchObject({ from: 'node-1', port: expect.any(Number) })
    expect(received[0]!.port).toBeGreaterThanOrEqual(49_152)
  })

  test('lose what loss takes', async () => {
    const received = (await oneWay(1_000, noise('net.drop', {}))).map(({ bytes }) => numberOf(bytes))
    expect(received.length).toBeGreaterThan(600)
    expect(received.length).toBeLessThan(800)
    expect(received).toEqual(received.toSorted((a, b) => a - b))
  })

  test('receive copies: what one receiver does to a repeated datagram, the other does not see', async () => {
    const received = await oneWay(500, noise('net.duplicate', {}))
    expect(received.length).toBeGreaterThan(600)
    expect(new Set(received.map(({ bytes }) => bytes.buffer)).size).toBe(received.length)
    expect(received.every(isIntact)).toBe(true)
  })

  test('are overtaken by others', async () => {
    const received = (await oneWay(500, noise('net.reorder', {}))).map(({ bytes }) => numberOf(bytes))
    expect(received).not.toEqual(inOrder(500))
    expect(received.toSorted((a, b) => a - b)).toEqual(inOrder(500))
  })

  test('receive altered bytes, of the same length, when bits flip', async () => {
    const received = await oneWay(500, noise('net.corrupt', { isUnnoticed: false }))
    expect(received).toHaveLength(500)
    const altered = received.filter((datagram) => !isIntact(datagram))
    expect(altered.length).toBeGreaterThan(100)
    expect(altered.length).toBeLessThan(200)
    expect(received.every(({ bytes }) => bytes.length === 100)).toBe(true)
  })

  test('lose what is on its way into a partition, and what comes before anybody has the port', async () => {
    const received = await oneWay(100, async (simulation) => {
      await simulation.advance(ms(30))
      simulation.partition(['node-1'], ['node-2'])
      await simulation.advance(ms(30))
      simulation.heal()
    })
    expect(received.length).toBeGreaterThan(65)
    expect(received.length).toBeLessThan(75)
  })

  test('have ports of their own, beside those of listeners; 0 is any; closing frees one', async () => {
    const seen: unknown[] = []
    const simulation = await start<unknown>(1, async (host) => {
      await host.net.listen(53, () => {})
      const first = await host.net.datagrams(53)
      seen.push(first.port, await host.net.datagrams(53).catch(codeOf))
      seen.push((await host.net.datagrams(0)).port >= 49_152)
      first.close()
      first.close()
      seen.push((await host.net.datagrams(53)).port)
    })
    await simulation.advance(ms(1))
    expect(seen).toEqual([53, 'in-use', true, 53])
  })

  test('say what is too large, what is closed, and what is no port, host or bytes', async () => {
    const seen: unknown[] = []
    const thrown = (run: () => void) => {
      try {
        run()
      } catch (error) {
        return codeOf(error)
      }
      return 'sent'
    }
    const simulation = await start<unknown>(1, async (host) => {
      const socket = await host.net.datagrams(53)
      seen.push(thrown(() => socket.send('node-1', 1, new Uint8Array(65_507))))
      seen.push(thrown(() => socket.send('node-1', 1, new Uint8Array(65_508))))
      expect(() => socket.send('node-1', 0, new Uint8Array(1))).toThrow(/a port is an integer from 1/)
      expect(() => socket.send('nobody', 1, new Uint8Array(1))).toThrow("there is no host 'nobody'")
      expect(() => socket.send('node-1', 1, 'text' as unknown as Uint8Array)).toThrow(/takes a Uint8Array/)
      const waiting = socket.receive().catch(codeOf)
      socket.close()
      seen.push(
        await waiting,
        await socket.receive().catch(codeOf),
        thrown(() => socket.send('node-1', 1, new Uint8Array(1))),
      )
    })
    await simulation.advance(ms(1))
    expect(seen).toEqual(['sent', 'too-large', 'closed', 'closed', 'closed'])
  })

  test('keep as much as a kernel does for a process that does not read, and lose the rest', async () => {
    let kept = 0
    const simulation = await start<unknown>(2, async (host) => {
      if (host.name === 'node-2') {
        const socket = await host.net.datagrams(53)
        host.spawn('receive late', async () => {
          await host.clock.sleep(s(1))
          for (;;) {
            await socket.receive()
            kept++
          }
        })
        return
      }
      const socket = await host.net.datagrams(53)
      host.spawn('flood', async () => {
        await host.clock.sleep(ms(1))
        for (let n = 0; n < 1_000; n++) socket.send('node-2', 53, new Uint8Array(1_000))
      })
    })
    await simulation.advance(s(5))
    expect(kept).toBe(Math.floor(212_992 / 1_028))
  })

  test('end with their process, and are free for its next life', async () => {
    const lives: DatagramSocket[] = []
    const boot = async (host: Host) => {
      lives.push(await host.net.datagrams(53))
    }
    const simulation = await start<unknown>(1, boot)
    await simulation.advance(ms(1))
    simulation.crash('node-1')
    simulation.restart('node-1')
    await simulation.advance(ms(1))
    simulation.powerLoss('node-1')
    simulation.restart('node-1')
    await simulation.advance(ms(1))
    expect(lives).toHaveLength(3)
  })
})
