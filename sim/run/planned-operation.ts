import type { OperationRecord } from '../check/history.js'
import { Misuse } from '../host/errors.js'
import { clientRole } from '../host/outside-role.js'
import type { Nanos } from '../host/seam.js'
import { shown } from './check-scenario.js'
import type { AnyScenario } from './scenario.js'
import { hostCount, type Topology } from './topology.js'

/** One operation that a run is to have: plain JSON. */
export interface PlannedOperation {
  readonly client: number
  /** Its place among the operations that the client would draw by itself. */
  readonly index: number
  /** It is invoked at this time, or when its client has finished the one before. */
  readonly at: Nanos
  /** Left out where it is no plain JSON: then it is drawn again, by its index. */
  readonly op?: unknown
}

/**
 * The operations of a finished run as a list that makes them again, each at the time it was invoked at. `given`: the list that the run had itself, whose
 * indexes are kept.
 */
export function operationsOf(history: readonly OperationRecord<unknown, unknown>[], given: readonly PlannedOperation[] | undefined): PlannedOperation[] {
  const indexes = new Map<number, number[]>()
  for (const { client, index } of given === undefined ? [] : inOrder(given)) {
    const so = indexes.get(client)
    if (so === undefined) indexes.set(client, [index])
    else so.push(index)
  }
  const begun = new Map<number, number>()
  return history.map(({ client, op, invokedAt }) => {
    const ordinal = begun.get(client) ?? 0
    begun.set(client, ordinal + 1)
    const index = given === undefined ? ordinal : (indexes.get(client)?.[ordinal] ?? ordinal)
    return { client, index, at: invokedAt, ...(isPlainJson(op) ? { op: structuredClone(op) } : {}) }
  })
}

/** In the order in which a client performs them. */
export function inOrder(operations: readonly PlannedOperation[]): PlannedOperation[] {
  return operations.slice().sort((a, b) => a.at - b.at || a.client - b.client || a.index - b.index)
}

/** Throws `Misuse` for an operation that none of the run's clients could perform. */
export function checkOperations(scenario: AnyScenario, operations: readonly PlannedOperation[], topology: Topology): void {
  const clients = hostCount(scenario, clientRole, topology)
  for (const operation of operations) {
    const { client, index, at } = operation
    if (!isWhole(client) || client < 1 || client > clients)
      throw new Misuse(`an operation is planned for client ${shown(client)}: this run of ${scenario.name} has ${clients} clients`)
    if (!isWhole(index) || !isWhole(at)) throw new Misuse(`a planned operation is { client, index, at }, whole numbers from 0 on, not ${shown(operation)}`)
  }
}

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0

/** Whether a value comes back from JSON as it was. */
export function isPlainJson(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
    case 'object': {
      if (value === null) return true
      if (Array.isArray(value)) return value.every(isPlainJson)
      const prototype: unknown = Object.getPrototypeOf(value)
      return (prototype === Object.prototype || prototype === null) && Object.values(value).every(isPlainJson)
    }
    default:
      return false
  }
}
