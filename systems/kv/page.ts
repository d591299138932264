/**
 * What every page begins with:
 *
 * | bytes | |
 * | --- | --- |
 * | 0-3 | CRC-32C of bytes 8 up to the end of the content, begun with the logical page and the stamp |
 * | 4-7 | the stamp: a word of dice, another for every writing of a page |
 * | 8 | type |
 * | 9-10 | length of the content |
 *
 * The mapping keeps the stamp beside the place, so that a page that was written to the wrong place, or whose writing was lost, does not pass for the one that
 * should be there: an older page of the same number has another stamp.
 */
import { crc32c } from '../raft/crc32c.js'
import { hex, readU16, readU32, writeU16, writeU32 } from './bytes.js'

export const pageTypes = { data: 1, index: 2, overflow: 3 } as const
export type PageType = (typeof pageTypes)[keyof typeof pageTypes]

/** Bytes before the content of any page. */
export const pageHeaderBytes = 11
const checkedFrom = 8

export function pageType(page: Uint8Array): number {
  return page[8] as number
}

export function contentLength(page: Uint8Array): number {
  return readU16(page, 9)
}

export function setPageHead(page: Uint8Array, type: PageType, length: number): void {
  page[8] = type
  writeU16(page, 9, length)
}

/** Makes the page whole: to be called when nothing in it changes any more. */
export function sealPage(page: Uint8Array, logical: number, stamp: number): void {
  writeU32(page, 4, stamp)
  writeU32(page, 0, checksumOf(page, logical, stamp))
}

/** Whether the page is exactly what was sealed. */
export function isIntact(page: Uint8Array, pageBytes: number, logical: number, stamp: number): boolean {
  return page.length === pageBytes && readU32(page, 4) === stamp && hasRoom(page) && readU32(page, 0) === checksumOf(page, logical, stamp)
}

/** In words, what `isIntact` wants and has: for errors. */
export function describeSeal(page: Uint8Array, pageBytes: number, logical: number, stamp: number): { readonly expected: string; readonly found: string } {
  if (page.length !== pageBytes) return { expected: `${pageBytes} bytes`, found: `${page.length}` }
  const foundStamp = readU32(page, 4)
  const found = `checksum ${hex(readU32(page, 0))} stamp ${hex(foundStamp)}`
  return { expected: `checksum ${hasRoom(page) ? hex(checksumOf(page, logical, stamp)) : 'of a possible length'} stamp ${hex(stamp)}`, found }
}

function hasRoom(page: Uint8Array): boolean {
  return pageHeaderBytes + contentLength(page) <= page.length
}

function checksumOf(page: Uint8Array, logical: number, stamp: number): number {
  return crc32c(page, checkedFrom, pageHeaderBytes + contentLength(page), (Math.imul(logical + 1, 0x9e3779b1) ^ stamp) >>> 0)
}
