import fc from 'fast-check'
import { expect, test } from 'vitest'
import { durationText, parseDuration } from '../../cli/option-values.js'

test('a duration is written as a person would, and read back as the same', () => {
  expect([10_000_000_000, 1_500_000_000, 250_000, 60_000_000_000].map(durationText)).toEqual(['10s', '1500ms', '250us', '60s'])
  fc.assert(fc.property(fc.integer({ min: 1, max: 8_640_000_000_000 }), (nanos) => parseDuration(durationText(nanos)) === nanos))
})
