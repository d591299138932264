import { describe, expect, test } from 'vitest'
import { exitCodes } from '../../../sim/report/exit-code.js'
import { hostTable, LastRows, type TraceRow } from '../../../sim/report/host-table.js'
import { count, duration, moment } from '../../../sim/report/numbers.js'
import { plain } from '../../../sim/report/palette.js'
import { describeArguments } from '../../../sim/report/run-result.js'

describe('numbers read well', () => {
  test.each([
    [0, '0'],
    [999, '999'],
    [4102, '4,102'],
    [1234567, '1,234,567'],
    [-1234, '-1,234'],
    [1234.5678, '1,234.5678'],
  ])('count %d', (value, text) => expect(count(value)).toBe(text))
  test.each([
    [0, '0.000000 s'],
    [12_304_118_999, '12.304118 s'],
    [3_600e9, '3,600.000000 s'],
  ])('moment %d', (at, text) => expect(moment(at)).toBe(text))
  test.each([
    [1, '1 ns'],
    [1_500, '1.5 us'],
    [674_000_000, '674 ms'],
    [60e9, '60 s'],
  ])('duration %d', (span, text) => expect(duration(span)).toBe(text))
})

test('the arguments of an injection are told with units, groups and without dice keys', () => {
  expect(describeArguments({ shape: 'split', groups: [['a', 'b'], ['c']], forNanos: 674_000_000, key: [1, 2], restartAfterNanos: null })).toBe(
    'shape split  groups a b | c  for 674 ms',
  )
})

test('every outcome has an exit code of its own', () => {
  const codes = Object.values(exitCodes)
  expect(new Set(codes).size).toBe(codes.length)
  expect(exitCodes).toMatchObject({ passed: 0, violation: 1, usage: 2, stalled: 3, crashed: 4, stale: 5, runaway: 6, defect: 70, interrupted: 130 })
})

describe('the table of hosts', () => {
  const row = (step: number, host: string | null, text: string, isNote = false): TraceRow => ({ step, at: step * 1_000_000, host, isNote, text })

  test('has a column for every host that took part, in their order, and one for the world', () => {
    const table = hostTable(
      [row(1, 'b', 'boot'), row(2, null, 'fault'), row(2, 'client-1', 'sent', true), row(3, 'a', 'x'.repeat(60))],
      ['a', 'b', 'c'],
      plain,
      100,
    )
    const [head, ...lines] = table.split('\n')
    expect(head!.trim().split(/\s+/)).toEqual(['step', 'at', 'a', 'b', 'client-1', 'world'])
    expect(lines[0]!.indexOf('boot')).toBe(head!.indexOf(' b ') + 1)
    expect(lines[1]!.indexOf('fault')).toBe(head!.indexOf('world'))
    expect(lines[2]).toMatch(/^ +│ +│ +· sent$/)
    expect(lines[3]).toMatch(/^ +3 +0\.003000 s {2}x+… +│ +│$/)
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100)
  })

  test('draws an arrow from the sender to each message that arrived, across the lines between', () => {
    const table = hostTable(
      [{ ...row(1, 'c', 'read < a'), from: 'a' }, { ...row(2, 'a', 'answer'), from: 'c' }, row(3, 'b', 'timer')],
      ['a', 'b', 'c'],
      plain,
      90,
    )
    const [, right, left, none] = table.split('\n')
    expect(right).toMatch(/s {2}├─+┼─+▶read$/)
    expect(left).toMatch(/s {2}answer ◀─+┼─+┤$/)
    expect(none).toMatch(/s {2}│ +timer +│$/)
  })

  test('is made of the last rows up to a step, with messages by method and sender', () => {
    const rows = new LastRows(10, 3)
    const record = { at: 0, host: 'a', incarnation: 1, cause: 0, hash: '' }
    for (let step = 1; step <= 12; step++) rows.step({ ...record, step, kind: 'request', detail: 'store.put from b {"value":1}' })
    expect(rows.rows().map(({ step, text }) => `${step} ${text}`)).toEqual(['8 put < b', '9 put < b', '10 put < b'])
  })
})
