import { type Finding, type Import, type Named, type Place, type ReadSource, readSource, type StatedProperty, type StatedSite } from './read-source.js'

/** Every property that the sources of a scenario state, known before any run. */
export interface PropertyCatalogue {
  /** By file, then by place. */
  readonly properties: readonly StatedProperty[]
  readonly sites: readonly StatedSite[]
  /** Names that cannot be listed, and names that mean two things. */
  readonly findings: readonly Finding[]
  /** Imports that lead nowhere, so that what they state is not listed. */
  readonly notFollowed: readonly Import[]
  /** Files that were read. */
  readonly files: readonly string[]
}

/** Where sources come from. Files are named by the caller, in one way each. */
export interface Sources {
  read(file: string): string
  /** The file that an import means. `library`: none of the user's, nothing in it states a property of theirs. Null: nobody knows. */
  resolve(specifier: string, from: string): string | 'library' | null
  /** What a file is called in the catalogue. */
  show(file: string): string
}

/** Reads the given files and all that they import, each once. The order of imports does not matter. */
export function catalogueOfSources(entries: readonly string[], sources: Sources): PropertyCatalogue {
  const read = new Map<string, ReadSource>()
  const notFollowed: Import[] = []
  const waiting = [...entries]
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (read.has(file)) continue
    const source = readSource(sources.show(file), sources.read(file))
    read.set(file, source)
    for (const one of source.imports) {
      const target = sources.resolve(one.specifier, file)
      if (target === null) notFollowed.push(one)
      else if (target !== 'library') waiting.push(target)
    }
  }
  const all = [...read.values()]
  const properties = all.flatMap((source) => source.properties).sort(byPlace)
  return {
    properties,
    sites: all.flatMap((source) => source.sites).sort(byPlace),
    findings: [
      ...all.flatMap((source) => source.findings),
      ...namesOfTwoKinds(properties),
      ...neverStated(
        all.flatMap((source) => source.mustMeet),
        properties,
      ),
    ].sort(byPlace),
    notFollowed: notFollowed.sort(byPlace),
    files: [...read.keys()].map((file) => sources.show(file)).sort(),
  }
}

/** A name is one property: a run counts it once, whatever states it. */
function namesOfTwoKinds(properties: readonly StatedProperty[]): Finding[] {
  const first = new Map<string, StatedProperty>()
  const findings: Finding[] = []
  for (const property of properties) {
    const { kind, name, file, line, column } = property
    const known = first.get(name)
    if (known === undefined) first.set(name, property)
    else if (known.kind !== kind)
      findings.push({
        file,
        line,
        column,
        message: `'${name}' is a '${kind}' here and a '${known.kind}' at ${placeText(known)}: give one of them another name`,
      })
  }
  return findings
}

/** What `mustMeet` asks for and nothing states can never be met. */
function neverStated(expected: readonly Named[], properties: readonly StatedProperty[]): Finding[] {
  const met = new Set(properties.filter(({ kind }) => kind === 'sometimes' || kind === 'reachable').map(({ name }) => name))
  return expected
    .filter(({ name }) => !met.has(name))
    .map(({ name, ...place }) => ({ ...place, message: `mustMeet names '${name}', and no 'sometimes' or 'reachable' of that name is stated` }))
}

/** Where properties of this name are stated: `systems/raft/raft-node.ts:335`, in the order of their places. */
export function placesOf(catalogue: Pick<PropertyCatalogue, 'properties'>, name: string): readonly string[] {
  return catalogue.properties.filter((property) => property.name === name).map(placeText)
}

export const placeText = ({ file, line }: Place): string => `${file}:${line}`

function byPlace(a: Place, b: Place): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || a.column - b.column
}
