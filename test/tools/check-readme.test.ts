import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { stockFaults } from '../../sim/index.js'
import { blocksOf, pages } from '../../tools/check-readme.js'

test('blocks are found with their language, words and lines', () => {
  expect(blocksOf('a\n```sh in=x exit=1\nnpx one\nnpx two\n```\n\n```\nplain\n```\n')).toEqual([
    { language: 'sh', words: { in: 'x', exit: '1' }, text: 'npx one\nnpx two', line: 2 },
    { language: '', words: {}, text: 'plain', line: 7 },
  ])
})

test('a block that is never closed is refused', () => {
  expect(() => blocksOf('```sh\nnpx one\n')).toThrow('the block at line 1 is never closed')
})

test('the README has its commands in blocks that are run', () => {
  const commands = blocksOf(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')).filter(({ language }) => language === 'sh')
  expect(commands.map(({ text }) => text)).toContain('npm ci && npm run sim -- --seed 42')
  expect(commands.length).toBeGreaterThan(8)
})

test('the pages of docs/ follow the README, and what they do not run is a service', () => {
  expect(pages().slice(0, 2)).toEqual(['README.md', 'docs/ci.md'])
  expect(pages()).toContain('docs/writing-a-system.md')
  const unrun = pages().flatMap((page) => blocksOf(readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8')).filter(({ words }) => words.run === 'no'))
  for (const { text } of unrun) expect(text).toMatch(/seedfall (orchestrator )?serve/)
})

test('the README links every page of docs/, and has a row for every family of faults', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const linked = [...readme.matchAll(/\]\((docs\/[\w-]+\.md)(?:#[\w-]+)?\)/g)].map(([, page]) => page)
  expect([...new Set(linked)].sort()).toEqual(pages().slice(1))
  const guides = readme.slice(readme.indexOf('## Guides'), readme.indexOf('\n## ', readme.indexOf('## Guides') + 1))
  for (const page of pages().slice(1)) expect(guides).toContain(`](${page})`)
  const families = new Set(stockFaults.kinds.map((kind) => kind.split('.')[0] as string))
  const rows: Readonly<Record<string, string>> = { net: 'network', conn: 'network', store: 'object store' }
  for (const family of families) expect(readme).toContain(`\n| ${rows[family] ?? family} | `)
})
