import fakeTimers from '@sinonjs/fake-timers'
import { assertEqual, type Measure, secondsOf } from './harness.js'

/** Messages in a round of the exchange, whatever the number of hosts. */
const messages = 100_000
const sleeps = 50_000

/** The same work on `@sinonjs/fake-timers`: a clock for a program that runs in one process, with neither hosts nor a network. */
export const fakeTimersMeasures: readonly Measure[] = [
  ...[2, 5, 25, 100].map((hosts) => ({ name: `fake-timers/request-reply/${hosts}-hosts`, unit: 'messages/s', run: () => exchange(hosts) })),
  { name: 'fake-timers/sleep/sequential', unit: 'sleeps/s', run: sequentialSleeps },
  { name: 'fake-timers/sleep/parallel', unit: 'sleeps/s', run: parallelSleeps },
]

/** Each host asks its neighbour, waits for the reply, and asks again: 1 ms each way. */
async function exchange(hosts: number): Promise<number> {
  const clock = fakeTimers.createClock()
  const rounds = messages / 2 / hosts
  let handled = 0
  let answered = 0
  const handlers = Array.from({ length: hosts }, () => async (value: number) => {
    handled++
    return value + 1
  })
  const deliver = <T>(value: T) => new Promise<T>((resolve) => clock.setTimeout(() => resolve(value), 1))
  const call = async (to: number, value: number) => deliver(await handlers[to]!(await deliver(value)))
  const host = async (self: number) => {
    for (let round = 0; round < rounds; round++) {
      assertEqual(await call((self + 1) % hosts, round), round + 1, 'a reply')
      answered++
    }
  }
  const seconds = await secondsOf(async () => {
    const running = Promise.all(Array.from({ length: hosts }, (_, self) => host(self)))
    await clock.tickAsync(2 * rounds)
    await running
  })
  assertEqual(handled + answered, messages, 'messages')
  assertEqual(clock.now, 2 * rounds, 'virtual milliseconds')
  return messages / seconds
}

async function sequentialSleeps(): Promise<number> {
  const clock = fakeTimers.createClock()
  const sleeper = async () => {
    for (let i = 0; i < sleeps; i++) await new Promise<void>((resolve) => clock.setTimeout(() => resolve(), 1))
  }
  const seconds = await secondsOf(async () => {
    const running = sleeper()
    await clock.tickAsync(sleeps)
    await running
  })
  assertEqual(clock.now, sleeps, 'virtual milliseconds')
  return sleeps / seconds
}

async function parallelSleeps(): Promise<number> {
  const clock = fakeTimers.createClock()
  let woken = 0
  const sleeper = async (delay: number) => {
    await new Promise<void>((resolve) => clock.setTimeout(() => resolve(), delay))
    woken++
  }
  const seconds = await secondsOf(async () => {
    const running = Promise.all(Array.from({ length: sleeps }, (_, i) => sleeper(1 + (i % 1_000))))
    await clock.tickAsync(1_000)
    await running
  })
  assertEqual(woken, sleeps, 'sleeps')
  return sleeps / seconds
}
