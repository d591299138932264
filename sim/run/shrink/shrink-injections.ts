import { catalogueOf, type FaultCatalogue } from '../../faults/catalogue.js'
import { isOccurrence } from '../../faults/definition.js'
import type { FaultKind, Injection } from '../../faults/injection.js'
import { minimise, withoutChunks, withoutGroups } from './reduce.js'
import type { Search } from './search.js'

/** Nothing at all, or one kind alone; then all but a kind, all but a site. */
export async function dropKindsAndSites(search: Search, salts: number): Promise<void> {
  const { injections } = search.recipe
  const kinds = kindsOf(injections)
  const lists = [[], ...(kinds.length > 1 ? kinds.map((kind) => injections.filter((one) => one.kind === kind)) : [])]
  await search.injections(salts)(lists)
  await withoutGroups(search.recipe.injections, ({ kind }) => kind, search.injections(salts))
  await withoutGroups(search.recipe.injections, ({ kind, site }) => `${kind} ${site}`, search.injections(salts))
}

/** Windows of time, ever shorter, down to single injections. */
export async function dropInjections(search: Search, salts: number): Promise<void> {
  await minimise(search.recipe.injections, search.injectionKey, search.injections(salts))
}

/** Afterwards no single injection can be left out under as many salts as were tried. */
export async function proveMinimal(search: Search, salts: number): Promise<void> {
  await withoutChunks(search.recipe.injections, 1, search.injectionKey, search.injections(salts))
}

/** An episode that takes more single occurrences than this is told better as a whole. */
const mostOfAnEpisode = 3

/** Episodes whose single occurrences tell the same story with few of them become these. */
export async function openEpisodes(search: Search, salts: number): Promise<void> {
  const catalogue = catalogueOf(search.scenario)
  for (const kind of kindsOf(search.recipe.injections)) {
    const before = search.best
    const { injections } = before.recipe
    const episodes = injections.filter((one) => one.kind === kind && isEpisode(catalogue, one))
    if (episodes.length === 0) continue
    const inside = before.occurrences.filter((one) => one.kind === kind)
    const rest = injections.filter((one) => !episodes.includes(one))
    const opened = [...rest, ...inside].sort((a, b) => a.at - b.at)
    if (inside.length === 0 || (await search.injections(salts)([opened])) === null) continue
    await minimise(search.recipe.injections, search.injectionKey, search.injections(salts))
    const single = search.recipe.injections.filter((one) => one.kind === kind).length
    if (single > mostOfAnEpisode * episodes.length) search.best = before
  }
}

function isEpisode(catalogue: FaultCatalogue, injection: Injection): boolean {
  const definition = catalogue.get(injection.kind)
  return definition.replayOccurrences !== undefined && !isOccurrence(definition, injection)
}

const kindsOf = (injections: readonly Injection[]): FaultKind[] => [...new Set(injections.map(({ kind }) => kind))]
