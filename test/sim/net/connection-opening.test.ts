import { describe, expect, test } from 'vitest'
import { ms, s } from '../../../sim/index.js'
import { bytesOf, codeOf, type Nodes, readAll, text } from './connection-pair.js'
import { start } from './harness.js'

describe('connecting', () => {
  const dialOnly = async (port: number, drive: (simulation: Nodes) => Promise<void> | void, options?: { timeout?: number }) => {
    let outcome: unknown = 'unfinished'
    let at = 0
    const simulation = await start<unknown>(2, (host) => {
      if (host.name === 'node-1') {
        host.spawn('dial', async () => {
          await host.clock.sleep(ms(10))
          outcome = await host.net.connect('node-2', port, options).then(() => 'open', codeOf)
          at = host.clock.monotonic() - ms(10)
        })
      } else if (host.incarnation === 1) void host.net.listen(7000, () => {})
    })
    await simulation.advance(ms(5))
    await drive(simulation)
    await simulation.advance(s(30))
    return { outcome, at }
  }

  test('is refused a round trip later where nobody listens', async () => {
    const { outcome, at } = await dialOnly(7001, () => {})
    expect(outcome).toBe('refused')
    expect(at).toBeLessThan(ms(1))
  })

  test('is refused while the process is down and the machine is up', async () => {
    expect(await dialOnly(7000, (simulation) => simulation.crash('node-2'))).toMatchObject({ outcome: 'refused' })
  })

  test('times out where there is no power, after 5 s or the time given', async () => {
    expect(await dialOnly(7000, (simulation) => simulation.powerLoss('node-2'))).toEqual({ outcome: 'timeout', at: s(5) })
    expect(await dialOnly(7000, (simulation) => simulation.powerLoss('node-2'), { timeout: ms(70) })).toEqual({ outcome: 'timeout', at: ms(70) })
  })

  test('goes on through a partition that ends in time', async () => {
    const { outcome, at } = await dialOnly(7000, async (simulation) => {
      simulation.partition(['node-1'], ['node-2'])
      await simulation.advance(ms(700))
      simulation.heal()
    })
    expect(outcome).toBe('open')
    expect(at).toBeGreaterThanOrEqual(s(1))
    expect(at).toBeLessThan(s(1.1))
  })

  test('can be aborted, before and while', async () => {
    const codes: unknown[] = []
    const simulation = await start<unknown>(2, (host) => {
      if (host.name !== 'node-1') return
      host.spawn('dial', async () => {
        const controller = new AbortController()
        const pending = host.net.connect('node-2', 7000, { signal: controller.signal })
        controller.abort()
        codes.push(await pending.catch(codeOf))
        codes.push(await host.net.connect('node-2', 7000, { signal: controller.signal }).catch(codeOf))
      })
    })
    await simulation.advance(s(10))
    expect(codes).toEqual(['aborted', 'aborted'])
  })

  test('asks for a port there is, and for a host there is', async () => {
    const simulation = await start<unknown>(1, (host) => {
      for (const port of [0, -1, 1.5, 65_536, Number.NaN]) expect(() => host.net.connect('node-1', port)).toThrow(/a port is an integer/)
      expect(() => host.net.connect('nobody', 1)).toThrow("there is no host 'nobody'")
      expect(() => host.net.listen(70_000, () => {})).toThrow(/a port is an integer/)
    })
    await simulation.advance(ms(1))
  })

  test('to oneself works too', async () => {
    let heard: string | undefined
    const simulation = await start<unknown>(1, async (host) => {
      await host.net.listen(7000, (connection) => {
        host.spawn('serve', async () => {
          heard = text(await readAll(connection))
        })
      })
      const connection = await host.net.connect('node-1', 7000)
      await connection.write(bytesOf('myself'))
      connection.end()
    })
    await simulation.advance(s(1))
    expect(heard).toBe('myself')
  })
})

describe('a port', () => {
  test('is listened on once at a time; 0 is any that is free; closing frees it', async () => {
    const seen: unknown[] = []
    const simulation = await start<unknown>(1, async (host) => {
      const first = await host.net.listen(7000, () => {})
      seen.push(await host.net.listen(7000, () => {}).catch(codeOf))
      const other = await host.net.listen(0, () => {})
      seen.push(other.port >= 49_152 && other.port <= 65_535)
      first.close()
      seen.push((await host.net.listen(7000, () => {})).port)
      first.close()
      seen.push(await host.net.listen(7000, () => {}).catch(codeOf))
    })
    await simulation.advance(ms(1))
    expect(seen).toEqual(['in-use', true, 7000, 'in-use'])
  })

  test('is free again for the next life of its process', async () => {
    let lives = 0
    const simulation = await start<unknown>(1, async (host) => {
      await host.net.listen(7000, () => {})
      lives++
    })
    await simulation.advance(ms(1))
    simulation.restart('node-1')
    await simulation.advance(ms(1))
    expect(lives).toBe(2)
  })
})
