import { RealHost } from 'seedfall/real'
import { expect, test } from 'vitest'
import { RealHost as Source } from '../../sim/real/index.js'

test('seedfall/real is the real host', () => {
  expect(RealHost).toBe(Source)
})
