import { describe, expect, test } from 'vitest'
import { type Host, type InjectionArgs, ms, type NetError, protocol, run, type Scenario, type Simulation, s } from '../../../sim/index.js'
import { nodes, start } from './harness.js'

const Calls = protocol<{ ask: { req: { n: number }; res: { n: number } } }>('calls')
const Packets = protocol<{ tell: { req: { text: string; n: number }; res: null } }>('packets', { transport: 'datagram' })
type Nodes = Simulation<{ node: unknown }>

/** `node-1` asks `node-2` a hundred times, a call a millisecond: how the calls ended, and how many reached the handler. */
async function ask(drive: (simulation: Nodes) => Promise<void> | void): Promise<{ outcomes: Record<string, number>; handled: number; messages: Set<string> }> {
  const outcomes: Record<string, number> = {}
  const messages = new Set<string>()
  let handled = 0
  const simulation = await start<unknown>(2, (host) => {
    if (host.name === 'node-2') {
      host.net.serve(Calls, {
        ask: async ({ n }) => {
          handled++
          await host.clock.sleep(ms(3))
          return { n }
        },
      })
      return
    }
    for (let n = 0; n < 100; n++) {
      host.clock.timer(ms(10 + n), () => {
        const answered = host.net.call(Calls, 'node-2', 'ask', { n }, { timeout: s(1) }).then(
          (answer) => (answer.n === n ? 'answered' : 'wrong'),
          (error: NetError) => {
            messages.add(error.message)
            return error.code
          },
        )
        host.spawn('count', async () => {
          const outcome = await answered
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
        })
      })
    }
  })
  await drive(simulation)
  await simulation.advance(s(20))
  return { outcomes, handled, messages }
}
const inject = (kind: string, site: string, args: InjectionArgs) => (simulation: Nodes) => simulation.inject({ kind, site, args: { forNanos: s(60), ...args } })
const half = { perMille: 500, isUnnoticed: true, key: [3, 4] }

describe('a call of a stream protocol', () => {
  test('whose request is corrupted is reset and never handled', async () => {
    const { outcomes, handled, messages } = await ask(inject('net.corrupt', 'node-1>node-2', half))
    expect(outcomes.reset! + outcomes.answered!).toBe(100)
    expect(outcomes.reset).toBeGreaterThan(30)
    expect(handled).toBe(outcomes.answered)
    expect([...messages]).toEqual(['calls.ask to node-2 reset: the connection broke'])
  })

  test('whose reply is corrupted is reset though it was handled', async () => {
    const { outcomes, handled } = await ask(inject('net.corrupt', 'node-2>node-1', half))
    expect(outcomes.reset).toBeGreaterThan(30)
    expect(outcomes.reset! + outcomes.answered!).toBe(100)
    expect(handled).toBe(100)
  })

  test('is refused, certainly unhandled, by a host that refuses', async () => {
    const { outcomes, handled } = await ask(async (simulation) => {
      await simulation.advance(ms(30))
      simulation.inject({ kind: 'conn.refuse', site: 'node-2', args: { forNanos: ms(40) } })
    })
    expect(outcomes.refused).toBeGreaterThan(30)
    expect(handled).toBe(100 - outcomes.refused!)
  })

  test('is reset with all others that wait when its connection is', async () => {
    const { outcomes, handled } = await ask(async (simulation) => {
      await simulation.advance(ms(50))
      simulation.inject({ kind: 'conn.reset', site: 'node-1>node-2', args: {} })
    })
    expect(outcomes.reset).toBeGreaterThanOrEqual(2)
    expect(outcomes.reset).toBeLessThanOrEqual(5)
    expect(handled).toBe(100)
  })

  test('times out when its connection is half open, and waits for a stalled one', async () => {
    const during = (kind: string) => async (simulation: Nodes) => {
      await simulation.advance(ms(50))
      simulation.inject({ kind, site: 'node-1>node-2', args: { forNanos: ms(30) } })
    }
    const lost = await ask(during('conn.half-open'))
    expect(lost.outcomes.timeout).toBeGreaterThan(20)
    expect(lost.handled).toBe(100 - lost.outcomes.timeout!)
    expect((await ask(during('conn.stall'))).outcomes).toEqual({ answered: 100 })
  })

  test('gets over a link that flaps', async () => {
    const { outcomes } = await ask(inject('net.flap', 'node-1>node-2', { forNanos: ms(100), downNanos: ms(5), upNanos: ms(5) }))
    expect(outcomes).toEqual({ answered: 100 })
  })
})

describe('a datagram of a typed protocol', () => {
  async function told(isUnnoticed: boolean): Promise<{ text: string; n: number }[]> {
    const heard: { text: string; n: number }[] = []
    const simulation = await start<unknown>(2, (host: Host) => {
      host.net.serve(Packets, {
        tell: (message) => {
          heard.push(message)
          return null
        },
      })
      if (host.name !== 'node-1') return
      let n = 0
      host.clock.every(ms(1), () => host.net.send(Packets, 'node-2', 'tell', { text: 'the same', n: n++ }))
    })
    inject('net.corrupt', 'node-1>node-2', { ...half, isUnnoticed })(simulation)
    await simulation.advance(ms(400.5))
    return heard
  }
  const isTrue = ({ text, n }: { text: string; n: number }, place: number) => text === 'the same' && n === place

  test('arrives altered where the system checks it', async () => {
    const heard = await told(true)
    expect(heard.length).toBeGreaterThan(395)
    const altered = heard.filter((message, place) => !isTrue(message, place))
    expect(altered.length).toBeGreaterThan(150)
    expect(altered.every((message) => typeof message.n === 'number' && message.text.length === 8 && Object.isFrozen(message))).toBe(true)
  })

  test('is lost where it does not: the checksum of the transport notices', async () => {
    const heard = await told(false)
    expect(heard.length).toBeGreaterThan(150)
    expect(heard.length).toBeLessThan(250)
    expect(heard.every(({ text, n }, i) => text === 'the same' && (i === 0 || n > heard[i - 1]!.n))).toBe(true)
  })

  test('is altered in seeded runs of systems alone that say so', async () => {
    const of = (survives: { corruptDatagrams?: boolean }): Scenario<{ node: unknown }, null, null> => {
      const plain = nodes<unknown>(2, (host) => {
        host.clock.every(ms(1), () => host.net.send(Packets, 'node-2', 'tell', { text: '', n: 0 }))
      })
      return { ...plain, system: { ...plain.system, survives }, faults: { strategy: 'random' } }
    }
    for (const survives of [{ corruptDatagrams: true }, {}]) {
      const request = { seed: 'unnoticed', kinds: ['net.corrupt'], options: { 'net.corrupt.everyMillis': 20 }, duration: s(2) }
      const { injections } = await run({ scenario: of(survives), ...request })
      expect(injections.length).toBeGreaterThan(3)
      expect(injections.every(({ args }) => args.isUnnoticed === (survives.corruptDatagrams === true))).toBe(true)
    }
  })
})
