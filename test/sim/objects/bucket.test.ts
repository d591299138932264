import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ObjectStoreError } from '../../../sim/host/errors.js'
import { Bucket } from '../../../sim/objects/bucket.js'
import { compareKeys, requireKey } from '../../../sim/objects/object-rules.js'

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 4, unit: 'binary' }),
  fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('a', 'b', '/') }),
)
const key = text.filter((each) => !each.includes('\0'))

test('keys sort as their UTF-8 bytes do', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)))
    }),
  )
})

test('a key is refused exactly when UTF-8 makes more than 1,024 bytes of it', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 250, maxLength: 1100, unit: fc.constantFrom('a', 'é', '€', '\u{1f600}') }), (long) => {
      const refuse = () => requireKey(long)
      if (Buffer.byteLength(long) > 1024) expect(refuse).toThrow('at most 1024 bytes')
      else expect(refuse).not.toThrow()
    }),
  )
})

const change = fc.record({
  kind: fc.constantFrom('put', 'put-new', 'swap', 'delete', 'upload'),
  key,
  byte: fc.integer({ min: 0, max: 3 }),
  isRight: fc.boolean(),
})

test('a bucket holds what a plain map would, and its pages are the map in order', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), text, fc.integer({ min: 1, max: 5 }), (changes, prefix, limit) => {
      const bucket = new Bucket({ leastPartBytes: 1 })
      const map = new Map<string, string>()
      for (const { kind, key: name, byte, isRight } of changes) {
        const body = new Uint8Array([byte])
        const etag = bucket.head(name)?.etag
        const act = (isAllowed: boolean, run: () => void) => {
          if (isAllowed) run()
          else expect(run).toThrow(ObjectStoreError)
          if (isAllowed) map.set(name, String(byte))
        }
        if (kind === 'put') act(true, () => bucket.put(name, body, {}, 0))
        else if (kind === 'put-new') act(!map.has(name), () => bucket.put(name, body, { ifNoneMatch: '*' }, 0))
        else if (kind === 'swap') act(isRight && etag !== undefined, () => bucket.put(name, body, { ifMatch: isRight ? (etag ?? 'none') : 'wrong' }, 0))
        else if (kind === 'upload') {
          const id = bucket.createUpload(name, 0)
          const parts = [bucket.uploadPart(name, id, 1, body)]
          act(true, () => bucket.completeUpload(name, id, parts, {}, 0))
        } else {
          bucket.delete(name, undefined)
          map.delete(name)
        }
      }
      for (const wanted of ['', prefix]) {
        const keys: string[] = []
        for (let from: string | null = ''; from !== null; ) {
          const page = bucket.list(wanted, from, limit)
          expect(page.objects.length).toBeLessThanOrEqual(limit)
          keys.push(...page.objects.map((object) => object.key))
          from = page.next
        }
        const expected = [...map.keys()].filter((each) => each.startsWith(wanted)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
        expect(keys).toEqual(expected)
      }
      for (const [name, byte] of map) expect(String(bucket.get(name, {})?.body[0])).toBe(byte)
    }),
  )
})

test('content that differs has another ETag, as far as 64 bits tell', () => {
  const bucket = new Bucket()
  const etags = new Set<string>()
  for (let i = 0; i < 20_000; i++) etags.add(bucket.put('a', new Uint8Array([i & 0xff, i >> 8]), {}, 0).etag)
  expect(etags.size).toBe(20_000)
})
