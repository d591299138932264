import { describe, expect, test } from 'vitest'
import { bridge, oneWay, type Pair, ring, split } from '../../../sim/net/partition.js'

const hosts = (count: number) => Array.from({ length: count }, (_, i) => i)
const reaches = (pairs: readonly Pair<number>[], count: number, from: number) => hosts(count).filter((to) => !pairs.some(([a, b]) => a === from && b === to))

describe('shapes of partitions', () => {
  test('split cuts both directions between groups and none inside', () => {
    const pairs = split([
      [0, 1],
      [2, 3, 4],
    ])
    expect(pairs).toHaveLength(12)
    expect(hosts(5).map((host) => reaches(pairs, 5, host))).toEqual([
      [0, 1],
      [0, 1],
      [2, 3, 4],
      [2, 3, 4],
      [2, 3, 4],
    ])
  })

  test('three groups are split from one another', () => {
    expect(split([[0], [1], [2]])).toHaveLength(6)
  })

  test('one-way cuts one direction only', () => {
    expect(oneWay([0], [1, 2])).toEqual([
      [0, 1],
      [0, 2],
    ])
  })

  test.each([3, 4, 5, 6, 7])('bridge of %i hosts: one reaches all, the halves reach only it and themselves', (count) => {
    const pairs = bridge(hosts(count))
    expect(reaches(pairs, count, 0)).toHaveLength(count)
    for (const host of hosts(count).slice(1)) {
      const seen = reaches(pairs, count, host)
      expect(seen).toContain(0)
      expect(seen.length).toBeLessThanOrEqual(1 + Math.ceil((count - 1) / 2))
      for (const other of seen) expect(reaches(pairs, count, other)).toContain(host)
    }
  })

  test.each([4, 5, 6, 7, 8, 9, 10, 11])('ring of %i hosts: each reaches a majority, no two the same one, and not all', (count) => {
    const pairs = ring(hosts(count))
    const views = hosts(count).map((host) => reaches(pairs, count, host))
    for (const [host, view] of views.entries()) {
      expect(view).toContain(host)
      expect(view.length).toBeGreaterThan(count / 2)
      for (const other of view) expect(views[other]).toContain(host)
    }
    if (count > 4) {
      expect(new Set(views.map(String)).size).toBe(count)
      for (const view of views) expect(view.length).toBeLessThan(count)
    }
  })
})
