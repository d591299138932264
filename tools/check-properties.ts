import { readdirSync } from 'node:fs'
import path from 'node:path'
import { catalogueOfSources, type PropertyCatalogue } from '../sim/run/catalogue/catalogue.js'
import { sourceFiles, stockScenarioFiles } from '../sim/run/node/source-files.js'
import { repository } from './repository.js'

/** Where processes and scenarios are, whose properties have to be listed. */
const folders = ['systems', 'invariants', 'scenarios', 'examples']

/**
 * Refuses properties whose name is not written out, names that mean two kinds of property anywhere in the tree, and what a scenario's `mustMeet` asks for and
 * its own sources never state. One check for the tree, and one a scenario.
 */
export function checkProperties(): { passed: number; failed: number; complaints: string[] } {
  const catalogues = [filesIn(folders), ...[...stockScenarioFiles().values()].map((file) => [file])].map((files) =>
    catalogueOfSources(files, sourceFiles(repository)),
  )
  const wrong = catalogues.map(complaintsOf).filter((complaints) => complaints.length > 0)
  return { passed: catalogues.length - wrong.length, failed: wrong.length, complaints: [...new Set(wrong.flat())] }
}

/** What is refused in a catalogue, a line each: a place that hides a property, and an import that nobody could follow. */
export function complaintsOf({ findings, notFollowed }: PropertyCatalogue): string[] {
  return [
    ...findings.map(({ file, line, column, message }) => `${file}:${line}:${column} ${message}`),
    ...notFollowed.map(({ file, line, column, specifier }) => `${file}:${line}:${column} imports ${specifier}, which leads nowhere`),
  ]
}

function filesIn(names: readonly string[]): string[] {
  return names.flatMap((name) =>
    readdirSync(path.join(repository, name), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => path.join(repository, name, file)),
  )
}
