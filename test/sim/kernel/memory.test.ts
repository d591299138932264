import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { type Host, protocol, s } from '../../../sim/index.js'
import { start } from '../net/harness.js'

const Echo = protocol<{ echo: { req: { n: number; bytes: Uint8Array }; res: number } }>('echo')

describe('memory', () => {
  test('stays flat over a simulated day of calls, timeouts, cancelled timers and rewritten files', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    let answered = 0
    const simulation = await start<unknown>(3, (host: Host) => {
      const peers = host.peers.node!
      const neighbour = peers[(peers.indexOf(host.name) + 1) % peers.length]!
      host.net.serve(Echo, { echo: ({ n }) => n })
      host.spawn('caller', async () => {
        for (let n = 0; ; n++) {
          await host.clock.sleep(s(2))
          host.clock.timer(s(3_600), () => undefined).cancel()
          await host.net.call(Echo, neighbour, 'echo', { n, bytes: new Uint8Array(100) }, { timeout: s(30) })
          await host.disk.replace('state', new Uint8Array(64))
          answered++
        }
      })
    })
    const heapAfter = async (hours: number) => {
      await simulation.advance(s(3_600) * hours)
      collect()
      return process.memoryUsage().heapUsed / 2 ** 20
    }
    await heapAfter(2)
    const early = await heapAfter(2)
    const late = await heapAfter(20)
    expect(answered).toBeGreaterThan(120_000)
    expect(late - early).toBeLessThan(1)
    expect(simulation.kernel.queue.waiting().length).toBeLessThan(20)
    expect(simulation.kernel.queue.size).toBeLessThan(10_000)
    expect(simulation.kernel.now).toBe(s(86_400))
  })
})
