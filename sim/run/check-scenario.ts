import { ambientModes } from '../ambient/ambient-mode.js'
import { catalogueOf } from '../faults/catalogue.js'
import { strategies } from '../faults/strategies/index.js'
import { Misuse } from '../host/errors.js'
import { isOutsideSystem } from '../host/outside-role.js'
import { latencyProfile, type NetworkProfile } from '../net/latency.js'
import type { AnyScenario } from './scenario.js'

/**
 * Holds a scenario against its types: one made in JavaScript, or against them, can have any shape. Throws `Misuse`, naming the scenario, the field and what it
 * must be.
 */
export function checkScenario(scenario: unknown): asserts scenario is AnyScenario {
  if (!isRecord(scenario)) throw new Misuse(`a scenario is what scenario({ … }) gives, not ${shown(scenario)}`)
  const { name, system, workload, invariants, eventually, recovery, mustMeet, faults, options, duration, healAt } = scenario
  const field = new Field(typeof name === 'string' && name !== '' ? `scenario ${name}` : 'a scenario')
  field.must('name', name, typeof name === 'string' && name !== '', 'a text')
  checkSystem(field, system)
  checkWorkload(field, workload)
  field.list('invariants', invariants, 'what invariant(…) gives', isNamed('begin'))
  field.list('recovery', recovery ?? [], '{ name, within, begin }', (property) => isNamed('begin')(property) && isTime(property.within))
  field.list(
    'eventually',
    eventually ?? [],
    '{ name, within, holds } or { name, within, ask }',
    (property) => (isNamed('holds')(property) || isNamed('ask')(property)) && isTime(property.within),
  )
  field.list('mustMeet', mustMeet ?? [], 'the name of a property', (met) => typeof met === 'string')
  checkFaults(field, faults)
  checkOptions(field, options ?? {})
  field.must('duration', duration, isTime(duration) && duration > 0, 'a duration above zero, such as s(60)')
  field.must('healAt', healAt, isTime(healAt) && healAt <= (duration as number), 'a time within the duration, such as s(45)')
  checkNetwork(field, scenario.network ?? 'lan')
  field.optional('objects', scenario.objects, isRecord, 'the options of an object store, such as {}')
  field.optional('statistics', scenario.statistics, isFunction, 'a function')
  field.optional('measurements', scenario.measurements, isFunction, 'a function')
  field.optional('ambient', scenario.ambient, (mode) => ambientModes.some((known) => known === mode), `one of ${ambientModes.join(', ')}`)
}

function checkSystem(field: Field, system: unknown): void {
  field.must('system', system, isRecord(system) && typeof system.name === 'string', 'what system({ … }) gives')
  const { roles, survives, smaller, replicaUnit, columns, waits, targets } = system as Record<string, unknown>
  field.must('system.roles', roles, isRecord(roles) && Object.keys(roles).length > 0, 'at least one role, by its name')
  for (const [name, role] of Object.entries(roles as object)) {
    if (isOutsideSystem(name)) throw field.wrong(`system.roles: no role of a system may be called '${name}'`)
    field.must(`system.roles.${name}`, role, isRecord(role), '{ count, boot }')
    const { count, boot, config, versions } = role as Record<string, unknown>
    field.must(`system.roles.${name}.count`, count, isWhole(count) && count > 0, 'a number of hosts, from 1 on')
    field.must(`system.roles.${name}.boot`, boot, isFunction(boot), 'a function')
    field.optional(`system.roles.${name}.config`, config, isFunction, 'a function')
    field.optional(`system.roles.${name}.versions`, versions, isRecord, 'versions by their names')
    for (const [version, code] of Object.entries(versions ?? {})) {
      field.must(`system.roles.${name}.versions.${version}`, code, isFunction(code) || isRecord(code), 'a boot function or { boot, config }')
    }
  }
  field.must('system.survives', survives, isRecord(survives), 'a budget such as { down: 1 }')
  for (const [name, most] of Object.entries(survives as object)) {
    field.must(
      `system.survives.${name}`,
      most,
      most === undefined || typeof most === 'boolean' || (typeof most === 'number' && most >= 0),
      'a number from 0 on',
    )
  }
  field.list('system.smaller', smaller ?? [], 'fewer hosts of its roles, such as { broker: 3 }', (form) =>
    Object.entries(form).every(([role, fewer]) => isWhole(fewer) && fewer > 0 && fewer < Number((roles as Record<string, { count: number }>)[role]?.count)),
  )
  field.optional('system.replicaUnit', replicaUnit, isFunction, 'a function')
  field.optional('system.columns', columns, isFunction, 'a function')
  field.optional('system.waits', waits, isFunction, 'a function')
  field.optional('system.targets', targets, (aims) => isRecord(aims) && Object.values(aims).every(isFunction), 'functions by their names')
}

function checkWorkload(field: Field, workload: unknown): void {
  field.must('workload', workload, isRecord(workload), 'what workload({ … }) gives')
  const { clients, generate, perform, connect, think, judge } = workload as Record<string, unknown>
  field.must('workload.clients', clients, isWhole(clients), 'a number of clients, from 0 on')
  field.must('workload.generate', generate, isFunction(generate), 'a function')
  field.must('workload.perform', perform, isFunction(perform), 'a function')
  field.optional('workload.connect', connect, isFunction, 'a function')
  field.optional('workload.think', think, isFunction, 'a function')
  field.optional('workload.judge', judge, isFunction, "a function of the history, such as linearizable('register')")
}

function checkFaults(field: Field, faults: unknown): void {
  field.must('faults', faults, isRecord(faults), '{ strategy }')
  const { strategy, kinds, custom } = faults as Record<string, unknown>
  field.must('faults.strategy', strategy, isStrategy(strategy), `one of ${strategies.join(', ')}`)
  const isDefinition = (kind: Record<string, unknown>) => isRecord(kind) && typeof kind.kind === 'string' && isRecord(kind.options)
  field.list('faults.custom', custom ?? [], 'the definition of a fault kind', isDefinition)
  field.list('faults.kinds', kinds ?? [], 'the name of a fault kind', (kind) => typeof kind === 'string')
  const catalogue = field.sound('faults.custom', () => catalogueOf({ faults: faults as AnyScenario['faults'] }))
  for (const kind of (kinds ?? []) as string[]) field.sound('faults.kinds', () => catalogue.get(kind))
}

function checkOptions(field: Field, options: unknown): void {
  field.must('options', options, isRecord(options), 'ranges by the names of options')
  for (const [name, range] of Object.entries(options as object)) {
    field.must(`options.${name}`, range, isRecord(range), 'a range such as { min: 1, max: 5 }')
    const { min, max, log, plain = min } = range as Record<string, unknown>
    const isRange = Number.isSafeInteger(min) && Number.isSafeInteger(max) && (min as number) <= (max as number)
    if (!isRange) throw field.wrong(`options.${name} is drawn from integers with min <= max, not from ${shown(min)} to ${shown(max)}`)
    if (!isRange || !((plain as number) >= (min as number) && (plain as number) <= (max as number)))
      throw field.wrong(`options.${name}.plain must lie within its range, not be ${shown(plain)}`)
    if (log === true && ((min as number) < 0 || (max as number) < 1)) throw field.wrong(`options.${name} is drawn by its logarithm: from min >= 0 to max >= 1`)
  }
}

function checkNetwork(field: Field, network: unknown): void {
  const profile = isRecord(network) && 'profile' in network ? network.profile : network
  field.sound('network', () => latencyProfile(profile as NetworkProfile))
}

/** The strategy's name, or not one. */
export const isStrategy = (strategy: unknown): boolean => strategies.some((known) => known === strategy)

/** What of a scenario must be what. */
class Field {
  constructor(readonly owner: string) {}

  must(name: string, value: unknown, holds: boolean, what: string): void {
    if (!holds) throw this.wrong(`${name} must be ${what}, not ${shown(value)}`)
  }

  optional(name: string, value: unknown, holds: (value: unknown) => boolean, what: string): void {
    if (value !== undefined) this.must(name, value, holds(value), what)
  }

  list(name: string, values: unknown, what: string, holds: (value: Record<string, unknown>) => boolean): void {
    if (!Array.isArray(values)) throw this.wrong(`${name} must be a list, each ${what}, not ${shown(values)}`)
    for (const [i, value] of values.entries()) this.must(`${name}[${i}]`, value, holds(value), what)
  }

  /** What `make` complains of is of this field. */
  sound<T>(name: string, make: () => T): T {
    try {
      return make()
    } catch (error) {
      if (error instanceof Misuse) throw this.wrong(`${name}: ${error.message}`)
      throw error
    }
  }

  wrong(why: string): Misuse {
    return new Misuse(`${this.owner}: ${why}`)
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isFunction = (value: unknown): boolean => typeof value === 'function'
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
/** Nanoseconds from 0 on. */
const isTime = isWhole
const isNamed =
  (method: string) =>
  (value: unknown): boolean =>
    isRecord(value) && typeof value.name === 'string' && isFunction(value[method])

/** A wrong value in a few words. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'function') return 'a function'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? '{}' : `{ ${Object.keys(value).slice(0, 5).join(', ')} }`
  return String(value)
}
