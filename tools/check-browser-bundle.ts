import path from 'node:path'
import { build, type Metafile } from 'esbuild'
import ts from 'typescript'
import { repository } from './repository.js'

/** The folders that a browser must be able to run. */
export const browserFolders: readonly string[] = ['sim/kernel', 'sim/host', 'sim/net', 'sim/disk', 'sim/faults']

/**
 * Bundles sources for a browser and says what would not run there: Node's modules, `Buffer`, `require`.
 * Packages are bundled too, so what they bring is judged as well. Paths are relative to the repository, `sources` a file that imports what is to be judged.
 */
export async function checkBrowserBundle(entry: { readonly contents: string } = { contents: entryOf(browserFolders) }): Promise<string[]> {
  const built = await build({
    stdin: { contents: entry.contents, resolveDir: repository, sourcefile: 'browser-entry.ts', loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    metafile: true,
    logLevel: 'silent',
    absWorkingDir: repository,
    external: ['node:*'],
    define: Object.fromEntries(nodeGlobals.map((name) => [name, marker + name])),
  }).catch((error: { errors?: { text: string; location: { file: string; line: number } | null }[] }) => {
    if (!error.errors) throw error
    return error.errors.map(({ text, location }) => `${location ? `${location.file}:${location.line} ` : ''}${text}`)
  })
  if (Array.isArray(built)) return built
  const [output] = built.outputFiles
  return [...nodeImports(built.metafile), ...globalUses(output!.text)]
}

/** A module that imports every source of the folders, so that nothing is left out for want of an importer. */
function entryOf(folders: readonly string[]): string {
  const files = folders.flatMap((folder) => ts.sys.readDirectory(path.join(repository, folder), ['.ts'])).filter((file) => !file.endsWith('.d.ts'))
  if (files.length === 0) throw new Error(`no sources in ${folders.join(', ')}`)
  return files.map((file, i) => `import * as module${i} from ${JSON.stringify(file)}\nexport { module${i} }`).join('\n')
}

function nodeImports(metafile: Metafile): string[] {
  return Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
    imports.filter(({ path, external }) => external && path.startsWith('node:')).map(({ path }) => `${file} imports ${path}`),
  )
}

/** What esbuild puts in place of Node's globals where they are free names, not somebody's own. */
const marker = '__only_in_node__'
const nodeGlobals = ['Buffer', 'process', '__dirname', '__filename', 'setImmediate', 'clearImmediate']

/** Node's globals that the bundle names, `typeof` aside, with the line of the bundle that does. */
function globalUses(text: string): string[] {
  return text.split('\n').flatMap((line) => {
    const used = nodeGlobals.filter((name) => line.replaceAll(`typeof ${marker}${name}`, '').includes(`${marker}${name}`))
    return used.map((name) => `the bundle names ${name}: ${line.trim().replaceAll(marker, '').slice(0, 120)}`)
  })
}
