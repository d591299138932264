import { describe, expect, test } from 'vitest'
import { type Connection, ms, s } from '../../../sim/index.js'
import { areEqual, between, bytesOf, pattern, readAll, text } from './connection-pair.js'
import { start } from './harness.js'

describe('a connection', () => {
  test('carries bytes both ways, and both sides read their end', async () => {
    const { dialler, acceptor } = await between(
      async (connection) => {
        await connection.write(bytesOf('question'))
        connection.end()
        return text(await readAll(connection))
      },
      async (connection) => {
        const asked = text(await readAll(connection))
        await connection.write(bytesOf(`answer to ${asked}`))
        connection.end()
        return asked
      },
    )
    expect(acceptor).toBe('question')
    expect(dialler).toBe('answer to question')
  })

  test('tells both sides their addresses', async () => {
    const { dialler, acceptor } = await between(
      async ({ local, remote }) => ({ local, remote }),
      async ({ local, remote }) => ({ local, remote }),
    )
    const { local, remote } = dialler as Connection
    expect(remote).toEqual({ host: 'node-2', port: 7000 })
    expect(local).toMatchObject({ host: 'node-1' })
    expect(acceptor).toEqual({ local: remote, remote: local })
  })

  test('takes a round trip to open, and half of one more for the first bytes', async () => {
    const { dialler, acceptor } = await between(
      async (connection, host) => {
        const at = host.clock.monotonic()
        await connection.write(bytesOf('x'))
        return at - ms(10)
      },
      async (connection, host) => {
        await connection.read()
        return host.clock.monotonic() - ms(10)
      },
    )
    expect(dialler).toBeGreaterThan(ms(0.1))
    expect(dialler).toBeLessThan(ms(1))
    expect(acceptor).toBeGreaterThan(dialler as number)
    expect(acceptor).toBeLessThan((dialler as number) + ms(0.5))
  })

  test('carries a megabyte whole, whatever the sizes of the writes', async () => {
    const whole = pattern(1 << 20)
    const { acceptor } = await between(
      async (connection, host) => {
        for (let at = 0; at < whole.length; ) {
          const size = 1 + host.random.int(host.random.int(4) === 0 ? 200_000 : 600)
          await connection.write(whole.subarray(at, at + size))
          at += size
        }
        connection.end()
      },
      (connection) => readAll(connection),
    )
    expect(areEqual(acceptor as Uint8Array, whole)).toBe(true)
  })

  test('copies what is written and what is read: both sides may change theirs', async () => {
    const { acceptor } = await between(
      async (connection) => {
        const bytes = bytesOf('before')
        const written = connection.write(bytes)
        bytes.fill(0)
        await written
        connection.end()
      },
      async (connection) => {
        const first = (await connection.read())!
        const seen = text(first)
        first.fill(0)
        return seen + text(await readAll(connection))
      },
    )
    expect(acceptor).toBe('before')
  })

  test('gives pieces that are not the writes: messages are cut and joined', async () => {
    const { acceptor } = await between(
      async (connection, host) => {
        for (let i = 0; i < 400; i++) {
          await connection.write(pattern(100, i * 100))
          if (i % 3 === 0) await host.clock.sleep(ms(2))
        }
        connection.end()
      },
      async (connection) => {
        const sizes: number[] = []
        for (let piece = await connection.read(); piece !== null; piece = await connection.read()) sizes.push(piece.length)
        return sizes
      },
    )
    const sizes = acceptor as number[]
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(40_000)
    expect(sizes.some((size) => size < 100)).toBe(true)
    expect(sizes.some((size) => size > 100)).toBe(true)
  })

  test('answers several reads in the order in which they were asked', async () => {
    const { acceptor } = await between(
      async (connection, host) => {
        for (const word of ['one', 'two', 'three']) {
          await connection.write(bytesOf(word))
          await host.clock.sleep(ms(5))
        }
        connection.end()
      },
      async (connection) => {
        const reads = Array.from({ length: 40 }, () => connection.read())
        return (await Promise.all(reads)).map((piece) => (piece === null ? '' : text(piece))).join('')
      },
    )
    expect(acceptor).toBe('onetwothree')
  })
})

describe('the trace hash of a connection', () => {
  /** Writes of many sizes, so that bytes lie at every place of a word; `flipped` is the byte to alter. */
  const hashOf = async (flipped: number): Promise<string> => {
    const simulation = await start<unknown>(2, (host) => {
      if (host.name === 'node-2') return host.net.listen(7000, (connection) => host.spawn('read', async () => void (await readAll(connection))))
      host.spawn('write', async () => {
        const connection = await host.net.connect('node-2', 7000)
        const whole = pattern(2_000)
        if (flipped >= 0) whole[flipped]! ^= 1
        for (let at = 0, size = 1; at < whole.length; at += size++) await connection.write(whole.subarray(at, at + size))
        connection.end()
      })
      return
    })
    await simulation.advance(s(1))
    return (await simulation.finish()).traceHash
  }

  test('is the same for the same bytes, and another when any one of them is', async () => {
    const places = [-1, -1, 0, 1, 2, 3, 4, 17, 100, 999, 1_000, 1_001, 1_002, 1_003, 1_997, 1_998, 1_999]
    const hashes = []
    for (const place of places) hashes.push(await hashOf(place))
    expect(hashes[0]).toBe(hashes[1])
    expect(new Set(hashes).size).toBe(places.length - 1)
  })
})
