import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { installTraps } from '../sim/ambient/install-traps.js'
import { Misuse } from '../sim/host/errors.js'
import { nearest } from '../sim/report/nearest.js'
import { checkScenario } from '../sim/run/check-scenario.js'
import { type AnyScenario, isScenario } from '../sim/run/scenario.js'
import { BadInput } from './bad-input.js'
import { readTypeScript } from './type-script.js'

/** A scenario, and the file it came from when it is none of Seedfall's own. */
export interface LoadedScenario {
  readonly scenario: AnyScenario
  readonly file?: string
}

export const isScenarioFile = (name: string): boolean => /\.[cm]?[jt]s$/.test(name)

/** One of Seedfall's own scenarios by its name, or a file by its path. */
export async function loadScenario(name: string, folder: string): Promise<LoadedScenario> {
  return isScenarioFile(name) ? { scenario: await loadScenarioFile(name, folder), file: name } : { scenario: await loadStockScenario(name) }
}

export async function stockScenarios(): Promise<readonly AnyScenario[]> {
  const { scenarios } = await import('../scenarios/index.js')
  return scenarios
}

async function loadStockScenario(name: string): Promise<AnyScenario> {
  const { scenarios, otherNames } = await import('../scenarios/index.js')
  const ownName = Object.hasOwn(otherNames, name) ? otherNames[name] : name
  const found = scenarios.find((scenario) => scenario.name === ownName)
  if (found) return found
  const names = scenarios.map((scenario) => scenario.name)
  const guess = nearest(name, names)
  throw new BadInput(
    `there is no scenario '${name}': ${guess ? `did you mean ${guess}?` : `there are ${names.join(', ')}.`} A file of your own is given by its path: ${name}.scenario.ts`,
  )
}

async function loadScenarioFile(file: string, folder: string): Promise<AnyScenario> {
  const absolute = path.resolve(folder, file)
  if (!existsSync(absolute) || !statSync(absolute).isFile()) throw new BadInput(`${file}: no such file; the path is taken from ${folder}`)
  await readTypeScript()
  // A dependency that keeps `Date.now` for itself when it is loaded shall keep the trap.
  installTraps()
  let module: { default?: unknown }
  try {
    module = (await import(pathToFileURL(absolute).href)) as { default?: unknown }
  } catch (error) {
    throw new BadInput(`${file}: throws when it is loaded: ${firstLine(error)}${placeIn(absolute, error)}`)
  }
  return shaped(file, unwrapped(module.default))
}

/** A file in a package of CommonJS modules is compiled to one: its exports come wrapped once more. */
function unwrapped(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'default' in value ? value.default : value
}

function shaped(file: string, value: unknown): AnyScenario {
  if (!isScenario(value))
    throw new BadInput(`${file}: its default export is not a scenario: write 'export default scenario({ … })' with scenario from 'seedfall'`)
  try {
    checkScenario(value)
  } catch (error) {
    if (error instanceof Misuse) throw new BadInput(`${file}: ${error.message}`)
    throw error
  }
  return value
}

const firstLine = (error: unknown): string => {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  // The compiler's first line only counts its errors.
  const syntax = compilerError.exec(text)
  if (syntax !== null) return `SyntaxError: ${syntax[2]}, at ${path.basename(syntax[1] as string)}`
  return text
    .split('\n')
    .find((line) => line.trim() !== '')!
    .trim()
}

const compilerError = /^(.*:\d+:\d+): ERROR: (.+)$/m

/** The line of the file that the error came from, when its stack knows. */
function placeIn(absolute: string, error: unknown): string {
  if (error instanceof Error && compilerError.test(error.message)) return ''
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const at = stack.indexOf(`${absolute}:`)
  const place = at < 0 ? null : /^:(\d+(?::\d+)?)/.exec(stack.slice(at + absolute.length))
  return place ? ` (line ${place[1]})` : ''
}

/** The scenario of a replay, by its file or its name. Throws `BadInput`. */
export async function scenarioOf(kept: { readonly file?: string | undefined; readonly scenario: string }, home: string): Promise<LoadedScenario> {
  const loaded = await loadScenario(kept.file ?? kept.scenario, home)
  const { name } = loaded.scenario
  if (name !== kept.scenario) throw new BadInput(`${kept.file} has the scenario '${name}' now, and what is kept is of '${kept.scenario}'`)
  return loaded
}
