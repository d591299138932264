import { ms } from '../host/durations.js'
import type { Nanos } from '../host/seam.js'
import type { StoreOperation } from './store-protocol.js'

interface Range {
  readonly min: Nanos
  readonly max: Nanos
}

/** What a request takes inside a store, beside the way there and back: present object stores within one region, about 100 MB/s a request. */
const ranges: Readonly<Record<StoreOperation, Range>> = {
  put: { min: ms(8), max: ms(60) },
  get: { min: ms(5), max: ms(40) },
  head: { min: ms(3), max: ms(25) },
  list: { min: ms(15), max: ms(100) },
  delete: { min: ms(5), max: ms(40) },
  'create-upload': { min: ms(8), max: ms(50) },
  'upload-part': { min: ms(8), max: ms(60) },
  'complete-upload': { min: ms(20), max: ms(150) },
  'abort-upload': { min: ms(8), max: ms(50) },
  'list-uploads': { min: ms(15), max: ms(100) },
}
const byteNanos = 10

/** By a 32-bit word of dice: the product of its halves, so that most are near the low end and few near the high. */
export function storeLatency(operation: StoreOperation, bytes: number, word: number): Nanos {
  const { min, max } = ranges[operation]
  const skewed = ((word >>> 16) * (word & 0xffff)) / 0x1_0000_0000
  return min + Math.floor((max - min) * skewed) + bytes * byteNanos
}
