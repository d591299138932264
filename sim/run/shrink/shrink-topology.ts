import { clientRole } from '../../host/outside-role.js'
import type { HostName } from '../../host/seam.js'
import type { AnyScenario } from '../scenario.js'
import { hostCount, type Topology } from '../topology.js'
import type { Recipe } from './recipe.js'
import { hostsIn, renameHosts } from './rename-hosts.js'
import type { Search } from './search.js'

/** Fewer clients, and fewer hosts where the system has a smaller form; those that matter take the places of those that go. */
export async function shrinkTopology(search: Search, salts: number): Promise<void> {
  await search.unlessInVain('clients', () => fewerClients(search, salts))
  await search.unlessInVain('hosts', () => fewerHosts(search, salts))
}

async function fewerHosts(search: Search, salts: number): Promise<void> {
  for (const form of formsOf(search)) {
    const { recipe } = search
    if (!mayBeSmaller(search)) return
    const renamings = orders(search.scenario, recipe, form)
    const candidates = renamings.map((names) => {
      const renamed = renameHosts(recipe, names)
      return withFewerDamaged(withoutOthers({ ...renamed, topology: { ...recipe.topology, ...form } }, search.scenario), search.scenario)
    })
    if ((await search.first(candidates, salts)) !== null) return
  }
}

async function fewerClients(search: Search, salts: number): Promise<void> {
  const { scenario, recipe } = search
  const count = hostCount(scenario, clientRole, recipe.topology)
  const names = Array.from({ length: count }, (_, i) => `${clientRole}-${i + 1}`)
  const busy = names.filter((_, i) => recipe.operations?.some(({ client }) => client === i + 1) ?? true)
  // The first client is asked what must come true in the end.
  const least = scenario.eventually?.some((property) => 'ask' in property) ? 1 : 0
  const needed = Math.max(least, busy.length)
  if (needed >= count) return
  const candidates: Recipe[] = []
  const places = new Map<HostName, HostName>(busy.map((name, i) => [name, `${clientRole}-${i + 1}`]))
  const topology = { ...recipe.topology, [clientRole]: needed }
  candidates.push(
    withoutOthers(
      {
        ...renameHosts(
          withoutHosts(
            recipe,
            names.filter((name) => !busy.includes(name)),
          ),
          places,
        ),
        topology,
      },
      scenario,
    ),
  )
  const highest = Math.max(least, ...busy.map((name) => names.indexOf(name) + 1))
  if (highest < count) candidates.push(withoutOthers({ ...recipe, topology: { ...recipe.topology, [clientRole]: highest } }, scenario))
  await search.first(candidates, salts)
}

/** Smallest first. */
function formsOf({ scenario, recipe }: Search): readonly Topology[] {
  const smaller = (scenario.system.smaller ?? []) as readonly Topology[]
  const size = (form: Topology) => Object.keys(scenario.system.roles).reduce((sum, role) => sum + hostCount(scenario, role, form), 0)
  return smaller.filter((form) => size(form) < size(recipe.topology)).sort((a, b) => size(a) - size(b))
}

/** What must come true in the end may rightly fail to where fewer hosts are left, and so may copies that are all damaged. */
function mayBeSmaller({ best, scenario }: Search): boolean {
  const { violation } = best
  const promised = [...(scenario.recovery ?? []), ...(scenario.eventually ?? [])].some(({ name }) => name === violation.check)
  const isSafety = best.endsAtViolation || (!promised && violation.check !== 'progress')
  return isSafety && !best.recipe.injections.some(({ kind }) => damaging.includes(kind))
}

const damaging: readonly string[] = ['disk.wipe', 'disk.rot', 'disk.misdirect-read', 'disk.misdirect-write', 'disk.sync-lie']

/** Which hosts stay: those that injections speak of first, then the others; turned round, so that each that is spoken of has its chance to be the first. */
function orders(scenario: AnyScenario, recipe: Recipe, form: Topology): Map<HostName, HostName>[] {
  const orders: Map<HostName, HostName>[] = []
  for (const turn of [0, 1, 2]) {
    const names = new Map<HostName, HostName>()
    for (const role of Object.keys(form)) {
      const all = Array.from({ length: hostCount(scenario, role, recipe.topology) }, (_, i) => `${role}-${i + 1}`)
      const spoken = hostsIn(recipe, all)
      const first = [...all.filter((name) => spoken.has(name)), ...all.filter((name) => !spoken.has(name))]
      const turned = [...first.slice(turn), ...first.slice(0, turn)]
      for (const [i, name] of turned.entries()) names.set(name, `${role}-${i + 1}`)
    }
    orders.push(names)
  }
  return orders
}

/** Hosts that there are not any more are no part of any injection. */
function withoutOthers(recipe: Recipe, scenario: AnyScenario): Recipe {
  const gone: HostName[] = []
  for (const role of [...Object.keys(scenario.system.roles), clientRole]) {
    const most = hostCount(scenario, role, undefined)
    for (let ordinal = hostCount(scenario, role, recipe.topology) + 1; ordinal <= most; ordinal++) gone.push(`${role}-${ordinal}`)
  }
  return withoutHosts(recipe, gone)
}

/** Of hosts whose torn sectors may hold garbage there are fewer where there are fewer hosts: see `power.loss`. */
function withFewerDamaged(recipe: Recipe, { system }: AnyScenario): Recipe {
  const size = (topology: Topology | undefined) =>
    Object.keys(system.roles).reduce((sum, role) => sum + hostCount({ system } as AnyScenario, role, topology), 0)
  const most = Math.floor(((system.survives.down ?? 0) * size(recipe.topology)) / size(undefined))
  const injections = recipe.injections.map((injection) => {
    const { garbage, fates } = injection.args as { garbage?: readonly HostName[]; fates?: Readonly<Record<HostName, unknown>> }
    if (!Array.isArray(garbage)) return injection
    const few = garbage.slice(0, most)
    const kept = Object.entries(fates ?? {}).filter(([host, fate]) => few.includes(host) || !JSON.stringify(fate).includes('"garbage"'))
    return { ...injection, args: { ...injection.args, garbage: few, ...(fates === undefined ? {} : { fates: Object.fromEntries(kept) }) } }
  })
  return { ...recipe, injections }
}

/** Injections at these hosts go; groups of hosts go on without them. */
function withoutHosts(recipe: Recipe, gone: readonly HostName[]): Recipe {
  if (gone.length === 0) return recipe
  const isGone = (word: string) => gone.includes(word)
  const injections = recipe.injections
    .filter(({ site }) => !(site.match(/[\w-]+/g) ?? []).some(isGone))
    .map((injection) => ({ ...injection, args: withoutIn(injection.args, isGone) as Readonly<Record<string, unknown>> }))
  return { ...recipe, injections }
}

function withoutIn(value: unknown, isGone: (word: string) => boolean): unknown {
  if (Array.isArray(value)) return value.filter((item) => typeof item !== 'string' || !isGone(item)).map((item) => withoutIn(item, isGone))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !isGone(name))
      .map(([name, member]) => [name, withoutIn(member, isGone)]),
  )
}
