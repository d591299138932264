import { clientRole } from '../../host/outside-role.js'
import type { HostName } from '../../host/seam.js'
import type { Recipe } from './recipe.js'

/** Other names for hosts: `client-3` becomes `client-1`. */
export type Renaming = ReadonlyMap<HostName, HostName>

/** The recipe with hosts called otherwise, wherever its injections and operations speak of them. */
export function renameHosts(recipe: Recipe, names: Renaming): Recipe {
  const injections = recipe.injections.map((injection) => ({
    ...injection,
    site: renameIn(injection.site, names),
    args: renamed(injection.args, names) as Readonly<Record<string, unknown>>,
  }))
  const operations = recipe.operations?.map((operation) => ({ ...operation, client: renamedClient(operation.client, names) })) ?? null
  return { ...recipe, injections, operations }
}

/** Names stand between blanks, `>`, `:`, `,` and `+`. */
export function renameIn(text: string, names: Renaming): string {
  return text.replace(/[\w-]+/g, (word) => names.get(word) ?? word)
}

/** Hosts that injections speak of. */
export function hostsIn({ injections }: Recipe, hosts: readonly HostName[]): Set<HostName> {
  const found = new Set<HostName>()
  const all = new Set(hosts)
  const look = (value: unknown): void => {
    if (typeof value === 'string') for (const word of value.match(/[\w-]+/g) ?? []) if (all.has(word)) found.add(word)
    if (Array.isArray(value)) value.forEach(look)
    else if (typeof value === 'object' && value !== null)
      for (const [name, member] of Object.entries(value)) {
        look(name)
        look(member)
      }
  }
  for (const { site, args } of injections) {
    look(site)
    look(args)
  }
  return found
}

function renamed(value: unknown, names: Renaming): unknown {
  if (typeof value === 'string') return renameIn(value, names)
  if (Array.isArray(value)) return value.map((item) => renamed(item, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [renameIn(name, names), renamed(member, names)]))
}

function renamedClient(client: number, names: Renaming): number {
  const name = names.get(`${clientRole}-${client}`)
  return name === undefined ? client : Number(name.slice(clientRole.length + 1))
}
