import { describe, expect, test } from 'vitest'
import { ms } from '../../../sim/host/durations.js'
import { Misuse } from '../../../sim/host/errors.js'
import { deriveKey, dice } from '../../../sim/kernel/mix.js'
import { latencyProfile, type NetworkProfile } from '../../../sim/net/latency.js'

const packets = 400_000
const key = deriveKey({ high: 1, low: 2 }, 'latency')
const delaysOf = (profile: NetworkProfile): number[] => {
  const { delay } = latencyProfile(profile)
  return Array.from({ length: packets }, (_, i) => delay(dice(key, i)))
}
const share = (delays: readonly number[], holds: (delay: number) => boolean): number => delays.filter(holds).length / delays.length

describe('latency', () => {
  const lan = delaysOf('lan')
  const wan = delaysOf('wan')

  test('in a LAN is 0.05 to 0.4 ms for 99.9% of packets', () => {
    expect(share(lan, (delay) => delay >= ms(0.05) && delay <= ms(0.4))).toBeCloseTo(0.999, 3)
    expect(Math.min(...lan.slice(0, 10_000))).toBeGreaterThanOrEqual(ms(0.05))
  })

  test('in a LAN has a tail that reaches 100 ms and ends there', () => {
    const tail = lan.filter((delay) => delay > ms(0.4)).sort((a, b) => a - b)
    expect(tail.length).toBeGreaterThan(packets / 1_000 / 2)
    expect(tail.at(-1)).toBeLessThanOrEqual(ms(100))
    expect(tail.at(-1)).toBeGreaterThan(ms(20))
    // Not a wall at one value: the tail thins out.
    expect(tail[tail.length >> 1]).toBeLessThan(ms(2))
  })

  test('in a LAN is spread: base and exponential jitter of the same size', () => {
    const mean = lan.reduce((sum, delay) => sum + delay, 0) / packets
    expect(mean).toBeGreaterThan(ms(0.095))
    expect(mean).toBeLessThan(ms(0.11))
    expect(new Set(lan).size).toBeGreaterThan(900)
  })

  test('in a WAN is 15 to 50 ms for 99.9% of packets, 100 ms at most', () => {
    expect(share(wan, (delay) => delay >= ms(15) && delay <= ms(50))).toBeCloseTo(0.999, 3)
    expect(wan.reduce((most, delay) => Math.max(most, delay), 0)).toBeLessThanOrEqual(ms(100))
  })

  test('is an integer of nanoseconds, whatever the die', () => {
    for (const profile of ['lan', 'wan', { min: 3, max: 7 }, { min: ms(1), max: ms(1) }] as const) {
      const { delay } = latencyProfile(profile)
      for (const die of [0, 1, 999, 1_999, 0x7fffffff, 0x80000000, 0xffffffff]) expect(Number.isSafeInteger(delay(die))).toBe(true)
    }
  })

  test('of a range reaches both ends evenly', () => {
    const counts = new Map<number, number>()
    for (const delay of delaysOf({ min: 3, max: 7 })) counts.set(delay, (counts.get(delay) ?? 0) + 1)
    expect([...counts.keys()].sort()).toEqual([3, 4, 5, 6, 7])
    for (const count of counts.values()) expect(count / packets).toBeCloseTo(0.2, 2)
  })

  test('refuses ranges that are none', () => {
    for (const [min, max] of [
      [2, 1],
      [-1, 1],
      [0.5, 1],
      [0, Number.POSITIVE_INFINITY],
    ] as const) {
      expect(() => latencyProfile({ min, max })).toThrow(Misuse)
    }
  })
})
