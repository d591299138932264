import { ms } from '../../../sim/host/durations.js'
import type { DatagramSocket, Host } from '../../../sim/host/seam.js'
import { bytes, type ConformanceCase, codeOf, pattern, text, until } from '../conformance-case.js'

const port = 9_100

/** Sends until it was received: a datagram may be lost on a real machine as well. */
async function sendUntil(host: Host, socket: DatagramSocket, body: Uint8Array, isReceived: () => boolean): Promise<void> {
  while (!isReceived()) {
    socket.send('b-1', port, body)
    await host.clock.sleep(ms(10))
  }
}

export const datagramCases: readonly ConformanceCase[] = [
  {
    area: 'datagrams',
    name: 'a datagram arrives whole, with the host and port of its sender',
    programs: (see) => {
      const state = { isReceived: false }
      return {
        b: async ({ net }) => {
          const socket = await net.datagrams(port)
          const { from, port: of, bytes: body } = await socket.receive()
          state.isReceived = true
          see([from, of, text(body)])
        },
        a: async (host) => {
          const socket = await host.net.datagrams(9_200)
          await sendUntil(host, socket, bytes('hello'), () => state.isReceived)
        },
      }
    },
    seen: [['a-1', 9_200, 'hello']],
  },
  {
    area: 'datagrams',
    name: 'datagrams keep their bounds, the empty one included',
    programs: (see) => {
      const lengths = new Set<number>()
      return {
        b: async ({ net }) => {
          const socket = await net.datagrams(port)
          while (lengths.size < 4) lengths.add((await socket.receive()).bytes.length)
          see([...lengths].sort((x, y) => x - y))
        },
        a: async (host) => {
          const socket = await host.net.datagrams(0)
          while (lengths.size < 4) {
            for (const length of [0, 1, 1_400, 9_000]) socket.send('b-1', port, pattern(length))
            await host.clock.sleep(ms(10))
          }
        },
      }
    },
    seen: [[0, 1, 1_400, 9_000]],
  },
  {
    area: 'datagrams',
    name: 'one of 65,507 bytes may be sent, a larger one is refused at once',
    programs: (see) => ({
      a: async ({ net }) => {
        const socket = await net.datagrams(0)
        see(await codeOf(() => socket.send('b-1', port, pattern(65_508))))
        see(await codeOf(() => socket.send('b-1', port, pattern(65_507))))
      },
    }),
    seen: ['too-large', 'none'],
  },
  {
    area: 'datagrams',
    name: 'one that nobody receives is lost without a word',
    programs: (see) => ({
      a: async ({ net, clock }) => {
        const socket = await net.datagrams(0)
        see(await codeOf(() => socket.send('b-1', 9_999, bytes('x'))))
        await clock.sleep(ms(20))
        see(await codeOf(() => socket.send('b-1', 9_999, bytes('x'))))
      },
    }),
    seen: ['none', 'none'],
  },
  {
    area: 'datagrams',
    name: 'a port with a socket is in use, until that is closed; a listener for connections is no matter',
    programs: (see) => ({
      a: async (host) => {
        const socket = await host.net.datagrams(port)
        see(socket.port)
        see(await codeOf(host.net.datagrams(port)))
        see(await codeOf(host.net.listen(port, () => {})))
        socket.close()
        await host.clock.sleep(ms(10))
        see(await codeOf(host.net.datagrams(port)))
      },
    }),
    seen: [port, 'in-use', 'none', 'none'],
  },
  {
    area: 'datagrams',
    name: 'a closed socket: what waits is rejected, and all that follows',
    programs: (see) => ({
      a: async ({ net }) => {
        const socket = await net.datagrams(0)
        const waiting = codeOf(socket.receive())
        socket.close()
        socket.close()
        see(await waiting)
        see(await codeOf(socket.receive()))
        see(await codeOf(() => socket.send('b-1', port, bytes('x'))))
      },
    }),
    seen: ['closed', 'closed', 'closed'],
  },
  {
    area: 'datagrams',
    name: 'a wrong port, an unknown host, no bytes: misuse',
    programs: (see) => ({
      a: async ({ net }) => {
        see(await codeOf(() => net.datagrams(65_536)))
        const socket = await net.datagrams(0)
        see(await codeOf(() => socket.send('b-1', 0, bytes('x'))))
        see(await codeOf(() => socket.send('nobody-1', port, bytes('x'))))
        see(await codeOf(() => socket.send('b-1', port, 'x' as unknown as Uint8Array)))
      },
    }),
    seen: ['misuse', 'misuse', 'misuse', 'misuse'],
  },
  {
    area: 'datagrams',
    name: 'bytes that the sender changes after the send arrive as they were',
    programs: (see) => {
      const state = { isReceived: false }
      return {
        b: async ({ net }) => {
          const socket = await net.datagrams(port)
          const { bytes: body } = await socket.receive()
          state.isReceived = true
          see(text(body))
        },
        a: async (host) => {
          const socket = await host.net.datagrams(0)
          while (!state.isReceived) {
            const body = bytes('before')
            socket.send('b-1', port, body)
            body.fill(0)
            await host.clock.sleep(ms(10))
          }
        },
      }
    },
    seen: ['before'],
  },
  {
    area: 'datagrams',
    name: 'an answer goes to the port that asked',
    programs: (see) => {
      const state = { isAnswered: false }
      return {
        b: async (host) => {
          const socket = await host.net.datagrams(port)
          while (!state.isAnswered) {
            const asked = await socket.receive()
            socket.send(asked.from, asked.port, bytes('answer'))
          }
        },
        a: async (host) => {
          const socket = await host.net.datagrams(0)
          const answer = socket.receive()
          host.spawn('ask', () => sendUntil(host, socket, bytes('question'), () => state.isAnswered))
          const { from, port: of, bytes: body } = await answer
          state.isAnswered = true
          see([from, of, text(body)])
        },
      }
    },
    endless: ['b'],
    seen: [['b-1', port, 'answer']],
  },
  {
    area: 'datagrams',
    name: 'what came before somebody receives is kept, in its order',
    programs: (see) => {
      const state = { isBound: false, isSent: false }
      return {
        b: async (host) => {
          const socket = await host.net.datagrams(port)
          state.isBound = true
          await until(host, () => state.isSent)
          await host.clock.sleep(ms(20))
          let last = -1
          let isOrdered = true
          for (let i = 0; i < 5; i++) {
            const { bytes: body } = await socket.receive()
            isOrdered &&= (body[0] as number) > last
            last = body[0] as number
          }
          see(isOrdered)
        },
        a: async (host) => {
          const socket = await host.net.datagrams(0)
          await until(host, () => state.isBound)
          for (let i = 0; i < 50; i++) socket.send('b-1', port, new Uint8Array([i]))
          state.isSent = true
        },
      }
    },
    seen: [true],
  },
]
