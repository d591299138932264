import { type Host, ms, protocol, type SimulateOptions, s, simulate } from '../sim/index.js'
import { assertEqual, type Measure, secondsOf } from './harness.js'
import { armedAtRateZero, peers } from './peers.js'

const Echo = protocol<{ echo: { req: { id: number; text: string }; res: { id: number } } }>('echo')

/** Messages in a round of the exchange, whatever the number of hosts. */
const messages = 1_000_000
const sizes = [2, 5, 25, 100]

const bare: SimulateOptions = { faults: 'none', hash: false, valueRules: false }

/**
 * Each host asks its neighbour, waits for the reply, and asks again: 1 ms each way.
 * bare: no timeouts, value rules, trace hash or faults. full: 1 s timeouts, value rules, trace hash, every fault kind armed at rate zero.
 */
export const requestReplyMeasures: readonly Measure[] = sizes.flatMap((hosts) => [
  { name: `request-reply/bare/${hosts}-hosts`, unit: 'messages/s', run: () => exchange(hosts, bare, Number.POSITIVE_INFINITY) },
  { name: `request-reply/full/${hosts}-hosts`, unit: 'messages/s', run: () => exchange(hosts, armedAtRateZero, s(1)) },
])

const hashes = new Map<number, string>()

async function exchange(hosts: number, options: SimulateOptions, timeout: number): Promise<number> {
  const rounds = messages / 2 / hosts
  let handled = 0
  let answered = 0
  const boot = (host: Host) => {
    const names = host.peers.peer!
    const neighbour = names[(names.indexOf(host.name) + 1) % names.length]!
    host.net.serve(Echo, {
      echo: ({ id }) => {
        handled++
        return { id: id + 1 }
      },
    })
    host.spawn('caller', async () => {
      for (let id = 0; id < rounds; id++) {
        const reply = await host.net.call(Echo, neighbour, 'echo', { id, text: 'ping' }, { timeout })
        if (reply.id === id + 1) answered++
      }
    })
  }
  await using simulation = await simulate(peers(hosts, boot, { min: ms(1), max: ms(1) }), { seed: '42', ...options })
  const seconds = await secondsOf(() => simulation.advance(ms(2 * rounds)))
  const report = await simulation.finish()
  assertEqual(handled + answered, messages, 'messages')
  // A boot and a task a host, and a step a message.
  assertEqual(report.steps, messages + 2 * hosts, 'steps')
  assertEqual(report.virtualNanos, ms(2 * rounds), 'virtual time')
  if (options.hash !== false) {
    assertEqual(hashes.get(hosts) ?? report.traceHash, report.traceHash, 'the trace hash of another round')
    hashes.set(hosts, report.traceHash)
  }
  return messages / seconds
}
