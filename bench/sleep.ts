import { type Host, ms, simulate } from '../sim/index.js'
import { assertEqual, type Measure, secondsOf } from './harness.js'
import { peers } from './peers.js'

const sleeps = 1_000_000
/** Sleepers at once. */
const sleepers = 10_000

/** sequential: one process sleeps 1 ms over and over. parallel: ten thousand tasks of one process, with periods of their own. */
export const sleepMeasures: readonly Measure[] = [
  { name: 'sleep/sequential', unit: 'sleeps/s', run: () => measure(1, () => ms(1)) },
  { name: 'sleep/parallel', unit: 'sleeps/s', run: () => measure(sleepers, (sleeper) => ms(1) + sleeper) },
]

async function measure(tasks: number, period: (task: number) => number): Promise<number> {
  let woken = 0
  const boot = (host: Host) => {
    for (let task = 0; task < tasks; task++) {
      const delay = period(task)
      host.spawn('sleeper', async () => {
        for (let i = 0; i < sleeps / tasks; i++) {
          await host.clock.sleep(delay)
          woken++
        }
      })
    }
  }
  await using simulation = await simulate(peers(1, boot), { seed: '42', faults: 'none' })
  const seconds = await secondsOf(() => simulation.advance((sleeps / tasks) * period(tasks)))
  const report = await simulation.finish()
  assertEqual(woken, sleeps, 'sleeps')
  assertEqual(report.steps, sleeps + tasks + 1, 'steps')
  return sleeps / seconds
}
