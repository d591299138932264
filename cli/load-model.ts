import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isModelFamily, type ModelFamily } from '../sim/check/model-family.js'
import { nearest } from '../sim/report/nearest.js'
import { BadInput } from './bad-input.js'
import { isScenarioFile } from './load-scenario.js'
import { readTypeScript } from './type-script.js'

/** Of the form that runs: what is built need not be compiled as it is loaded. */
const stockFolder = fileURLToPath(new URL('../examples/models', import.meta.url))
const suffix = import.meta.url.endsWith('.ts') ? '.model.ts' : '.model.js'

/** Names that other tools and papers have for the models in the box. */
const otherNames: Readonly<Record<string, string>> = {
  '2pc': 'two-phase-commit',
  abd: 'abd-register',
  'linearizable-register': 'abd-register',
  'single-decree-paxos': 'paxos',
  'single-copy': 'single-copy-register',
  'increment-race': 'increment',
  'increment-with-lock': 'increment-lock',
  philosophers: 'dining-philosophers',
  'raft-core': 'raft',
}

/** The models in the box, by name. */
export function stockModels(): Map<string, string> {
  const files = readdirSync(stockFolder)
    .filter((file) => file.endsWith(suffix))
    .sort()
  return new Map(files.map((file) => [file.slice(0, -suffix.length), path.join(stockFolder, file)]))
}

export interface LoadedModel {
  readonly family: ModelFamily
  /** Of a model that is none of Seedfall's own. */
  readonly file?: string
}

/** A model in the box by its name, or a file by its path. */
export async function loadModel(name: string, folder: string): Promise<LoadedModel> {
  if (isScenarioFile(name)) return { family: await loadFile(path.resolve(folder, name), name, folder), file: name }
  const stock = stockModels()
  const file = stock.get(otherNames[name] ?? name)
  if (file !== undefined) return { family: await loadFile(file, name, folder) }
  const guess = nearest(name, [...stock.keys(), ...Object.keys(otherNames)])
  throw new BadInput(
    `there is no model '${name}': ${guess ? `did you mean ${guess}?` : `there are ${[...stock.keys()].join(', ')}.`} A file of your own is named by its path, ${name}.model.ts`,
  )
}

async function loadFile(absolute: string, name: string, folder: string): Promise<ModelFamily> {
  if (!existsSync(absolute) || !statSync(absolute).isFile()) throw new BadInput(`${name}: no such file; the path is taken from ${folder}`)
  if (absolute.endsWith('.ts')) await readTypeScript()
  let module: { default?: unknown }
  try {
    module = (await import(pathToFileURL(absolute).href)) as { default?: unknown }
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    throw new BadInput(`${name}: throws when it is loaded: ${text.split('\n').find((line) => line.trim() !== '')}`)
  }
  const exported = typeof module.default === 'object' && module.default !== null && 'default' in module.default ? module.default.default : module.default
  if (!isModelFamily(exported))
    throw new BadInput(`${name}: its default export is not a model: write 'export default modelFamily({ … })' with modelFamily from 'seedfall'`)
  return exported
}
