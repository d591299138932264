import path from 'node:path/posix'
import type ts from 'typescript'
import { type Finding, findingAt, importsOf } from './source-program.js'

/**
 * Refuses imports against the direction of the layers: sim <- systems <- invariants <- scenarios <- cli, test, bench, examples, tools.
 * A system sees of the framework only what a process and its scenario need: the Host seam, `Machine`, histories and `protocol`.
 */
export function checkLayering(files: ReadonlyMap<string, ts.SourceFile>): Finding[] {
  const findings: Finding[] = []
  for (const [file, source] of files) {
    const layer = layerOf(file)
    if (!layer) continue
    for (const { specifier, node, typeOnly } of importsOf(source)) {
      // A type leaves nothing behind to run.
      if (typeOnly && specifier.startsWith('node:')) continue
      const refusal = refuse(file, layer, specifier)
      if (refusal) findings.push(findingAt(source, node, refusal))
    }
  }
  return findings
}

interface Layer {
  readonly name: string
  /** Folders, or single files of them, that it may import beside its own. */
  readonly mayImport: readonly string[]
  /** Its sub-folders are apart from each other unless listed. */
  readonly apart?: boolean
}

const layers: readonly Layer[] = [
  { name: 'sim', mayImport: [] },
  {
    name: 'systems',
    apart: true,
    mayImport: ['sim/host', 'sim/check/machine.ts', 'sim/check/history.ts', 'sim/run/scenario.ts', 'systems/raft'],
  },
  { name: 'invariants', mayImport: ['sim', 'systems'] },
  { name: 'scenarios', mayImport: ['sim', 'systems', 'invariants'] },
  { name: 'cli', mayImport: ['sim', 'systems', 'invariants', 'scenarios'] },
  { name: 'bench', mayImport: ['sim', 'systems', 'invariants', 'scenarios', 'cli/trace-file.ts'] },
  { name: 'tools', mayImport: ['sim', 'systems', 'invariants', 'scenarios', 'cli', 'test/plants'] },
  { name: 'test', mayImport: ['sim', 'systems', 'invariants', 'scenarios', 'cli', 'bench', 'examples', 'tools'] },
  { name: 'examples', mayImport: [] },
]

/** The machine's own clocks, sockets and files: what runs in a simulation never reaches it. */
const realFolder = 'sim/real'
const mayBeReal: readonly string[] = ['cli', 'test', 'bench', 'tools']
/** What judges and keeps runs may use files: where test runners start them, and the command line. */
const nodeFolder = 'sim/run/node'
const testRunners: readonly string[] = ['sim/run/vitest.ts', 'sim/run/fast-check.ts', 'sim/run/testing.ts']

const layerOf = (file: string): Layer | undefined => layers.find(({ name }) => file.startsWith(`${name}/`))

function refuse(file: string, layer: Layer, specifier: string): string | undefined {
  const isReal = file.startsWith(`${realFolder}/`)
  const isNode = file.startsWith(`${nodeFolder}/`)
  if (!specifier.startsWith('.')) {
    if (layer.name === 'sim' && !isReal && !isNode && specifier.startsWith('node:'))
      return `imports ${specifier}; in sim/ only ${realFolder}/ and ${nodeFolder}/ may use Node's modules`
    const ownPackage = specifier === 'seedfall' || specifier.startsWith('seedfall/')
    if (ownPackage && layer.name !== 'examples' && layer.name !== 'test')
      return `${layer.name}/ imports its own package by name; import the file: it would load a second copy`
    return
  }
  const target = path.join(path.dirname(file), specifier).replace(/\.js$/, '.ts')
  if (target.startsWith('..')) return `imports ${target}, which is outside the repository`
  if (target.startsWith(`${realFolder}/`) && !isReal && !mayBeReal.includes(layer.name))
    return `${layer.name}/ must not import ${target}: it has to run in a simulation`
  if (target.startsWith(`${nodeFolder}/`) && !isNode && !testRunners.includes(file) && !mayBeReal.includes(layer.name))
    return `${file} must not import ${target}: only test runners and the command line use files`
  const home = layer.apart ? file.split('/').slice(0, 2).join('/') : layer.name
  const allowed = [home, ...layer.mayImport]
  if (allowed.some((folder) => target === folder || target.startsWith(`${folder}/`))) return
  return `${home}/ must not import ${target}; it may import ${allowed.join(', ')}`
}
