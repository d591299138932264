import { execFile } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { Command } from 'commander'
import { plants } from '../../test/plants/plants.js'
import { repository } from '../repository.js'
import { type HuntRange, type HuntResult, isExpected, type Plant } from './plant.js'
import { plantedProgram } from './planted-program.js'
import { shrunkRow } from './shrink-plant.js'

const folder = path.dirname(fileURLToPath(import.meta.url))

/**
 * Runs seeds of a plant's subject in a process of its own, with the mistake planted, until a check fails.
 * Rejects when the mistake cannot be planted, when its module is never loaded, or when the subject itself breaks.
 */
export async function hunt(plant: Plant, range: HuntRange, node: string = process.execPath): Promise<HuntResult> {
  if (range.shrinkJobs !== undefined) return huntAndShrink(plant, range, node)
  using program = await plantedProgram(plant, range).catch((error: Error) => {
    throw broken(plant, error.message)
  })
  // Awaited here: the program goes when this function ends.
  return await resultOf(plant, node, [program.file], {})
}

/** Worker threads load the scenario by its name, so here the mistake is planted into every module loader. */
function huntAndShrink(plant: Plant, range: HuntRange, node: string): Promise<HuntResult> {
  const loaders = [path.join(folder, 'register.mjs'), fileURLToPath(import.meta.resolve('tsx')), path.join(repository, 'cli/quick-names.mjs')].flatMap(
    (file) => ['--import', pathToFileURL(file).href],
  )
  return resultOf(plant, node, [...loaders, path.join(folder, 'hunter.ts')], {
    SEEDFALL_PLANT: JSON.stringify({ ...plant, file: path.join(repository, plant.file) }),
    SEEDFALL_HUNT: JSON.stringify(range),
    SEEDFALL_FORM: 'sources',
  })
}

async function resultOf(plant: Plant, node: string, words: readonly string[], more: NodeJS.ProcessEnv): Promise<HuntResult> {
  const { stdout, stderr } = await promisify(execFile)(node, [...words], { cwd: repository, env: { ...process.env, ...more }, maxBuffer: 1 << 24 }).catch(
    (error: { stderr?: string; message: string }) => {
      throw broken(plant, error.stderr?.trim() || error.message)
    },
  )
  if (process.env.SEEDFALL_SHRINK_PROGRESS) process.stderr.write(stderr)
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as HuntResult
}

const broken = ({ name }: Plant, why: string): Error => new Error(`the hunt for '${name}' broke: ${why}`)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await new Command('plants')
    .description('plants a mistake and runs seeds until a check catches it')
    .argument('[plant]', 'name of a plant in test/plants/plants.ts; all of them when not given')
    .option('--first-seed <n>', 'the first seed', Number, 1)
    .option('--seeds <n>', 'at most so many seeds', Number, 300)
    .option('--seconds <n>', 'begin no further seed after so many seconds', Number)
    .option('--shrink [jobs]', 'shrinks what is found, on so many threads (1), and prints a table', (text) => Number(text))
    .action(async (name: string | undefined, { shrink, ...given }: HuntRange & { readonly shrink?: number | true }) => {
      const range: HuntRange = { ...given, ...(shrink === undefined ? {} : { shrinkJobs: shrink === true ? 1 : shrink }) }
      const chosen = plants.filter((plant) => name === undefined || plant.name === name)
      if (chosen.length === 0) {
        process.stderr.write(`no plant is called '${name}'; there are ${plants.map((plant) => plant.name).join(', ')}\n`)
        process.exitCode = 2
      }
      for (const plant of chosen) {
        const result = await hunt(plant, range)
        process.stdout.write(shrink === undefined ? `${JSON.stringify(result)}\n` : shrunkRow(result))
        if (!isExpected(plant, result.check)) process.exitCode = 1
      }
    })
    .parseAsync()
}
