import { expect, test } from 'vitest'
import type { RegisterOp } from '../../../../sim/check/linearizability/models.js'
import { historyAsSvg } from '../../../../sim/check/picture/svg-picture.js'
import { historyAsText } from '../../../../sim/check/picture/text-picture.js'
import { failed, ok, record, unknown } from '../sessions/records.js'

const write = record<RegisterOp, unknown>(1, { f: 'write', value: 7 }, 1, 4, ok(true))
const lost = record<RegisterOp, unknown>(3, { f: 'write', value: '<&>' }, 2, 0, unknown)
const read = record<RegisterOp, unknown>(2, { f: 'read' }, 3, 6, ok(7))
const stale = record<RegisterOp, unknown>(1, { f: 'read' }, 7, 9, ok(0))
const refused = record<RegisterOp, unknown>(2, { f: 'write', value: 8 }, 8, 10, failed)
const history = [write, lost, read, stale, refused]
const options = { at: stale as never, order: [write, read] as never }

test('a history as text has a lane for each client, and what overlaps in time overlaps', () => {
  expect(historyAsText(history, { ...options, width: 90 })).toBe(
    [
      '          0.001 s to 0.010 s',
      'client-1  ├ 1. write 7 ─┤   ├ ✗ read → 0 ─┤',
      'client-2    ├ 2. read → 7 ─┤ ├ write 8 ╌╌╌╌┤',
      'client-3   ├ write "<&>" ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄',
    ].join('\n'),
  )
})

test('times that milliseconds would hide are told whole', () => {
  const quick = [write, read].map((one) => ({ ...one, invokedAt: one.invokedAt / 1e6, completedAt: one.completedAt! / 1e6 }))
  expect(historyAsText(quick).split('\n')[0]!.trim()).toBe('0.000000001 s to 0.000000006 s')
})

test('one that is wider than the terminal goes on below, and one that is longer is shown around the break', () => {
  const narrow = historyAsText(history, { ...options, width: 40 })
  for (const line of narrow.split('\n')) expect([...line].length).toBeLessThanOrEqual(42)
  expect(narrow.split('\n\n').length).toBeGreaterThan(1)
  const long = Array.from({ length: 200 }, (_, i) => record<RegisterOp, unknown>(1, { f: 'write', value: i }, 2 * i + 1, 2 * i + 2, ok(true)))
  const shown = historyAsText(long, { at: long[150] as never, most: 20 })
  expect(shown).toContain('✗ write 150')
  expect(shown).toContain('(180 operations are left out)')
})

test('as SVG it is one well-formed document, with the break marked', () => {
  const svg = historyAsSvg(history, { ...options, title: 'a < b' })
  expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true)
  expect(svg).toContain('a &lt; b')
  expect(svg).toContain('&lt;&amp;&gt;')
  expect(svg.match(/<g class="broken">/g)).toHaveLength(1)
  expect(svg.match(/<g class="(ok|unknown|fail)">/g)).toHaveLength(4)
  expect(svg).toContain('class="break"')
  // Every element is closed, in its order.
  const open: string[] = []
  for (const [, end, name, self] of svg.matchAll(/<(\/?)([a-zA-Z]+)[^>]*?(\/?)>/g)) {
    if (end) expect(open.pop()).toBe(name)
    else if (!self) open.push(name!)
  }
  expect(open).toEqual([])
})
