import { expect, test } from 'vitest'
import { checkBrowserBundle } from '../../tools/check-browser-bundle.js'

test.each([
  ["import 'node:fs'", 'browser-entry.ts imports node:fs'],
  ["import 'fs'", 'Could not resolve "fs"'],
  ["export const bytes = Buffer.from('a')", 'the bundle names Buffer'],
  ['export const zone = process.env.TZ', 'the bundle names process'],
  ['export const broken = (', 'browser-entry.ts:1'],
])('%s is refused', async (contents, says) => {
  const [first] = await checkBrowserBundle({ contents })
  expect(first).toContain(says)
})

test.each([
  'export const run = (process: { env: string }) => process.env',
  'export const length = (message: { Buffer: number }) => message.Buffer',
  "import seedrandom from 'seedrandom'\nexport { seedrandom }",
  "export const inNode = typeof process !== 'undefined'",
])('%s is accepted', async (contents) => expect(await checkBrowserBundle({ contents })).toEqual([]))
