import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { type ExitCode, exitCodes } from '../sim/report/exit-code.js'
import { nearest } from '../sim/report/nearest.js'
import { catalogueOfSources, type PropertyCatalogue, placeText } from '../sim/run/catalogue/catalogue.js'
import { sourceFiles, stockScenarioFiles } from '../sim/run/node/source-files.js'
import { BadInput } from './bad-input.js'
import { isScenarioFile } from './load-scenario.js'
import type { Terminal } from './terminal.js'

export interface PropertiesFlags {
  readonly json?: boolean
  readonly sites?: boolean
}

/**
 * `properties [scenarios…]`: what the sources of each scenario state, read and not run. Without a name, of all of Seedfall's own. A name that cannot be listed
 * or means two things is a violation.
 */
export function listProperties(names: readonly string[], { json, sites }: PropertiesFlags, terminal: Terminal): ExitCode {
  const asked = names.length > 0 ? names : [...stockScenarioFiles().keys()]
  const found = asked.map((name) => ({ scenario: name, ...catalogueFor(name, terminal.folder) }))
  if (json)
    terminal.out(
      JSON.stringify(
        found.map(({ scenario, properties, sites: there, findings, notFollowed }) => ({
          scenario,
          properties,
          ...(sites ? { sites: there } : {}),
          findings,
          notFollowed,
        })),
      ),
    )
  else for (const one of found) terminal.out(describe(one, sites === true, terminal))
  return found.some(({ findings }) => findings.length > 0) ? exitCodes.violation : exitCodes.passed
}

/** What the sources of a scenario state, by its name or its file. Throws `BadInput`. */
export function catalogueFor(name: string, folder: string): PropertyCatalogue {
  return catalogueOfSources([fileOf(name, folder)], sourceFiles(folder))
}

function fileOf(name: string, folder: string): string {
  const stock = stockScenarioFiles()
  const known = stock.get(name)
  if (known !== undefined) return known
  if (!isScenarioFile(name)) {
    const names = [...stock.keys()]
    const guess = nearest(name, names)
    throw new BadInput(
      `there is no scenario '${name}': ${guess ? `did you mean ${guess}?` : `there are ${names.join(', ')}; a file of your own is named by its path`}`,
    )
  }
  const file = path.resolve(folder, name)
  if (!existsSync(file) || !statSync(file).isFile()) throw new BadInput(`${name}: no such file; the path is taken from ${folder}`)
  return file
}

function describe(
  { scenario, properties, sites, findings, notFollowed, files }: PropertyCatalogue & { readonly scenario: string },
  withSites: boolean,
  { paint }: Terminal,
): string {
  const rows = withSites ? [...properties, ...sites] : properties
  const width = Math.max(0, ...rows.map(({ name }) => name.length))
  const counted = (number: number, one: string, many: string) => `${number} ${number === 1 ? one : many}`
  const of = counted(properties.length, 'property', 'properties') + (withSites ? ` and ${counted(sites.length, 'site', 'sites')}` : '')
  const told = `${of} in ${files.length} ${files.length === 1 ? 'file' : 'files'}`
  return [
    `${paint.strong(scenario)}  ${told}`,
    ...rows.map((row) => `  ${row.kind.padEnd(11)}  ${row.name.padEnd(width)}  ${paint.faint(placeText(row))}`),
    ...findings.map((finding) => `  ${paint.bad('✗')} ${finding.file}:${finding.line}:${finding.column} ${finding.message}`),
    ...notFollowed.map(({ specifier, ...place }) => `  ${paint.faint(`not followed: ${specifier}, imported at ${placeText(place)}`)}`),
  ].join('\n')
}
