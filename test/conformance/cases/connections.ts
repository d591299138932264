import { ms, s } from '../../../sim/host/durations.js'
import type { Connection, Host } from '../../../sim/host/seam.js'
import { bytes, type ConformanceCase, codeOf, pattern, text, until } from '../conformance-case.js'

const port = 9_000

/** The rest of the stream, up to its end. */
async function readAll(connection: Connection): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for (let piece = await connection.read(); piece !== null; piece = await connection.read()) pieces.push(piece)
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Exactly so many bytes. */
async function readSome(connection: Connection, length: number): Promise<string> {
  let all = ''
  while (all.length < length) {
    const piece = await connection.read()
    if (piece === null) throw new Error(`the stream ended after '${all}'`)
    all += text(piece)
  }
  return all
}

/** Two programs on one connection: `a-1` dials, `b-1` accepts. */
function pair(
  dial: (connection: Connection, host: Host) => Promise<void>,
  accept: (connection: Connection, host: Host) => Promise<void>,
): { a: (host: Host) => Promise<void>; b: (host: Host) => Promise<void> } {
  return {
    a: async (host) => dial(await connect(host), host),
    b: async (host) => accept(await accepted(host), host),
  }
}

/** The other program may not listen yet. */
async function connect(host: Host): Promise<Connection> {
  for (;;) {
    try {
      return await host.net.connect('b-1', port)
    } catch (error) {
      if ((error as { code: string }).code !== 'refused') throw error
      await host.clock.sleep(ms(2))
    }
  }
}

async function accepted(host: Host): Promise<Connection> {
  let connection: Connection | undefined
  await host.net.listen(port, (made) => {
    connection ??= made
  })
  await until(host, () => connection !== undefined)
  return connection as Connection
}

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
  {
    area: 'connections',
    name: 'close sends what was written, then ends; the closer itself can do nothing more',
    programs: (see) =>
      pair(
        async (connection) => {
          await connection.write(bytes('last words'))
          connection.close()
          connection.close()
          connection.end()
          see([await codeOf(connection.read()), await codeOf(connection.write(bytes('x')))])
        },
        async (connection, host) => {
          await host.clock.sleep(ms(30))
          see(text(await readAll(connection)))
        },
      ),
    seen: [['closed', 'closed'], 'last words'],
  },
  {
    area: 'connections',
    name: 'close rejects the read that waits',
    programs: (see) =>
      pair(
        async (connection, host) => {
          const reading = codeOf(connection.read())
          await host.clock.sleep(ms(10))
          connection.close()
          see(await reading)
        },
        async (connection) => {
          await connection.read()
        },
      ),
    seen: ['closed'],
  },
  {
    area: 'connections',
    name: 'close with bytes unread is a reset to the other side',
    programs: (see) => {
      const state = { isWritten: false }
      return pair(
        async (connection) => {
          await connection.write(bytes('never read'))
          state.isWritten = true
          see(await codeOf(connection.read()))
          see(await codeOf(connection.write(bytes('x'))))
        },
        async (connection, host) => {
          await until(host, () => state.isWritten)
          await host.clock.sleep(ms(60))
          connection.close()
        },
      )
    },
    seen: ['reset', 'reset'],
  },
  {
    area: 'connections',
    name: 'who writes to a side that closed is reset',
    programs: (see) =>
      pair(
        async (connection, host) => {
          see(await connection.read())
          let code = 'none'
          for (let i = 0; i < 200 && code === 'none'; i++) {
            code = await codeOf(connection.write(bytes('anybody?')))
            await host.clock.sleep(ms(5))
          }
          see(code)
        },
        async (connection) => connection.close(),
      ),
    seen: [null, 'reset'],
  },
  {
    area: 'connections',
    name: 'what came before a reset can still be read',
    programs: (see) => {
      const state = { isWritten: false, isAnswered: false }
      return pair(
        async (connection, host) => {
          await connection.write(bytes('unread by b'))
          state.isWritten = true
          await until(host, () => state.isAnswered)
          await host.clock.sleep(ms(120))
          see(text(await connection.read()))
          see(await codeOf(connection.read()))
        },
        async (connection, host) => {
          await until(host, () => state.isWritten)
          await connection.write(bytes('to be read by a'))
          state.isAnswered = true
          await host.clock.sleep(ms(40))
          connection.close()
        },
      )
    },
    seen: ['to be read by a', 'reset'],
  },
  {
    area: 'connections',
    name: 'the connections of a process that dies end; what it wrote arrives first',
    programs: (see) => {
      const state = { isReady: false }
      return {
        b: async (host) => {
          if (host.incarnation > 1) return
          const connection = await accepted(host)
          await connection.write(bytes('written'))
          await host.clock.sleep(ms(40))
          state.isReady = true
          await new Promise(() => {})
        },
        a: async (host) => {
          const connection = await connect(host)
          see(text(await readAll(connection)))
        },
        drive: async (world) => {
          await world.until(() => state.isReady)
          await world.crash('b')
        },
      }
    },
    endless: ['b'],
    seen: ['written'],
  },
  {
    area: 'connections',
    name: 'the port of a process that died is free for its next life',
    programs: (see) => {
      const state = { lives: 0 }
      return {
        b: async (host) => {
          await host.net.listen(port, async (connection) => {
            await connection.write(bytes(`life ${host.incarnation}`))
            connection.end()
          })
          state.lives++
        },
        a: async (host) => {
          await until(host, () => state.lives === 2)
          see(text(await readAll(await connect(host))))
        },
        drive: async (world) => {
          await world.until(() => state.lives === 1)
          await world.crash('b')
          await world.restart('b')
        },
      }
    },
    seen: ['life 2'],
  },
  {
    area: 'connections',
    name: 'a connection is aborted while it is made, or before; an abort after that changes nothing',
    programs: (see) =>
      pair(
        async (connection, { net }) => {
          const controller = new AbortController()
          const made = await net.connect('b-1', port, { signal: controller.signal })
          controller.abort()
          await made.write(bytes('fine'))
          see(await codeOf(net.connect('b-1', port, { signal: controller.signal })))
          const during = new AbortController()
          const making = codeOf(net.connect('b-1', port, { signal: during.signal }))
          during.abort()
          see(await making)
          await connection.write(bytes('x'))
        },
        async () => {},
      ),
    seen: ['aborted', 'aborted'],
  },
  {
    area: 'connections',
    name: 'several connections between the same hosts keep apart',
    programs: (see) => {
      const made: Connection[] = []
      return {
        b: async (host) => {
          await host.net.listen(port, (connection) => made.push(connection))
          await until(host, () => made.length === 5)
          const all = await Promise.all(made.map(async (connection) => text(await readAll(connection))))
          see(all.sort())
          see(new Set(made.map(({ remote }) => remote.port)).size)
        },
        a: async (host) => {
          const connections = [await connect(host)]
          for (let i = 1; i < 5; i++) connections.push(await host.net.connect('b-1', port))
          for (let round = 0; round < 3; round++) await Promise.all(connections.map((connection, i) => connection.write(bytes(String(i)))))
          for (const connection of connections) connection.end()
        },
      }
    },
    seen: [['000', '111', '222', '333', '444'], 5],
  },
  {
    area: 'connections',
    name: 'keep-alive does no harm to a connection that lives',
    programs: (see) =>
      pair(
        async (connection, host) => {
          connection.keepAlive(s(1))
          await host.clock.sleep(ms(1_200))
          await connection.write(bytes('alive'))
          connection.keepAlive(null)
          connection.end()
        },
        async (connection) => see(text(await readAll(connection))),
      ),
    seen: ['alive'],
  },
]
