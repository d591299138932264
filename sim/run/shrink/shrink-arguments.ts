import type { Injection, InjectionArgs } from '../../faults/injection.js'
import type { Recipe } from './recipe.js'
import type { Search } from './search.js'

/** Each injection does less: fewer hosts lose power together, episodes and partitions are shorter. */
export async function simplifyArguments(search: Search, salts: number, mostRounds: number): Promise<void> {
  for (let round = 0; round < mostRounds; round++) {
    const { recipe } = search
    const candidates = recipe.injections.flatMap((injection, i) => simpler(injection).map((other) => withInjection(recipe, i, other)))
    if ((await search.first(candidates, salts)) === null) return
  }
}

function withInjection(recipe: Recipe, place: number, other: Injection): Recipe {
  return { ...recipe, injections: recipe.injections.map((injection, i) => (i === place ? other : injection)) }
}

/** Injections that do less, the least first. */
function simpler(injection: Injection): Injection[] {
  return [...withFewerHosts(injection), ...shorter(injection.args).map((args) => ({ ...injection, args }))]
}

/** Of a power loss of several machines: each alone, then all but one. */
function withFewerHosts(injection: Injection): Injection[] {
  const { args } = injection
  const { hosts, restartAfterNanos } = args as { hosts?: readonly string[]; restartAfterNanos?: readonly unknown[] }
  if (!Array.isArray(hosts) || !Array.isArray(restartAfterNanos) || hosts.length < 2) return []
  const only = (isMeant: (i: number) => boolean): Injection => {
    const left = hosts.filter((_, i) => isMeant(i))
    const so = { ...args, hosts: left, restartAfterNanos: restartAfterNanos.filter((_, i) => isMeant(i)) }
    return { ...injection, site: left.length === 1 ? (left[0] as string) : injection.site, args: so }
  }
  const alone = hosts.map((_, i) => only((each) => each === i))
  return hosts.length === 2 ? alone : [...alone, ...hosts.map((_, i) => only((each) => each !== i))]
}

function shorter(args: InjectionArgs): InjectionArgs[] {
  const { forNanos } = args
  if (typeof forNanos !== 'number' || forNanos < 2 * shortest) return []
  return [4, 2].map((part) => ({ ...args, forNanos: Math.max(shortest, Math.round(forNanos / part / shortest) * shortest) }))
}

/** A millisecond: lengths are told in whole ones. */
const shortest = 1_000_000
