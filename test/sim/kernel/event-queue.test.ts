import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Misuse } from '../../../sim/host/errors.js'
import { type EventTarget, type KernelEvent, shared, timeout, timer } from '../../../sim/kernel/event.js'
import { EventQueue } from '../../../sim/kernel/event-queue.js'

const target: EventTarget = { fire() {} }
const put = (queue: EventQueue, at: number, label: unknown = undefined): KernelEvent =>
  queue.schedule(at, timer, target, null, null, 0, label, undefined, undefined, 0)

function takeAll(queue: EventQueue): { at: number; label: unknown }[] {
  const taken: { at: number; label: unknown }[] = []
  for (let event = queue.peek(); event !== null; event = queue.peek()) {
    queue.take(event)
    taken.push({ at: event.at, label: event.a })
    queue.begin(event)
  }
  return taken
}

describe('the event queue', () => {
  test('gives events by time, and those of one time in the order they came', () => {
    const queue = new EventQueue()
    for (const [label, at] of [5, 3, 5, 1, 3, 3, 0, 5].entries()) put(queue, at, label)
    expect(takeAll(queue).map(({ at, label }) => `${at}:${label}`)).toEqual(['0:6', '1:3', '3:1', '3:4', '3:5', '5:0', '5:2', '5:7'])
  })

  test('refuses times that are not integers from 0 on', () => {
    for (const at of [0.5, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) expect(() => put(new EventQueue(), at)).toThrow(Misuse)
  })

  type Action =
    | { kind: 'put'; at: number }
    | { kind: 'take' }
    | { kind: 'cancel'; which: number }
    | { kind: 'back'; later: number }
    | { kind: 'retime'; modulus: number }
  const actions: fc.Arbitrary<Action[]> = fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('put' as const), at: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 4_000 })) }),
      },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('take' as const) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('back' as const), later: fc.integer({ min: 0, max: 30 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('retime' as const), modulus: fc.integer({ min: 1, max: 2_000 }) }) },
    ),
    { size: '+1', maxLength: 400 },
  )

  test('does what a sorted list does, whatever is put, taken, put back, cancelled and given other times', () => {
    fc.assert(
      fc.property(actions, (sequence) => {
        const queue = new EventQueue()
        let model: { at: number; order: number; event: KernelEvent }[] = []
        let order = 0
        const first = () =>
          model.reduce<(typeof model)[number] | undefined>(
            (best, one) => (!best || one.at < best.at || (one.at === best.at && one.order < best.order) ? one : best),
            undefined,
          )
        for (const action of sequence) {
          if (action.kind === 'put') {
            const event = put(queue, action.at)
            model.push({ at: action.at, order: ++order, event })
          } else if (action.kind === 'cancel') {
            const chosen = model[action.which % Math.max(1, model.length)]
            if (!chosen) continue
            queue.cancel(chosen.event)
            model = model.filter((one) => one !== chosen)
          } else if (action.kind === 'retime') {
            queue.retime((event) => event.at % action.modulus)
            for (const one of model.toSorted((a, b) => a.at - b.at || a.order - b.order)) {
              one.at %= action.modulus
              one.order = ++order
            }
          } else {
            const expected = first()
            const event = queue.peek()
            expect(event).toBe(expected?.event ?? null)
            if (event === null || expected === undefined) continue
            expect(event.at).toBe(expected.at)
            queue.take(event)
            if (action.kind === 'back') {
              event.at += action.later
              queue.push(event)
              expected.at = event.at
              expected.order = ++order
            } else {
              queue.begin(event)
              model = model.filter((one) => one !== expected)
            }
          }
        }
        expect(queue.waiting()).toHaveLength(model.length)
        const rest = model.toSorted((a, b) => a.at - b.at || a.order - b.order).map(({ at }) => at)
        expect(takeAll(queue).map(({ at }) => at)).toEqual(rest)
        expect(queue.size).toBe(0)
      }),
      { numRuns: 400, seed: 1 },
    )
  })

  test('does not count an event that has fired, or was cancelled before, among the cancelled ones', () => {
    const queue = new EventQueue()
    const fired = put(queue, 1, 'first')
    takeAll(queue)
    queue.cancel(fired)
    expect(fired.a).toBe('first')
    const cancelled = put(queue, 2, 'second')
    queue.cancel(cancelled)
    queue.cancel(cancelled)
    put(queue, 3, 'third')
    expect(takeAll(queue)).toEqual([{ at: 3, label: 'third' }])
    expect(queue.size).toBe(0)
  })

  test('is idle when all that waits was cancelled, or stands for deadlines none of which is left', () => {
    const queue = new EventQueue()
    expect(queue.isIdle).toBe(true)
    const event = put(queue, 1)
    expect(queue.isIdle).toBe(false)
    queue.cancel(event)
    expect(queue.isIdle).toBe(true)
    const deadlines = { isIdle: false, lapses: () => true, fire() {} }
    for (const at of [5, 3, 4]) queue.schedule(at, timeout, deadlines, null, null, 0, undefined, undefined, undefined, shared)
    expect(queue.isIdle).toBe(false)
    deadlines.isIdle = true
    expect(queue.isIdle).toBe(true)
  })

  test('forgets cancelled events when they are the majority', () => {
    const queue = new EventQueue()
    put(queue, 1_000_000, 'kept')
    for (let i = 0; i < 20_000; i++) {
      const event = put(queue, 500_000 + (i % 7))
      queue.cancel(event)
    }
    expect(queue.size).toBeLessThan(10_000)
    expect(takeAll(queue)).toEqual([{ at: 1_000_000, label: 'kept' }])
  })
})
