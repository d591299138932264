import fc from 'fast-check'
import { assertEqual, type Measure, secondsOf } from './harness.js'

/** Messages in a round of the exchange, whatever the number of hosts. */
const messages = 100_000

/** The same exchange under fast-check's scheduler, which orders promises by a seed and knows no time, hosts or faults. */
export const fastCheckSchedulerMeasures: readonly Measure[] = [2, 5, 25, 100].map((hosts) => ({
  name: `fast-check-scheduler/request-reply/${hosts}-hosts`,
  unit: 'messages/s',
  run: () => exchange(hosts),
}))

async function exchange(hosts: number): Promise<number> {
  const scheduler = fc.sample(fc.scheduler(), { numRuns: 1, seed: 42 })[0]!
  const rounds = messages / 2 / hosts
  let handled = 0
  let answered = 0
  const handle = async (value: number) => {
    handled++
    return value + 1
  }
  const deliver = <T>(value: T): Promise<T> => scheduler.schedule(Promise.resolve(value))
  const host = async () => {
    for (let round = 0; round < rounds; round++) {
      assertEqual(await deliver(await handle(await deliver(round))), round + 1, 'a reply')
      answered++
    }
  }
  const seconds = await secondsOf(async () => {
    await scheduler.waitFor(Promise.all(Array.from({ length: hosts }, host)))
  })
  assertEqual(handled + answered, messages, 'messages')
  return messages / seconds
}
