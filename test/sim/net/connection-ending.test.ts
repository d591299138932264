import { describe, expect, test } from 'vitest'
import { type Connection, type Host, ms, s } from '../../../sim/index.js'
import { between, bytesOf, codeOf, readAll, text } from './connection-pair.js'

describe('ending', () => {
  test('one side leaves the other open: half-close', async () => {
    const { dialler, acceptor } = await between(
      async (connection) => {
        connection.end()
        return text(await readAll(connection))
      },
      async (connection, host) => {
        const first = await connection.read()
        for (let i = 0; i < 5; i++) {
          await host.clock.sleep(s(1))
          await connection.write(bytesOf(`${i} `))
        }
        connection.end()
        return first
      },
    )
    expect(acceptor).toBe(null)
    expect(dialler).toBe('0 1 2 3 4 ')
  })

  test('is read once everything before it was, and from then on', async () => {
    const { acceptor } = await between(
      async (connection) => {
        await connection.write(bytesOf('last words'))
        connection.end()
        connection.close()
      },
      async (connection, host) => {
        await host.clock.sleep(s(5))
        const words = text(await readAll(connection))
        return [words, await connection.read(), await connection.read()]
      },
    )
    expect(acceptor).toEqual(['last words', null, null])
  })

  test('makes later writes fail as closed, and so does close for reads', async () => {
    const { dialler } = await between(
      async (connection) => {
        connection.end()
        const afterEnd = await connection.write(bytesOf('x')).catch(codeOf)
        const pending = connection.read().catch(codeOf)
        connection.close()
        connection.close()
        connection.end()
        return [afterEnd, await pending, await connection.read().catch(codeOf), await connection.write(bytesOf('x')).catch(codeOf)]
      },
      (connection) => connection.read(),
    )
    expect(dialler).toEqual(['closed', 'closed', 'closed', 'closed'])
  })

  test('by close with bytes unread is a reset for the other side', async () => {
    const { dialler, acceptor } = await between(
      async (connection, host) => {
        await connection.write(bytesOf('never read'))
        await host.clock.sleep(ms(50))
        return connection.write(bytesOf('more'))
      },
      async (connection, host) => {
        await host.clock.sleep(ms(20))
        connection.close()
        return 'left'
      },
    )
    expect(acceptor).toBe('left')
    expect(dialler).toBe('reset')
  })

  test('by close, then bytes from the other side: a reset for those', async () => {
    const { dialler } = await between(
      async (connection, host) => {
        const end = await connection.read()
        await connection.write(bytesOf('too late'))
        await host.clock.sleep(ms(50))
        return [end, await connection.write(bytesOf('x')).catch(codeOf), await connection.read()]
      },
      async (connection) => connection.close(),
    )
    expect(dialler).toEqual([null, 'reset', null])
  })

  test('keeps what came before a reset readable', async () => {
    const { dialler } = await between(
      async (connection, host) => {
        await connection.write(bytesOf('unread'))
        await host.clock.sleep(ms(50))
        return [text((await connection.read())!), await connection.read().catch(codeOf)]
      },
      async (connection, host) => {
        await host.clock.sleep(ms(10))
        await connection.write(bytesOf('!'))
        await host.clock.sleep(ms(10))
        connection.close()
      },
    )
    expect(dialler).toEqual(['!', 'reset'])
  })
})

describe('loss of a side', () => {
  test('a process that dies with nothing unread ends its connections: its peer reads what was written, then the end', async () => {
    const { dialler } = await between(
      async (connection) => text(await readAll(connection)),
      async (connection) => {
        await connection.write(bytesOf('my last'))
        await connection.read()
      },
      async (simulation) => {
        await simulation.advance(ms(100))
        simulation.crash('node-2')
      },
    )
    expect(dialler).toBe('my last')
  })

  test('a process that dies with bytes unread resets them', async () => {
    const { dialler } = await between(
      async (connection) => {
        await connection.write(bytesOf('hello'))
        return connection.read()
      },
      async (connection, host) => {
        await host.clock.sleep(s(100))
        await connection.read()
      },
      async (simulation) => {
        await simulation.advance(ms(100))
        simulation.crash('node-2')
      },
    )
    expect(dialler).toBe('reset')
  })

  test('a write to a process that has died is answered by a reset', async () => {
    const { dialler } = await between(
      async (connection, host) => {
        await host.clock.sleep(s(1))
        await connection.write(bytesOf('hello'))
        await host.clock.sleep(s(1))
        return connection.write(bytesOf('?'))
      },
      (connection) => connection.read(),
      async (simulation) => {
        await simulation.advance(ms(100))
        simulation.crash('node-2')
      },
    )
    expect(dialler).toBe('reset')
  })

  test('a power loss is silence: only a writer learns of it, by a timeout', async () => {
    const lost = async (dial: (connection: Connection, host: Host) => Promise<unknown>) =>
      (
        await between(
          dial,
          (connection) => connection.read(),
          async (simulation) => {
            await simulation.advance(ms(100))
            simulation.powerLoss('node-2')
          },
        )
      ).dialler
    expect(await lost((connection) => connection.read())).toBe('unfinished')
    const waited = await lost(async (connection, host) => {
      await host.clock.sleep(s(1))
      await connection.write(bytesOf('anybody?'))
      const code = await connection.read().catch(codeOf)
      return [code, Math.round((host.clock.monotonic() - s(1)) / 1e9)]
    })
    expect(waited).toEqual(['timeout', 25])
  })

  test('a machine that is back after a power loss answers by a reset', async () => {
    const { dialler } = await between(
      async (connection, host) => {
        await host.clock.sleep(s(2))
        await connection.write(bytesOf('still there?'))
        return connection.read()
      },
      (connection) => connection.read(),
      async (simulation) => {
        await simulation.advance(ms(100))
        simulation.powerLoss('node-2')
        await simulation.advance(s(1))
        simulation.restart('node-2')
      },
    )
    expect(dialler).toBe('reset')
  })

  test('keep-alive finds a silent peer without writing: the idle time, then ten probes a second apart', async () => {
    const { dialler } = await between(
      async (connection, host) => {
        connection.keepAlive(s(3))
        const code = await connection.read().catch(codeOf)
        return [code, Math.round(host.clock.monotonic() / 1e9)]
      },
      (connection) => connection.read(),
      async (simulation) => {
        await simulation.advance(ms(100))
        simulation.powerLoss('node-2')
      },
    )
    expect(dialler).toEqual(['timeout', 13])
  })

  test('keep-alive leaves a peer alone that answers', async () => {
    const { dialler } = await between(
      async (connection) => {
        connection.keepAlive(s(1))
        return connection.read()
      },
      async (connection, host) => {
        await host.clock.sleep(s(100))
        connection.end()
      },
    )
    expect(dialler).toBe(null)
  })
})
