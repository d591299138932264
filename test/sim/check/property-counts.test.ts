import { expect, test } from 'vitest'
import { PropertyCounts } from '../../../sim/check/property-counts.js'

test('properties are counted by name, and only always and unreachable break a run', () => {
  const counts = new PropertyCounts()
  expect([counts.record('always', 'b', true), counts.record('always', 'b', false)]).toEqual([true, false])
  expect([counts.record('sometimes', 'a', false), counts.record('unreachable', 'c', false)]).toEqual([true, false])
  expect(counts.list()).toEqual([
    { name: 'a', kind: 'sometimes', reached: 1, held: 0 },
    { name: 'b', kind: 'always', reached: 2, held: 1 },
    { name: 'c', kind: 'unreachable', reached: 1, held: 0 },
  ])
})

test('a name that is stated as two kinds is a misuse: its counts would mean nothing', () => {
  const counts = new PropertyCounts()
  counts.record('sometimes', 'leads', true)
  expect(() => counts.record('always', 'leads', true)).toThrow("the property 'leads' is stated as 'always', and was stated as 'sometimes' before")
})
