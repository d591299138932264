/** What a commit does to the tree of entries, and what follows from it for overflow pages and for the tree of entries that expire. */
import type { Changes, KeyChange } from './batch.js'
import { compareBytes } from './bytes.js'
import { entryBytes, plainEntryBytes } from './data-page.js'
import { entryFlags, type LeafEntry } from './entry.js'
import { type ExpiryChange, expiryKey, mergeExpiries } from './expiry.js'
import { patchLeaf } from './leaf-patch.js'
import { longestInline, type ValueCodec } from './options.js'
import { decodeReference, encodeReference } from './overflow-page.js'
import { overflowPages, writeOverflow } from './overflow-value.js'
import type { TreeEdit } from './tree-edit.js'
import { lowestRoot, truncateTree } from './tree-truncate.js'
import { TreeWriter } from './tree-writer.js'

export interface EditContext {
  readonly edit: TreeEdit
  readonly nowMillis: number
  readonly codec: ValueCodec | null
  readonly leastCompressed: number
  readonly readAhead: number
}

export interface Roots {
  readonly root: number | null
  readonly expiryRoot: number | null
}

/** Both roots after the changes. */
export async function applyChanges(context: EditContext, roots: Roots, changes: Changes): Promise<Roots> {
  const { edit, readAhead } = context
  let { root, expiryRoot } = roots
  const expiries = new Map<string, ExpiryChange>()
  const noteExpiry = (entry: LeafEntry, isPut: boolean) => {
    if (entry.expiresAtMillis === 0) return
    const key = expiryKey(entry.expiresAtMillis, entry.key)
    expiries.set(String.fromCharCode(...key), { key, isPut })
  }
  const release = async (entry: LeafEntry) => {
    noteExpiry(entry, false)
    if ((entry.flags & entryFlags.overflow) === 0) return
    for (const logical of await overflowPages((page) => edit.overflowPage(page), decodeReference(entry.value))) edit.free(logical)
  }
  if (changes.truncateFrom !== null && root !== null) {
    root = await truncateTree(edit, root, changes.truncateFrom, async (entries) => {
      for (const entry of entries) await release(entry)
    })
    if (root !== null) root = await lowestRoot(edit, root)
  }
  const merge = async (entries: readonly LeafEntry[], own: readonly KeyChange[]): Promise<LeafEntry[]> => {
    const merged: LeafEntry[] = []
    let at = 0
    for (const change of own) {
      while (at < entries.length && compareBytes((entries[at] as LeafEntry).key, change.key) < 0) merged.push(entries[at++] as LeafEntry)
      const before = entries[at]
      if (before !== undefined && compareBytes(before.key, change.key) === 0) {
        await release(before)
        at++
      }
      if (change.kind === 'delete') continue
      const entry = entryOf(context, change)
      noteExpiry(entry, true)
      merged.push(entry)
    }
    for (; at < entries.length; at++) merged.push(entries[at] as LeafEntry)
    return merged
  }
  const patch = (page: Uint8Array, own: readonly KeyChange[], leastBytes: number) => patchPlain(context, page, own, leastBytes)
  root = await new TreeWriter<KeyChange>(edit, { merge, patch }, readAhead).apply(root, changes.operations)
  const sorted = [...expiries.values()].sort((a, b) => compareBytes(a.key, b.key))
  expiryRoot = await new TreeWriter<ExpiryChange>(edit, { merge: mergeExpiries }, readAhead).apply(expiryRoot, sorted)
  return { root, expiryRoot }
}

/** What is neither compressed, nor too long for a data page, nor ever expires needs nothing but its place in the page. */
function patchPlain({ edit, codec, leastCompressed, nowMillis }: EditContext, page: Uint8Array, changes: readonly KeyChange[], leastBytes: number) {
  const longest = longestInline(edit.pages.pageBytes)
  for (const change of changes) {
    if (change.kind === 'delete') continue
    const { key, value } = change
    if (change.expiresAtMillis !== undefined || (codec !== null && value.length >= leastCompressed) || plainEntryBytes(key, value) > longest) return null
  }
  const { deferred } = edit.pages
  const room = deferred.room()
  const patched = patchLeaf(page, changes, nowMillis, leastBytes, room)
  if (patched === null) deferred.giveBack(room)
  return patched
}

function entryOf({ edit, codec, leastCompressed, nowMillis }: EditContext, change: KeyChange & { kind: 'put' }): LeafEntry {
  const { pageBytes } = edit.pages
  const expiresAtMillis = change.expiresAtMillis ?? 0
  let flags: number = expiresAtMillis === 0 ? 0 : entryFlags.expires
  let { value } = change
  if (codec !== null && value.length >= leastCompressed) {
    const compressed = codec.compress(value)
    if (compressed.length < value.length) {
      value = compressed
      flags |= entryFlags.compressed
    }
  }
  const inline: LeafEntry = { key: change.key, value, flags, timestampMillis: nowMillis, expiresAtMillis }
  if (entryBytes(inline) <= longestInline(pageBytes)) return inline
  const reference = writeOverflow(
    pageBytes,
    value,
    () => edit.allocate(),
    (logical, page) => edit.place(logical, page),
  )
  return { ...inline, flags: flags | entryFlags.overflow, value: encodeReference(reference) }
}
