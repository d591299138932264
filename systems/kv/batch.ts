import { Misuse } from '../../sim/host/errors.js'
import { compareBytes } from './bytes.js'

/** One change of a batch. Times are wall-clock milliseconds. */
export type BatchOperation =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array; readonly expiresAtMillis?: number }
  | { readonly kind: 'delete'; readonly key: Uint8Array }
  /** Every key from this one on goes, of what was there before it in the batch as well. */
  | { readonly kind: 'truncate'; readonly from: Uint8Array }

/** What a commit does: cuts off all keys from `truncateFrom` on, then makes the changes, which are in the order of their keys, one a key. */
export interface Changes {
  readonly truncateFrom: Uint8Array | null
  readonly operations: readonly KeyChange[]
}
export type KeyChange = Exclude<BatchOperation, { kind: 'truncate' }>

/** Many batches, one after the other, as one. */
export function changesOf(batches: readonly (readonly BatchOperation[])[]): Changes {
  let truncateFrom: Uint8Array | null = null
  let all: { readonly change: KeyChange; readonly order: number }[] = []
  let order = 0
  for (const batch of batches) {
    for (const operation of batch) {
      if (operation.kind !== 'truncate') {
        all.push({ change: operation, order: order++ })
        continue
      }
      const { from } = operation
      all = all.filter(({ change }) => compareBytes(change.key, from) < 0)
      if (truncateFrom === null || compareBytes(from, truncateFrom) < 0) truncateFrom = from
    }
  }
  all.sort((a, b) => compareBytes(a.change.key, b.change.key) || a.order - b.order)
  const operations: KeyChange[] = []
  for (const { change } of all) {
    const last = operations[operations.length - 1]
    if (last !== undefined && compareBytes(last.key, change.key) === 0) operations.pop()
    operations.push(change)
  }
  return { truncateFrom, operations }
}

/** Copies, so that the caller's bytes may change; throws `Misuse` on what can never be stored. */
export function checkedBatch(batch: readonly BatchOperation[], longestKeyBytes: number): BatchOperation[] {
  let length = 0
  for (const operation of batch) length += checkedBytes(operation, longestKeyBytes)
  const copies = new Uint8Array(length)
  let at = 0
  const copy = (bytes: Uint8Array): Uint8Array => {
    copies.set(bytes, at)
    at += bytes.length
    return copies.subarray(at - bytes.length, at)
  }
  return batch.map((operation) => {
    if (operation.kind === 'truncate') return { kind: 'truncate', from: copy(operation.from) }
    const key = copy(operation.key)
    if (operation.kind === 'delete') return { kind: 'delete', key }
    const value = copy(operation.value)
    const { expiresAtMillis } = operation
    return expiresAtMillis === undefined ? { kind: 'put', key, value } : { kind: 'put', key, value, expiresAtMillis }
  })
}

/** How many bytes of keys and values it has. */
function checkedBytes(operation: BatchOperation, longestKeyBytes: number): number {
  switch (operation.kind) {
    case 'put': {
      requireKey(operation.key, longestKeyBytes)
      if (!(operation.value instanceof Uint8Array)) throw new Misuse('a value is a Uint8Array')
      const { expiresAtMillis } = operation
      if ('ttlMillis' in operation) throw new Misuse('a put of a batch has expiresAtMillis; ttlMillis is for write')
      if (expiresAtMillis !== undefined && (!Number.isSafeInteger(expiresAtMillis) || expiresAtMillis < 1))
        throw new Misuse(`expiresAtMillis is an integer of milliseconds from 1 on, not ${expiresAtMillis}`)
      return operation.key.length + operation.value.length
    }
    case 'delete':
      requireKey(operation.key, longestKeyBytes)
      return operation.key.length
    case 'truncate':
      requireKey(operation.from, longestKeyBytes, 0)
      return operation.from.length
    default:
      throw new Misuse(`the kind of an operation is 'put', 'delete' or 'truncate', not ${String((operation as { kind?: unknown }).kind)}`)
  }
}

export function requireBytes(key: Uint8Array): void {
  if (!(key instanceof Uint8Array)) throw new Misuse('a key is a Uint8Array')
}

/** A key to be looked for, copied: the caller may change its own while pages are read. (`slice` of a `Buffer` is no copy.) */
export function ownKey(key: Uint8Array): Uint8Array {
  requireBytes(key)
  return new Uint8Array(key)
}

export function requireKey(key: Uint8Array, longest: number, shortest = 1): void {
  requireBytes(key)
  if (key.length < shortest || key.length > longest) throw new Misuse(`a key has from ${shortest} to ${longest} bytes, not ${key.length}`)
}
