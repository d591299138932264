import { type Host, s, simulate } from '../sim/index.js'
import { assertEqual, type Measure, secondsOf } from './harness.js'
import { peers } from './peers.js'

const hosts = 5
const virtualSeconds = 3_600

/** A virtual hour in which five hosts do nothing but wake once a second. */
export const idleHourMeasures: readonly Measure[] = [{ name: 'idle-hour/5-hosts', unit: 'ms', run: measure }]

async function measure(): Promise<number> {
  let woken = 0
  const boot = (host: Host) => {
    host.clock.every(s(1), () => {
      woken++
    })
  }
  await using simulation = await simulate(peers(hosts, boot), { seed: '42', faults: 'none' })
  const seconds = await secondsOf(() => simulation.advance(s(virtualSeconds)))
  assertEqual(woken, hosts * virtualSeconds, 'wakes')
  assertEqual((await simulation.finish()).steps, hosts * (virtualSeconds + 1), 'steps')
  return seconds * 1_000
}
