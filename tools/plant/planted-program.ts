import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import { repository } from '../repository.js'
import type { HuntRange, Plant } from './plant.js'
import { substitute } from './substitute.mjs'

/** A program in one file that hunts a plant: its subject and all that it loads, the mistake among it. */
export interface PlantedProgram extends Disposable {
  readonly file: string
}

/** Compiles it into a temporary folder; the tree stays as it is. Rejects when the mistake cannot be planted, or is in no module of the subject's. */
export async function plantedProgram(plant: Plant, range: HuntRange): Promise<PlantedProgram> {
  const folder = mkdtempSync(path.join(tmpdir(), 'seedfall-plant-'))
  const file = path.join(folder, 'hunt.mjs')
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  const planted = path.join(repository, plant.file)
  const text = substitute({ ...plant, file: planted }, readFileSync(planted, 'utf8'))
  let isPlanted = false
  try {
    await build({
      stdin: { contents: entry(plant, range), resolveDir: repository, loader: 'ts', sourcefile: 'hunt.ts' },
      outfile: file,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      alias: { seedfall: path.join(repository, 'sim/index.ts') },
      plugins: [
        {
          name: 'plant',
          setup({ onLoad }) {
            onLoad({ filter: /\.ts$/ }, ({ path: loaded }) => {
              if (loaded !== planted) return undefined
              isPlanted = true
              return { contents: text, loader: 'ts' }
            })
          },
        },
      ],
      // Packages in CommonJS ask for Node's modules by `require`.
      banner: { js: "import { createRequire as $createRequire } from 'node:module'; const require = $createRequire(import.meta.url);" },
      logLevel: 'error',
    })
    if (!isPlanted) throw new Error(`${plant.subject} never loads ${plant.file}: nothing was planted`)
  } catch (error) {
    remove()
    throw error
  }
  return { file, [Symbol.dispose]: remove }
}

const entry = (plant: Plant, range: HuntRange): string => `
import * as subject from './${plant.subject}'
import { search } from './tools/plant/search.js'

process.stdout.write(JSON.stringify(await search(${JSON.stringify(plant)}, subject, ${JSON.stringify(range)})) + '\\n')
process.exit()
`
