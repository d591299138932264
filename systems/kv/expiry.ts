/** The tree of entries that expire: one entry without a value for each, by when it does. */
import { compareBytes, noBytes } from './bytes.js'
import type { LeafEntry } from './entry.js'

const timeBytes = 8

/** Sorts by time, then by key. */
export function expiryKey(expiresAtMillis: number, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(timeBytes + key.length)
  let rest = expiresAtMillis
  for (let i = timeBytes - 1; i >= 0; i--) {
    bytes[i] = rest % 256
    rest = Math.floor(rest / 256)
  }
  bytes.set(key, timeBytes)
  return bytes
}

export function keyOfExpiry(bytes: Uint8Array): Uint8Array {
  return bytes.slice(timeBytes)
}

export interface ExpiryChange {
  readonly key: Uint8Array
  readonly isPut: boolean
}

export function mergeExpiries(entries: readonly LeafEntry[], changes: readonly ExpiryChange[]): LeafEntry[] {
  const merged: LeafEntry[] = []
  let at = 0
  for (const { key, isPut } of changes) {
    while (at < entries.length && compareBytes((entries[at] as LeafEntry).key, key) < 0) merged.push(entries[at++] as LeafEntry)
    if (at < entries.length && compareBytes((entries[at] as LeafEntry).key, key) === 0) at++
    if (isPut) merged.push({ key, value: noBytes, flags: 0, timestampMillis: 0, expiresAtMillis: 0 })
  }
  for (; at < entries.length; at++) merged.push(entries[at] as LeafEntry)
  return merged
}
