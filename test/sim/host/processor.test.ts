import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Host, ms, protocol, s, us } from '../../../sim/index.js'
import { start } from '../net/harness.js'

const Note = protocol<{ take: { req: number; res: null } }>('note')

describe('CPU time', () => {
  test('of a step delays the next ones, in the order in which they came', async () => {
    const seen: [number, number][] = []
    const simulation = await start<unknown>(2, (host) => {
      if (host.name === 'node-2') {
        host.net.serve(Note, {
          take: (n) => {
            seen.push([n, simulation.kernel.now])
            host.work(ms(5))
            return null
          },
        })
      } else for (const n of [1, 2, 3]) host.clock.timer(ms(1), () => host.net.send(Note, 'node-2', 'take', n))
    })
    await simulation.advance(s(1))
    expect(seen.map(([n]) => n)).toEqual([1, 2, 3])
    const [first, second, third] = seen.map(([, at]) => at) as [number, number, number]
    expect([second - first, third - second]).toEqual([ms(5), ms(5)])
  })

  test('is taken by every step where a model says so, by its kind', async () => {
    const at: number[] = []
    const simulation = await start<unknown>(
      1,
      (host) => {
        for (let i = 0; i < 3; i++) host.clock.timer(ms(10), () => at.push(simulation.kernel.now))
      },
      { options: { 'cpu.model': 1 } },
    )
    await simulation.advance(s(1))
    expect(at).toEqual([ms(10), ms(10) + us(3), ms(10) + us(6)])
  })

  test('is none where nothing says so', async () => {
    const at: number[] = []
    const simulation = await start<unknown>(1, (host) => {
      for (let i = 0; i < 3; i++) host.clock.timer(ms(10), () => at.push(simulation.kernel.now))
    })
    await simulation.advance(s(1))
    expect(at).toEqual([ms(10), ms(10), ms(10)])
    expect(simulation.host('node-1')?.busyUntil).toBe(0)
  })

  test('a cancelled timer that waits for the processor does not fire', async () => {
    const fired: string[] = []
    const simulation = await start<unknown>(1, (host) => {
      host.clock.timer(ms(1), () => {
        host.work(ms(10))
        second.cancel()
      })
      const second = host.clock.timer(ms(2), () => fired.push('second'))
      const fourth = host.clock.timer(ms(4), () => fired.push('fourth'))
      host.clock.timer(ms(3), () => {
        fired.push('third')
        fourth.cancel()
      })
      host.clock.timer(ms(5), () => fired.push('fifth'))
    })
    await simulation.advance(s(1))
    expect(fired).toEqual(['third', 'fifth'])
    expect(simulation.kernel.queue.size).toBe(0)
  })

  test('ends with the process: the next life starts at once, and nothing that the dead one waited for happens', async () => {
    const seen: string[] = []
    const note = (what: string): null => {
      seen.push(what)
      return null
    }
    const simulation = await start<unknown>(2, (host) => {
      if (host.name === 'node-1') {
        host.clock.timer(ms(10), () => host.net.send(Note, 'node-2', 'take', 1))
        host.clock.timer(ms(50), () => host.net.send(Note, 'node-2', 'take', 2))
        return
      }
      seen.push(`life ${host.incarnation} at ${simulation.kernel.now / ms(1)} ms`)
      host.net.serve(Note, { take: (n) => note(`took ${n}`) })
      if (host.incarnation > 1) return
      host.clock.timer(ms(5), () => host.work(s(10)))
      host.clock.timer(ms(6), () => seen.push('a ghost'))
    })
    await simulation.advance(ms(20))
    simulation.restart('node-2')
    await simulation.advance(s(20))
    expect(seen).toEqual(['life 1 at 0 ms', 'life 2 at 20 ms', 'took 2'])
    expect(simulation.kernel.queue.size).toBe(0)
  })

  test('loses no step and keeps the order of each link, whatever work, pauses and restarts come between', async () => {
    const act = fc.oneof(
      fc.record({ kind: fc.constant('send' as const), work: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: ms(3) })) }),
      fc.record({ kind: fc.constant('advance' as const), by: fc.integer({ min: 0, max: ms(4) }) }),
      fc.constant({ kind: 'pause' as const }),
      fc.constant({ kind: 'resume' as const }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 40 }), fc.integer({ min: 0, max: 2 }), async (acts, model) => {
        const seen: number[] = []
        const costs: number[] = []
        let sender: Host | undefined
        const simulation = await start<unknown>(
          2,
          (host) => {
            if (host.name === 'node-1') sender = host
            else {
              host.net.serve(Note, {
                take: (n) => {
                  seen.push(n)
                  host.work(costs[n] ?? 0)
                  return null
                },
              })
            }
          },
          { options: { 'cpu.model': model } },
        )
        await simulation.advance(ms(100))
        const machine = simulation.host('node-2')
        for (const one of acts) {
          if (one.kind === 'advance') await simulation.advance(one.by)
          else if (one.kind === 'pause') machine?.pause()
          else if (one.kind === 'resume') machine?.resume()
          else {
            const n = costs.push(one.work) - 1
            sender?.clock.timer(0, () => sender?.net.send(Note, 'node-2', 'take', n))
          }
        }
        machine?.resume()
        await simulation.advance(s(10))
        expect(seen).toEqual(costs.map((_, n) => n))
        expect(simulation.kernel.queue.size).toBe(0)
      }),
    )
  })
})
