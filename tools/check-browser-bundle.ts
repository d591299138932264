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
  }).catch((error: { errors?: { text: string; location: { file: string; line: number } | null }[] }) => {
    if (!error.errors) throw error
    return error.errors.map(({ text, location }) => `${location ? `${location.file}:${location.line} ` : ''}${text}`)
  })
  if (Array.isArray(built)) return built
  const [output] = built.outputFiles
  return [...nodeImports(built.metafile), ...nodeGlobals(output!.text)]
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

/** Node's globals that the bundle names without a guard such as `typeof`, with the line of the bundle's text. */
function nodeGlobals(text: string): string[] {
  const source = ts.createSourceFile('bundle.js', text, ts.ScriptTarget.ES2022, true)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && nodeOnly.has(node.text) && !isMember(node) && !ts.isTypeOfExpression(node.parent)) {
      const start = source.getLineAndCharacterOfPosition(node.getStart(source))
      found.push(`the bundle names ${node.text}: ${source.text.split('\n')[start.line]!.trim().slice(0, 120)}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const nodeOnly = new Set(['Buffer', 'process', '__dirname', '__filename', 'setImmediate'])

const isMember = (node: ts.Identifier): boolean =>
  (ts.isPropertyAccessExpression(node.parent) ||
    ts.isPropertyAssignment(node.parent) ||
    ts.isMethodDeclaration(node.parent) ||
    ts.isPropertyDeclaration(node.parent)) &&
  node.parent.name === node
