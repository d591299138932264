import type { MappingTable } from './mapping.js'
import type { CacheView } from './page-cache.js'

/** Numbers of the data files in which pages of a mapping lie. */
export function filesOf(mapping: MappingTable, filePages: number): Set<number> {
  const files = new Set<number>()
  for (const { physical } of mapping.pages()) files.add(Math.floor(physical / filePages))
  return files
}

export interface Holders {
  /** The manifest's own state, and those that are read, or may be: a snapshot of long ago among them. */
  readonly versions: readonly { readonly mapping: MappingTable }[]
  /** By archive the files that it names; null: nobody can tell, for it cannot be read. */
  readonly archives: ReadonlyMap<string, ReadonlySet<number> | null>
  readonly filePages: number
  /** Files from this one on are being written. */
  readonly openFile: number
  /** Index pages in memory: what lies in files all the same. */
  readonly index: CacheView<unknown>
}

/** Of the files that are there those that nobody names, so that they may go. */
export function garbageOf(present: readonly number[], holders: Holders): number[] {
  const held = new Set<number>()
  for (const files of holders.archives.values()) {
    // An archive that nobody can read may name any file.
    if (files === null) return []
    for (const file of files) held.add(file)
  }
  for (const { mapping } of holders.versions) for (const file of filesOf(mapping, holders.filePages)) held.add(file)
  return present.filter((file) => !held.has(file) && file < holders.openFile)
}
