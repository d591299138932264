import { describe, expect, test } from 'vitest'
import { ms, s } from '../../../sim/index.js'
import { areEqual, between, pattern, readAll } from './connection-pair.js'

describe('backpressure', () => {
  test('holds a writer up until the other side reads, and memory bounded meanwhile', async () => {
    let written = 0
    const { dialler, acceptor } = await between(
      async (connection) => {
        for (let i = 0; i < 3_000; i++) {
          await connection.write(pattern(1_000, i * 1_000))
          written += 1_000
        }
        connection.end()
        return written
      },
      async (connection, host) => {
        await host.clock.sleep(s(20))
        const stuckAt = written
        const whole = await readAll(connection)
        return [stuckAt, whole.length, areEqual(whole, pattern(3_000_000))]
      },
    )
    expect(dialler).toBe(3_000_000)
    const [stuckAt, length, isRight] = acceptor as [number, number, boolean]
    expect(stuckAt).toBeGreaterThan(400_000)
    expect(stuckAt).toBeLessThanOrEqual(2 * 262_144 + 1_000)
    expect([length, isRight]).toEqual([3_000_000, true])
  })

  test('ends a round trip after the other side reads, not with the next probe', async () => {
    const { acceptor } = await between(
      async (connection) => {
        for (let i = 0; i < 1_500; i++) await connection.write(pattern(1_000, i * 1_000))
        connection.end()
      },
      async (connection, host) => {
        await host.clock.sleep(s(4))
        const since = host.clock.monotonic()
        await readAll(connection)
        return host.clock.monotonic() - since
      },
    )
    // The next probe would come at 6.2 s.
    expect(acceptor).toBeLessThan(ms(150))
  })

  test('outlasts a closed window for minutes, even if the word that it opened is lost', async () => {
    const { acceptor } = await between(
      async (connection) => {
        for (let i = 0; i < 800; i++) await connection.write(pattern(1_000, i * 1_000))
        connection.end()
      },
      async (connection, host) => {
        await host.clock.sleep(s(200))
        return (await readAll(connection)).length
      },
      async (simulation) => {
        await simulation.advance(s(199.9))
        simulation.partition(['node-1'], ['node-2'])
        await simulation.advance(s(2))
        simulation.heal()
      },
    )
    expect(acceptor).toBe(800_000)
  })
})
