import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Sources } from '../catalogue/catalogue.js'

const running = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..')
/** The folder of `sim/`, `systems/` and the others: the repository's root, also while its built form runs, or `dist` of the package. */
const home = existsSync(path.join(running, '../sim/index.ts')) ? path.dirname(running) : running
/** The framework itself states no properties. */
const framework = path.join(home, 'sim') + path.sep

/**
 * The sources on this machine. Relative imports are followed as TypeScript resolves them; of packages those that are the user's own (linked from a
 * workspace), Seedfall's systems, and those that depend on Seedfall. Files are absolute paths; a catalogue shows them from `folder`.
 */
export function sourceFiles(folder: string): Sources {
  return {
    read: (file) => readFileSync(file, 'utf8'),
    resolve: (specifier, from) => resolved(specifier, from),
    show: (file) => path.relative(folder, file).split(path.sep).join('/'),
  }
}

function resolved(specifier: string, from: string): string | 'library' | null {
  if (isBuiltin(specifier)) return 'library'
  if (specifier.startsWith('.') || specifier.startsWith('/')) return own(fileAt(path.resolve(path.dirname(from), specifier)))
  const system = /^seedfall\/([a-z-]+)$/.exec(specifier)?.[1]
  if (specifier === 'seedfall') return 'library'
  if (system !== undefined) return fileAt(path.join(home, 'systems', system, 'index.js')) ?? 'library'
  if (specifier.startsWith('#')) return own(required(specifier, from))
  const [name = ''] = /^(@[^/]+\/)?[^/]+/.exec(specifier) ?? []
  const manifest = manifestOf(name, path.dirname(from))
  if (manifest === null) return null
  return isUsers(manifest) ? own(required(specifier, from)) : 'library'
}

/** Data states nothing. */
const own = (file: string | null): string | 'library' | null => (file?.startsWith(framework) || (file !== null && !isCode(file)) ? 'library' : file)
const isCode = (file: string): boolean => /\.[cm]?[jt]sx?$/.test(file)

/** Endings that TypeScript writes for another, and that a path without one may have. */
const endings: Readonly<Record<string, readonly string[]>> = {
  '.js': ['.ts', '.tsx', '.js', '.jsx'],
  '.mjs': ['.mts', '.mjs'],
  '.cjs': ['.cts', '.cjs'],
  '.jsx': ['.tsx', '.jsx'],
}
const anyEnding = ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs', '.jsx']

function fileAt(wanted: string): string | null {
  const ending = path.extname(wanted)
  const stem = wanted.slice(0, wanted.length - ending.length)
  const candidates = [
    ...(endings[ending] ?? []).map((other) => stem + other),
    wanted,
    ...anyEnding.map((other) => wanted + other),
    ...anyEnding.map((other) => path.join(wanted, `index${other}`)),
  ]
  return candidates.find((file) => existsSync(file) && statSync(file).isFile()) ?? null
}

function required(specifier: string, from: string): string | null {
  try {
    return realpathSync(createRequire(from).resolve(specifier))
  } catch {
    // No such file under the conditions of `require`: the caller is told that the import was not followed.
    return null
  }
}

/** The package.json of an installed package, its links resolved. */
function manifestOf(name: string, folder: string): string | null {
  for (let at = folder; ; at = path.dirname(at)) {
    const file = path.join(at, 'node_modules', name, 'package.json')
    if (existsSync(file)) return realpathSync(file)
    if (path.dirname(at) === at) return null
  }
}

function isUsers(manifest: string): boolean {
  if (!manifest.split(path.sep).includes('node_modules')) return true
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, Record<string, string> | undefined>
  return dependencies?.seedfall !== undefined || peerDependencies?.seedfall !== undefined
}

/** The files of Seedfall's own scenarios, by their names. */
export function stockScenarioFiles(): ReadonlyMap<string, string> {
  const folder = path.join(home, 'scenarios')
  const found = readdirSync(folder).flatMap((file): [string, string][] => {
    const [, name] = /^([a-z-]+)\.scenario\.[jt]s$/.exec(file) ?? []
    return name === undefined ? [] : [[name, path.join(folder, file)]]
  })
  return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)))
}
