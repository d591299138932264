import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../../sim/host/seam.js'
import { SharedTimers } from '../../../systems/raft/shared-timers.js'

/** A clock in the hand that counts how often it woke anybody. */
function clockInHand() {
  const state = { now: 0, wakeUps: 0, due: [] as { at: number; call: () => void }[] }
  const clock = {
    monotonic: () => state.now,
    timer: (delay: number, call: () => void) => {
      const timer = { at: state.now + delay, call }
      state.due.push(timer)
      return { cancel: () => state.due.splice(state.due.indexOf(timer), 1) }
    },
  } as unknown as Clock
  const passTo = (time: number) => {
    for (;;) {
      const next = state.due.filter(({ at }) => at <= time).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      state.due.splice(state.due.indexOf(next), 1)
      state.now = next.at
      state.wakeUps++
      next.call()
    }
    state.now = time
  }
  return { clock, state, passTo }
}

function timersInHand(count: number) {
  const { clock, state, passTo } = clockInHand()
  const fired: string[] = []
  const shared = new SharedTimers(clock)
  const timers = Array.from({ length: count }, (_, i) => shared.timer(() => fired.push(`${i} at ${state.now}`)))
  return { timers, fired, state, passTo }
}

describe('timers that share one of the clock', () => {
  test('fire once at their deadlines, equal ones in the order in which they were made', () => {
    const { timers, fired, passTo, state } = timersInHand(3)
    timers[2]?.set(50)
    timers[0]?.set(50)
    timers[1]?.set(20)
    passTo(200)
    expect(fired).toEqual(['1 at 20', '0 at 50', '2 at 50'])
    expect(state.wakeUps).toBe(2)
  })

  test('that are all set anew before they are due wake their host once for all', () => {
    const { timers, fired, passTo, state } = timersInHand(20)
    for (let time = 0; time < 1_000; time += 25) {
      for (const timer of timers) timer.set(75)
      passTo(time + 25)
    }
    expect(fired).toEqual([])
    expect(state.wakeUps).toBeLessThanOrEqual(1_000 / 50)
  })

  test('fire late, in the order of their deadlines, when the clock is late', () => {
    const { timers, fired, state, passTo } = timersInHand(3)
    timers[0]?.set(30)
    timers[1]?.set(10)
    timers[2]?.set(90)
    state.due.forEach((timer) => {
      timer.at = 60
    })
    passTo(100)
    expect(fired).toEqual(['1 at 60', '0 at 60', '2 at 90'])
  })

  test('fire late in that order, too, when a deadline was moved behind another', () => {
    const { timers, fired, state, passTo } = timersInHand(2)
    timers[0]?.set(10)
    timers[0]?.set(50)
    timers[1]?.set(30)
    state.due.forEach((timer) => {
      timer.at = 60
    })
    passTo(100)
    expect(fired).toEqual(['1 at 60', '0 at 60'])
  })

  test('fire as timers of their own would, whatever is set, moved and cancelled', () => {
    const action = fc.record({ timer: fc.nat(4), delay: fc.option(fc.integer({ min: 1, max: 60 })), pass: fc.nat(40), again: fc.nat(20) })
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const { clock, state, passTo } = clockInHand()
        const shared = new SharedTimers(clock)
        const fired: string[] = []
        const expected: string[] = []
        const deadlines = new Map<number, { at: number; again: number }>()
        const again = [0, 0, 0, 0, 0]
        const timers = again.map((_, i) => {
          const timer = shared.timer(() => {
            fired.push(`${i} at ${state.now}`)
            if (again[i] !== 0) timer.set(again[i] as number)
            again[i] = 0
          })
          return timer
        })
        for (const { timer, delay, pass, again: repeat } of actions) {
          if (delay === null) {
            timers[timer]?.cancel()
            deadlines.delete(timer)
          } else {
            again[timer] = repeat
            timers[timer]?.set(delay)
            deadlines.set(timer, { at: state.now + delay, again: repeat })
          }
          const until = state.now + pass
          for (;;) {
            const [next] = [...deadlines].filter(([, { at }]) => at <= until).sort(([i, a], [j, b]) => a.at - b.at || i - j)
            if (next === undefined) break
            const [i, { at, again: more }] = next
            expected.push(`${i} at ${at}`)
            if (more === 0) deadlines.delete(i)
            else deadlines.set(i, { at: at + more, again: 0 })
          }
          passTo(until)
          expect(timers.map(({ deadline }) => deadline)).toEqual(timers.map((_, i) => deadlines.get(i)?.at ?? Number.POSITIVE_INFINITY))
        }
        expect(fired).toEqual(expected)
      }),
    )
  })
})
