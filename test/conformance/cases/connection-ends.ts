import { ms, s } from '../../../sim/host/durations.js'
import type { Connection } from '../../../sim/host/seam.js'
import { bytes, type ConformanceCase, codeOf, text, until } from '../conformance-case.js'
import { accepted, connect, pair, port, readAll } from './connected-pair.js'

/** Closing, resets, and the death of a side. */
export const connectionEndCases: readonly ConformanceCase[] = [
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
