import type { ManifestState } from './manifest-state.js'

/** Pages that one commit of a compaction moves, at most. */
export const mostMovedPages = 256

/** Places in data files for each page in use: 1 when nothing is wasted. */
export function amplificationOf({ files, mapping }: ManifestState, gone: ReadonlySet<number>): number {
  let places = 0
  for (const [file, { pages }] of files) if (!gone.has(file)) places += pages
  return mapping.count === 0 ? (places === 0 ? 1 : Number.POSITIVE_INFINITY) : places / mapping.count
}

/**
 * Logical pages to move next, those of the emptiest files first, so that whole files come free: none when the data files in which the state has pages are no larger
 * than `factor` times what is in use. Other files are there for snapshots and archives alone: no moving makes them go. `openFile` is still being filled, and stays.
 */
export function pagesToMove(state: ManifestState, factor: number, openFile: number, gone: ReadonlySet<number>): number[] {
  if (state.mapping.count === 0 || amplificationOf(state, gone) <= factor) return []
  const pagesOf = new Map<number, number[]>()
  for (const { logical, physical } of state.mapping.pages()) {
    const file = Math.floor(physical / state.filePages)
    const pages = pagesOf.get(file)
    if (pages === undefined) pagesOf.set(file, [logical])
    else pages.push(logical)
  }
  let places = 0
  for (const file of pagesOf.keys()) places += state.files.get(file)?.pages ?? 0
  if (places <= factor * state.mapping.count) return []
  const candidates = [...pagesOf]
    .filter(([file, live]) => file < openFile && (state.files.get(file)?.pages ?? 0) > live.length)
    .map(([file, live]) => ({ file, live, waste: (state.files.get(file)?.pages ?? 0) / live.length }))
    .sort((a, b) => b.waste - a.waste || a.file - b.file)
  const chosen: number[] = []
  for (const { live } of candidates) {
    if (chosen.length > 0 && chosen.length + live.length > mostMovedPages) break
    chosen.push(...live)
  }
  return chosen
}
