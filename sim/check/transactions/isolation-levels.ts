import type { TransactionAnomaly } from './anomaly.js'

type AnomalyName = TransactionAnomaly['name']

/** Isolation levels, and what each rules out beyond those it contains (Adya; Cerone, Bernardi and Gotsman; Elle's table of models). */
interface LevelDefinition {
  readonly contains: readonly string[]
  readonly rulesOut: readonly AnomalyName[]
  /** Phantoms are allowed: only anomalies of what was there count. */
  readonly onlyItems?: boolean
}

const definitions = {
  'read-uncommitted': { contains: [], rulesOut: ['G0', 'duplicate-elements', 'cyclic-versions'] },
  'read-committed': {
    contains: ['read-uncommitted'],
    rulesOut: ['G1a', 'G1b', 'G1c', 'garbage-read', 'dirty-update', 'future-read', 'incompatible-order'],
  },
  'consistent-view': { contains: ['read-committed'], rulesOut: ['G-single'] },
  'snapshot-isolation': { contains: ['consistent-view'], rulesOut: ['internal', 'G-nonadjacent', 'lost-update'] },
  'repeatable-read': { contains: ['read-committed'], rulesOut: ['internal', 'G-single', 'G-nonadjacent', 'G2-item', 'lost-update'], onlyItems: true },
  serializable: { contains: ['snapshot-isolation', 'repeatable-read'], rulesOut: ['G2-item', 'G2', 'no-serial-order'] },
  'strong-session-read-committed': { contains: ['read-committed'], rulesOut: ['G0-process', 'G1c-process'] },
  'strong-session-snapshot-isolation': {
    contains: ['snapshot-isolation', 'strong-session-read-committed'],
    rulesOut: ['G-single-process', 'G-nonadjacent-process'],
  },
  'strong-session-serializable': {
    contains: ['serializable', 'strong-session-snapshot-isolation'],
    rulesOut: ['G2-item-process', 'G2-process', 'no-serial-order-process'],
  },
  'strong-snapshot-isolation': {
    contains: ['strong-session-snapshot-isolation'],
    rulesOut: ['G0-realtime', 'G1c-realtime', 'G-single-realtime', 'G-nonadjacent-realtime'],
  },
  'strict-serializable': {
    contains: ['strong-session-serializable', 'strong-snapshot-isolation'],
    rulesOut: ['G2-item-realtime', 'G2-realtime', 'no-serial-order-realtime'],
  },
} as const satisfies Record<string, LevelDefinition>

export type IsolationLevel = keyof typeof definitions
/** From weak to strong; where two do not contain each other, in this order. */
export const isolationLevels = Object.keys(definitions) as IsolationLevel[]

/** Whether a level rules an anomaly out, itself or by what it contains. */
export function rulesOut(level: IsolationLevel, anomaly: Pick<TransactionAnomaly, 'name' | 'predicate'>): boolean {
  const { contains, rulesOut: names, onlyItems }: LevelDefinition = definitions[level]
  if (names.includes(anomaly.name) && !(onlyItems && anomaly.predicate)) return true
  return contains.some((weaker) => rulesOut(weaker as IsolationLevel, anomaly))
}

/** Levels that cannot hold, from weak to strong. */
export function brokenLevels(anomalies: readonly TransactionAnomaly[]): IsolationLevel[] {
  return isolationLevels.filter((level) => anomalies.some((one) => rulesOut(level, one)))
}
