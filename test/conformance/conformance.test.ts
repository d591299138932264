import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { allCases } from './all-cases.js'
import { isDifference, type Kind } from './conformance-case.js'
import { conformancePage } from './conformance-page.js'
import { runCase } from './run-case.js'

describe.each<Kind>(['simulated', 'real'])('on %s hosts', (kind) => {
  test.each(allCases.map((subject) => [subject.area, subject.name, subject] as const))('%s: %s', async (_area, _name, subject) => {
    const { seen } = subject
    expect(await runCase(subject, kind)).toStrictEqual(isDifference(seen) ? seen[kind] : seen)
  })
})

test('docs/conformance.md says what is checked and what differs; SEEDFALL_WRITE_PAGE=1 writes it anew', () => {
  const file = fileURLToPath(new URL('../../docs/conformance.md', import.meta.url))
  const page = conformancePage(allCases)
  if (process.env.SEEDFALL_WRITE_PAGE === '1') writeFileSync(file, page)
  expect(readFileSync(file, 'utf8')).toBe(page)
})
