import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))
const parts = ['sim', 'systems', 'invariants', 'scenarios', 'cli', 'examples/models']
/** Made before the compiler reads the first source. */
const stamp = 'dist/.begun'

/**
 * Imports one of Seedfall's own modules, by its path from the root without its ending. In the package that is its built form; in the repository, too, as long as
 * no source is newer than it, since the sources take two seconds to be compiled as they are loaded.
 */
export async function importOwn(name) {
  const isBuilt = usesBuiltForm()
  globalThis[Symbol.for('seedfall.readTypeScript')] = () => readTypeScript(isBuilt)
  if (!isBuilt) await readTypeScript(false)
  return await import(new URL(isBuilt ? `../dist/${name}.js` : `../${name}.ts`, import.meta.url).href)
}

/** In the repository `SEEDFALL_FORM=sources` asks for the sources, whatever was built. */
export function usesBuiltForm() {
  const isRepository = existsSync(path.join(root, 'cli/main.ts'))
  return !isRepository || (process.env.SEEDFALL_FORM !== 'sources' && isBuiltFormCurrent())
}

/** Of the repository: whether it was built, and no source has changed since. */
export function isBuiltFormCurrent(repository = root) {
  const begun = statSync(path.join(repository, stamp), { throwIfNoEntry: false })
  if (begun === undefined) return false
  return parts.every((part) =>
    readdirSync(path.join(repository, part), { recursive: true }).every(
      (file) => !file.endsWith('.ts') || statSync(path.join(repository, part, file)).mtimeMs < begun.mtimeMs,
    ),
  )
}

let reading

/** Makes files in TypeScript loadable, once: scenario and model files are, and the sources. */
function readTypeScript(isBuilt) {
  reading ??= register(isBuilt)
  return reading
}

async function register(isBuilt) {
  const isRepository = existsSync(path.join(root, 'tsconfig.json'))
  if (isRepository) process.env.TSX_TSCONFIG_PATH ??= path.join(root, 'tsconfig.json')
  const [commonJs, modules] = await Promise.all([import('tsx/cjs/api'), import('tsx/esm/api')])
  commonJs.register()
  modules.register()
  await import('./quick-names.mjs')
  if (isBuilt && isRepository) await import('./built-names.mjs')
}
