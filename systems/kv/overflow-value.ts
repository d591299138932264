import { concatBytes } from './bytes.js'
import { CorruptContent } from './errors.js'
import type { MappingTable } from './mapping.js'
import { buildOverflowPage, decodeReference, longestPointerList, type OverflowReference, partRoom, readOverflowPage } from './overflow-page.js'
import type { PageReader } from './page-reader.js'

/** The value that a reference stands for. */
export async function readOverflow(pages: PageReader, mapping: MappingTable, reference: Uint8Array): Promise<Uint8Array> {
  const { length, pointers } = decodeReference(reference)
  const parts: Uint8Array[] = []
  let list = pointers
  while (list.length > 0) {
    const read = (await Promise.all(list.map((logical) => pages.overflowPage(mapping, logical)))).map(readOverflowPage)
    for (const { part } of read) parts.push(part)
    list = (read[read.length - 1] as { pointers: readonly number[] }).pointers
  }
  const value = concatBytes(parts)
  if (value.length !== length) throw new CorruptContent(`an overflow value has ${value.length} bytes, and should have ${length}`)
  return value
}

/** All pages of a value. */
export async function overflowPages(readPage: (logical: number) => Promise<Uint8Array>, reference: OverflowReference): Promise<number[]> {
  const all: number[] = []
  let list = reference.pointers
  while (list.length > 0) {
    all.push(...list)
    // Only the last page of a full list leads on.
    list = list.length < longestPointerList ? [] : readOverflowPage(await readPage(list[list.length - 1] as number)).pointers
  }
  return all
}

/** Lays a value out in pages: `allocate` gives a logical page, `place` takes its bytes. */
export function writeOverflow(
  pageBytes: number,
  value: Uint8Array,
  allocate: () => number,
  place: (logical: number, page: Uint8Array) => void,
): OverflowReference {
  const lists = listsOf(pageBytes, value.length).map((count) => Array.from({ length: count }, allocate))
  let at = 0
  for (const [index, list] of lists.entries()) {
    const next = lists[index + 1] ?? []
    for (const [position, logical] of list.entries()) {
      const pointers = position === list.length - 1 ? next : []
      const part = value.subarray(at, at + partRoom(pageBytes, pointers.length))
      place(logical, buildOverflowPage(pageBytes, part, pointers))
      at += part.length
    }
  }
  return { length: value.length, pointers: lists[0] as number[] }
}

/** How many pages each list of a value names: all but the last are full. */
function listsOf(pageBytes: number, length: number): number[] {
  const plain = partRoom(pageBytes, 0)
  const counts: number[] = []
  let rest = length
  while (rest > longestPointerList * plain) {
    counts.push(longestPointerList)
    // The list that follows may be shorter than a full one: then there is more room than this, and its pages are filled less.
    rest -= (longestPointerList - 1) * plain + partRoom(pageBytes, longestPointerList)
  }
  if (rest > 0 || counts.length === 0) counts.push(Math.max(1, Math.ceil(rest / plain)))
  return counts
}
