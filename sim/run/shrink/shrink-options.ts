import { catalogueOf } from '../../faults/catalogue.js'
import { strategyOptions } from '../../faults/strategies/index.js'
import type { OptionRange, Options } from '../scenario.js'
import { commonOptions } from '../setup.js'
import { minimise } from './reduce.js'
import type { Search } from './search.js'

/** What only the dice of faults need is left out: a list has none. */
export async function dropFaultOptions(search: Search): Promise<void> {
  const { scenario, recipe } = search
  const catalogue = catalogueOf(scenario)
  const forDice = (name: string) => catalogue.hasOption(name)
  const options = Object.fromEntries(Object.entries(recipe.options).filter(([name]) => !forDice(name)))
  await search.first([{ ...recipe, kinds: [], withoutKinds: undefined, options }], 0)
}

/** Drawn numbers become the plain ones of their ranges, but for those that the failure needs as they are. */
export async function plainOptions(search: Search, salts: number): Promise<void> {
  const { scenario, recipe } = search
  const ranges: Readonly<Record<string, OptionRange>> = { ...commonOptions, ...strategyOptions(recipe.strategy), ...scenario.options }
  const plain = (name: string) => ranges[name]?.plain ?? ranges[name]?.min
  const drawn = Object.keys(recipe.options).filter((name) => plain(name) !== undefined && recipe.options[name] !== plain(name))
  await minimise(
    drawn,
    (name) => name,
    async (lists) => {
      const candidates = lists.map((kept) => ({ ...search.recipe, options: withPlain(search.recipe.options, drawn, kept, plain) }))
      const index = await search.first(candidates, salts)
      return index === null ? null : { index, items: lists[index] as readonly string[] }
    },
  )
}

function withPlain(options: Options, drawn: readonly string[], kept: readonly string[], plain: (name: string) => number | undefined): Options {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, drawn.includes(name) && !kept.includes(name) ? (plain(name) ?? value) : value]),
  )
}
