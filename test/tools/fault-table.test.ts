import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { stockDefinitions } from '../../sim/faults/kinds/index.js'
import { faultTable, withFaultTable, worldModel } from '../../tools/fault-table.js'

test("docs/world-model.md lists every fault kind with its definition's meaning: npx tsx tools/fault-table.ts", () => {
  const page = readFileSync(worldModel, 'utf8')
  expect(withFaultTable(page)).toBe(page)
  for (const { kind } of stockDefinitions) expect(page).toContain(`| \`${kind}\` |`)
})

test('a meaning is one line that says something', () => {
  for (const { kind, meaning } of stockDefinitions) expect([kind, /^[^\n|]{20,240}$/.test(meaning)]).toEqual([kind, true])
  expect(faultTable([]).split('\n')).toHaveLength(2)
})

test('a page without a place for the table is refused', () => {
  expect(() => withFaultTable('# World\n')).toThrow('no place for the table')
})
