import { type MappingChange, MappingEdit, MappingTable } from './mapping.js'

/** A data file that pages lie in, or may. */
export interface FileEntry {
  /** Of the owner who wrote it; 0 without a cloud tier. */
  readonly term: number
  /** Places that were given away in it. */
  readonly pages: number
}

/** What a manifest says: all that a partition is, but for its pages. */
export interface ManifestState {
  readonly pageBytes: number
  readonly filePages: number
  readonly layout: 'append' | 'reuse'
  /** Of the codec of values; empty: none. */
  readonly codec: string
  /** Commits so far. */
  readonly sequence: number
  readonly term: number
  /** The latest wall clock that decided what had expired, in milliseconds: it never goes back. */
  readonly clockMillis: number
  readonly root: number | null
  readonly expiryRoot: number | null
  /** Physical pages from here on were never given away. */
  readonly next: number
  readonly mapping: MappingTable
  readonly files: ReadonlyMap<number, FileEntry>
}

/** What one commit changes of it. */
export interface ManifestDelta {
  readonly sequence: number
  readonly term: number
  readonly clockMillis: number
  readonly root: number | null
  readonly expiryRoot: number | null
  readonly next: number
  readonly mapping: readonly MappingChange[]
  /** Files that are new or have grown; with no pages: gone. */
  readonly files: readonly (FileEntry & { readonly file: number })[]
}

export function emptyState(shape: Pick<ManifestState, 'pageBytes' | 'filePages' | 'layout' | 'codec'>): ManifestState {
  return { ...shape, sequence: 0, term: 0, clockMillis: 0, root: null, expiryRoot: null, next: 0, mapping: MappingTable.empty, files: new Map() }
}

/** The state after many changes, in their order. */
export function applyDeltas(state: ManifestState, deltas: readonly ManifestDelta[]): ManifestState {
  const last = deltas[deltas.length - 1]
  if (last === undefined) return state
  const mapping = new MappingEdit(state.mapping)
  const files = new Map(state.files)
  for (const delta of deltas) {
    for (const change of delta.mapping) mapping.set(change)
    for (const { file, term, pages } of delta.files) {
      if (pages === 0) files.delete(file)
      else files.set(file, { term, pages })
    }
  }
  const { sequence, term, clockMillis, root, expiryRoot, next } = last
  return { ...state, sequence, term, clockMillis, root, expiryRoot, next, mapping: mapping.finish(), files }
}
