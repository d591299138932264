import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationText, parseDuration, parseJobs, parseRuns } from '../../cli/option-values.js'

test('a duration is written as a person would, and read back as the same', () => {
  expect([10_000_000_000, 1_500_000_000, 250_000, 60_000_000_000].map(durationText)).toEqual(['10s', '1500ms', '250us', '60s'])
  fc.assert(fc.property(fc.integer({ min: 1, max: 8_640_000_000_000 }), (nanos) => parseDuration(durationText(nanos)) === nanos))
})

test.each([
  [() => parseJobs('0'), "--jobs '0' is not a number of workers"],
  [() => parseJobs('two'), "--jobs 'two' is not a number of workers"],
  [() => parseRuns('x'), "--runs 'x' is not a number of runs"],
  [() => parseDuration('soon', '--time'), "--time 'soon' is not a duration"],
])('%#: a number that is none is refused in a line', (parse, says) => expect(parse).toThrow(says))

test('numbers of workers and of runs are taken as they are', () => {
  expect(parseJobs('8')).toBe(8)
  expect(parseRuns('100')).toBe(100)
})
