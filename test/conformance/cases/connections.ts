import { ms } from '../../../sim/host/durations.js'
import type { Connection } from '../../../sim/host/seam.js'
import { bytes, type ConformanceCase, codeOf, pattern, text, until } from '../conformance-case.js'
import { accepted, connect, pair, port, readAll, readSome } from './connected-pair.js'

/** Opening, and bytes on their way. */
export const connectionCases: readonly ConformanceCase[] = [
  {
    area: 'connections',
    name: 'bytes written on one side are read on the other, in both directions',
    programs: (see) =>
      pair(
        async (connection) => {
          await connection.write(bytes('ping'))
          see(await readSome(connection, 4))
          connection.close()
        },
        async (connection) => {
          see(await readSome(connection, 4))
          await connection.write(bytes('pong'))
        },
      ),
    seen: ['ping', 'pong'],
  },
  {
    area: 'connections',
    name: 'both sides know both addresses',
    programs: (see) => {
      const sides: Connection[] = []
      return {
        b: async (host) => {
          sides[1] = await accepted(host)
        },
        a: async (host) => {
          sides[0] = await connect(host)
          await until(host, () => sides[1] !== undefined)
          const [dialler, acceptor] = sides as [Connection, Connection]
          see([dialler.remote, acceptor.local])
          see([dialler.local.host, acceptor.remote.host, dialler.local.port === acceptor.remote.port])
        },
      }
    },
    seen: [
      [
        { host: 'b-1', port },
        { host: 'b-1', port },
      ],
      ['a-1', 'a-1', true],
    ],
  },
  {
    area: 'connections',
    name: 'nobody listens: refused',
    programs: (see) => ({ a: async ({ net }) => see(await codeOf(net.connect('b-1', 9_999))), b: async () => {} }),
    seen: ['refused'],
  },
  {
    area: 'connections',
    name: 'a host that does not exist, a port that no machine has, bytes that are none: misuse',
    programs: (see) => ({
      ...pair(
        async (connection, { net }) => {
          see(await codeOf(() => net.connect('nobody-1', port)))
          for (const wrong of [0, -1, 65_536, 1.5]) see(await codeOf(() => net.connect('b-1', wrong)))
          see(await codeOf(() => net.listen(65_536, () => {})))
          see(await codeOf(() => connection.write('text' as unknown as Uint8Array)))
          see(await codeOf(() => connection.keepAlive(0)))
        },
        async () => {},
      ),
    }),
    seen: Array.from({ length: 8 }, () => 'misuse'),
  },
  {
    area: 'connections',
    name: 'a port that this host listens on is in use, until its listener is closed',
    programs: (see) => ({
      a: async (host) => {
        const listener = await host.net.listen(port, () => {})
        see(listener.port)
        see(await codeOf(host.net.listen(port, () => {})))
        listener.close()
        listener.close()
        await host.clock.sleep(ms(5))
        see(await codeOf(host.net.listen(port, () => {})))
      },
    }),
    seen: [port, 'in-use', 'none'],
  },
  {
    area: 'connections',
    name: 'port 0 is any that is free, and another every time',
    programs: (see) => ({
      a: async ({ net }) => {
        const [first, second] = [await net.listen(0, () => {}), await net.listen(0, () => {})]
        see(first.port > 1_000 && second.port > 1_000 && first.port !== second.port)
      },
    }),
    seen: [true],
  },
  {
    area: 'connections',
    name: 'a closed listener refuses, what it accepted goes on',
    programs: (see) => {
      let made: Connection | undefined
      let isClosed = false
      return {
        b: async (host) => {
          const listener = await host.net.listen(port, (connection) => {
            made = connection
          })
          await until(host, () => made !== undefined)
          listener.close()
          await host.clock.sleep(ms(5))
          isClosed = true
          see(await readSome(made as Connection, 5))
        },
        a: async (host) => {
          const connection = await connect(host)
          await until(host, () => isClosed)
          see(await codeOf(host.net.connect('b-1', port)))
          await connection.write(bytes('still'))
        },
      }
    },
    seen: ['refused', 'still'],
  },
  {
    area: 'connections',
    name: 'a host may connect to itself',
    programs: (see) => ({
      a: async (host) => {
        await host.net.listen(port, async (connection) => connection.write(bytes('self')))
        const connection = await host.net.connect('a-1', port)
        see([await readSome(connection, 4), connection.remote.host])
      },
    }),
    seen: [['self', 'a-1']],
  },
  {
    area: 'connections',
    name: 'end is the end of file to the other side, after the last byte; it may still answer',
    programs: (see) =>
      pair(
        async (connection) => {
          await connection.write(bytes('question'))
          connection.end()
          see(text(await readAll(connection)))
        },
        async (connection) => {
          see(text(await readAll(connection)))
          await connection.write(bytes('answer'))
          connection.end()
        },
      ),
    seen: ['question', 'answer'],
  },
  {
    area: 'connections',
    name: 'at the end of file every further read says so again',
    programs: (see) =>
      pair(
        async (connection) => connection.end(),
        async (connection) => {
          see([await connection.read(), await connection.read(), await connection.read()])
        },
      ),
    seen: [[null, null, null]],
  },
  {
    area: 'connections',
    name: 'after end nothing more can be written; end again is no error',
    programs: (see) =>
      pair(
        async (connection) => {
          connection.end()
          connection.end()
          see(await codeOf(connection.write(bytes('late'))))
          see(await connection.read())
        },
        async (connection) => {
          see(await connection.read())
          connection.end()
        },
      ),
    seen: ['closed', null, null],
  },
  {
    area: 'connections',
    name: 'end without a byte is an empty stream',
    programs: (see) =>
      pair(
        async (connection) => connection.end(),
        async (connection) => see((await readAll(connection)).length),
      ),
    seen: [0],
  },
  {
    area: 'connections',
    name: 'an empty write is nothing',
    programs: (see) =>
      pair(
        async (connection) => {
          await connection.write(new Uint8Array(0))
          await connection.write(bytes('x'))
          connection.end()
        },
        async (connection) => see(text(await readAll(connection))),
      ),
    seen: ['x'],
  },
  {
    area: 'connections',
    name: 'bytes that the writer changes after the write arrive as they were',
    programs: (see) =>
      pair(
        async (connection) => {
          const body = bytes('before')
          const written = connection.write(body)
          body.fill(0)
          await written
          connection.end()
        },
        async (connection) => see(text(await readAll(connection))),
      ),
    seen: ['before'],
  },
  {
    area: 'connections',
    name: 'bytes that the reader changes are its own',
    programs: (see) => {
      const body = pattern(1_000)
      return pair(
        async (connection) => {
          await connection.write(body)
          connection.end()
        },
        async (connection) => {
          const piece = (await connection.read()) as Uint8Array
          piece.fill(0)
          see(body[1] === pattern(2)[1])
        },
      )
    },
    seen: [true],
  },
  {
    area: 'connections',
    name: 'many small writes arrive in their order, whatever the pieces',
    programs: (see) =>
      pair(
        async (connection) => {
          for (let i = 0; i < 500; i++) void connection.write(bytes(`${i},`))
          connection.end()
        },
        async (connection) => see(text(await readAll(connection)) === Array.from({ length: 500 }, (_, i) => `${i},`).join('')),
      ),
    seen: [true],
  },
  {
    area: 'connections',
    name: 'a stream of megabytes arrives whole, both ways at once',
    programs: (see) => {
      const side = (from: number) => async (connection: Connection) => {
        const written = (async () => {
          for (let at = 0; at < 2_000_000; at += 100_000) await connection.write(pattern(100_000, from + at))
          connection.end()
        })()
        const all = await readAll(connection)
        await written
        see([all.length, all.every((byte, i) => i % 1_009 !== 0 || byte === pattern(1, 7 - from + i)[0])])
      }
      return pair(side(0), side(7))
    },
    seen: [
      [2_000_000, true],
      [2_000_000, true],
    ],
  },
  {
    area: 'connections',
    name: 'backpressure: a writer waits while nobody reads, and goes on when somebody does',
    programs: (see) => {
      const state = { written: 0, isWaiting: false, read: 0 }
      return pair(
        async (connection) => {
          for (let i = 0; i < 400; i++) {
            await connection.write(pattern(100_000))
            state.written += 100_000
          }
          connection.end()
        },
        async (connection, host) => {
          let before = -1
          while (before !== state.written) {
            before = state.written
            await host.clock.sleep(ms(150))
          }
          see(before > 0 && before < 40_000_000)
          for (let piece = await connection.read(); piece !== null; piece = await connection.read()) state.read += piece.length
          see(state.read)
        },
      )
    },
    seen: [true, 40_000_000],
  },
  {
    area: 'connections',
    name: 'a read that waits gets what comes; several are answered in their order',
    programs: (see) =>
      pair(
        async (connection, host) => {
          for (const part of ['one', 'two']) {
            await host.clock.sleep(ms(30))
            await connection.write(bytes(part))
          }
          connection.end()
        },
        async (connection) => {
          const reads = [connection.read(), connection.read(), connection.read()]
          see((await Promise.all(reads)).map((piece) => text(piece)))
        },
      ),
    seen: [['one', 'two', null]],
  },
]
