/** Writes the table of fault kinds into docs/world-model.md: `npx tsx tools/fault-table.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FaultDefinition } from '../sim/faults/definition.js'
import { stockDefinitions } from '../sim/faults/kinds/index.js'
import { repository } from './repository.js'

export const worldModel = path.join(repository, 'docs/world-model.md')

/** One row a kind, in the order of reports, from the definitions themselves. */
export function faultTable(definitions: readonly FaultDefinition[] = stockDefinitions): string {
  const rows = definitions.map(({ kind, meaning, options }) => `| \`${kind}\` | ${escaped(meaning)} | ${Object.keys(options).join(', ')} |`)
  return ['| kind | what happens | options |', '| --- | --- | --- |', ...rows].join('\n')
}

const escaped = (text: string): string => text.replaceAll('|', '\\|')

const begin = '<!-- fault kinds -->'
const end = '<!-- end of fault kinds -->'

/** The page with the table between its marks brought up to date. */
export function withFaultTable(page: string): string {
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`the page has no place for the table: '${begin}' and '${end}' on lines of their own`)
  return `${page.slice(0, from + begin.length)}\n${faultTable()}\n${page.slice(to)}`
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(worldModel, withFaultTable(readFileSync(worldModel, 'utf8')))
}
