import type { Nanos } from '../../host/seam.js'
import type { Recipe } from './recipe.js'
import type { Search } from './search.js'

/** Nothing is brought nearer to what comes before it than this. */
const closest: Nanos = 1_000_000

/**
 * Takes time out of the run: waits before and between injections. A failure that took ten quiet seconds to come is read and replayed sooner when it comes in
 * the first.
 */
export async function bringForward(search: Search, salts: number, mostRounds: number): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    const { recipe } = search
    const gaps = gapsOf(recipe)
    if (gaps.length === 0) return
    const candidates = [
      cut(recipe, gaps, 1),
      cut(recipe, gaps.slice(0, 1), 1),
      cut(recipe, gaps, 0.5),
      cut(recipe, gaps.slice(0, 1), 0.5),
      cut(recipe, gaps.slice(0, 1), 0.2),
      ...gaps.slice(1).flatMap((gap) => [cut(recipe, [gap], 1), cut(recipe, [gap], 0.5)]),
    ]
    if ((await search.first(candidates, salts)) === null) return
  }
}

/** What goes before a window: a system needs some time to come up. */
const runUp: Nanos = 300_000_000

/** Only the last part of the run, moved to its beginning: most of what a long run does before it fails has nothing to do with it. */
export async function onlyTheLast(search: Search, salts: number): Promise<void> {
  for (;;) {
    const { recipe, best } = search
    const candidates = [32, 16, 8, 4, 2].flatMap((part) => {
      const from = best.violation.at - Math.ceil(best.violation.at / part)
      return from <= 2 * runUp ? [] : [startingAt(recipe, from)]
    })
    if ((await search.first(candidates, salts)) === null) return
  }
}

function startingAt(recipe: Recipe, from: Nanos): Recipe {
  const moved = <T extends { readonly at: Nanos }>(planned: T): T => ({ ...planned, at: planned.at - from + runUp })
  const isLate = ({ at }: { readonly at: Nanos }) => at >= from
  return { ...recipe, injections: recipe.injections.filter(isLate).map(moved), operations: recipe.operations?.filter(isLate).map(moved) ?? null }
}

interface Gap {
  readonly from: Nanos
  readonly to: Nanos
}

function gapsOf({ injections }: Recipe): Gap[] {
  const gaps: Gap[] = []
  let from = 0
  for (const { at } of injections) {
    if (at - from > worthwhile) gaps.push({ from: from + closest, to: at })
    from = Math.max(from, at)
  }
  return gaps
}

/** Shorter waits stay. */
const worthwhile: Nanos = 20_000_000

/** The first part of each gap goes; what is planned in it moves to where it began. */
function cut(recipe: Recipe, gaps: readonly Gap[], part: number): Recipe {
  const moved = <T extends { readonly at: Nanos }>(planned: T): T => {
    let less = 0
    for (const { from, to } of gaps) {
      const end = from + Math.floor((to - from) * part)
      if (planned.at > from) less += Math.min(planned.at, end) - from
    }
    return less === 0 ? planned : { ...planned, at: planned.at - less }
  }
  return { ...recipe, injections: recipe.injections.map(moved), operations: recipe.operations?.map(moved) ?? null }
}
