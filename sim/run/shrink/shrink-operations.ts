import { minimise, withoutChunks, withoutGroups } from './reduce.js'
import type { Search } from './search.js'

/** The clients' operations become a list, and the list becomes short. Where operations are many and all matter, it is left as it is in the end. */
export async function dropOperations(search: Search, salts: number, mostRuns: number): Promise<void> {
  const { operations } = search.best
  // The same run, only told otherwise.
  if (search.recipe.operations === null && (await search.first([{ ...search.recipe, operations }], salts)) === null) return
  const until = search.runs + mostRuns
  const first = search.operations(salts)
  const bounded: typeof first = async (lists) => {
    const left = until - search.runs
    return left <= 0 ? null : first(lists.slice(0, Math.max(1, Math.floor(left / (1 + salts)))))
  }
  await bounded([[]])
  await withoutGroups(search.recipe.operations ?? [], ({ client }) => String(client), bounded)
  await minimise(search.recipe.operations ?? [], search.operationKey, bounded)
}

/** Once more, one by one: something else has changed since. */
export async function dropSingleOperations(search: Search, salts: number): Promise<void> {
  const { operations } = search.recipe
  if (operations !== null) await withoutChunks(operations, 1, search.operationKey, search.operations(salts))
}
