import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shortText } from '../../../sim/run/short-text.js'

test('what fits is written as JSON writes it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const json = JSON.stringify(value)
      // JSON knows no negative zero, and neither does a trace.
      fc.pre(!json.includes('__proto__') && Object.is(JSON.parse(json), value) === Object.is(value, JSON.parse(json)))
      const text = shortText(value)
      if (json.length <= 120) expect(text).toBe(json)
      else {
        expect(text).toHaveLength(120)
        expect(text.endsWith('...')).toBe(true)
        expect(json.startsWith(text.slice(0, 100))).toBe(true)
      }
    }),
  )
})

test('bytes, maps, sets and large integers have a text too, and nothing has none', () => {
  expect(shortText({ bytes: new Uint8Array(3), map: new Map([['a', 1]]), set: new Set([2n]), nothing: undefined })).toBe(
    '{"bytes":"<3 bytes>","map":{"a":1},"set":[2]}',
  )
  expect(shortText(undefined)).toBe('')
})

test('a value of a million items costs no more than its first ones', () => {
  let read = 0
  const items = {
    *[Symbol.iterator]() {
      for (;;) {
        read++
        yield read
      }
    },
  }
  expect(shortText(Object.assign(new Set(), items))).toHaveLength(120)
  expect(read).toBeLessThan(100)
})
