/** Where physical pages lie: files on a disk, or objects with a disk as their cache. */
import { sealPage } from './page.js'

export interface PlacedPage {
  readonly physical: number
  readonly bytes: Uint8Array
  /** What it is to be sealed with before it is written; null: it is whole. */
  readonly seal: { readonly logical: number; readonly stamp: number } | null
}

/** Makes the page whole. */
export function sealPlaced({ bytes, seal }: PlacedPage): void {
  if (seal !== null) sealPage(bytes, seal.logical, seal.stamp)
}

export interface PageFiles {
  /** Whether there is another place to read from. */
  readonly hasCopies: boolean
  /** What lies there, at most a page of bytes; nothing is checked. Rejects with `FailedRead`. */
  read(physical: number): Promise<Uint8Array>
  /** The same from where another copy is, or null where there is none. */
  readCopy(physical: number): Promise<Uint8Array | null>
  /** Durable once it settles. Rejects with `OutOfSpace` or `NotWritten` when some of it is not, or with `ExpiredTerm`. Pages are in the order of their places, and sealed here. */
  write(pages: readonly PlacedPage[]): Promise<void>
  /** Numbers of the files that are there. */
  list(): Promise<number[]>
  remove(file: number): Promise<void>
  /** For messages. */
  nameOf(file: number): string
  close(): void
}

/** What was done to files, counted since the store was opened. */
export class FileCounts {
  pageReads = 0
  pageWrites = 0
  /** Calls: pages that lie side by side are written by one. */
  writes = 0
  syncs = 0
  bytesWritten = 0
  objectReads = 0
  objectWrites = 0
}

/** Pages side by side in one file. */
export interface Run {
  readonly file: number
  /** The first page in the file. */
  readonly page: number
  readonly pages: readonly PlacedPage[]
}

export function runsOf(pages: readonly PlacedPage[], filePages: number, mostPages = Number.POSITIVE_INFINITY): Run[] {
  const runs: { file: number; page: number; pages: PlacedPage[] }[] = []
  for (const placed of pages) {
    const file = Math.floor(placed.physical / filePages)
    const page = placed.physical % filePages
    const last = runs[runs.length - 1]
    if (last !== undefined && last.file === file && last.page + last.pages.length === page && last.pages.length < mostPages) last.pages.push(placed)
    else runs.push({ file, page, pages: [placed] })
  }
  return runs
}
