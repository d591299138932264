import { us } from '../host/durations.js'
import type { Nanos } from '../host/seam.js'
import { pageBytes } from './geometry.js'

/** How long a device takes, when nothing is wrong with it. */
export interface DeviceModel {
  readonly name: DeviceName
  readonly read: LatencyRange
  /** Into the page cache, and for operations on names. */
  readonly write: LatencyRange
  /** Of a file or a directory. */
  readonly sync: LatencyRange
  /** For every page read or written, on top. */
  readonly transferPage: Nanos
  /** Operations that make progress at the same time; others wait their turn. */
  readonly queueDepth: number
}
export type DeviceName = 'nvme' | 'sata' | 'cloud'
export interface LatencyRange {
  readonly min: Nanos
  readonly max: Nanos
}

/** Ranges of present devices: about 2 GB/s, 500 MB/s and 250 MB/s. */
export const deviceModels: Readonly<Record<DeviceName, DeviceModel>> = {
  nvme: { name: 'nvme', read: range(40, 70), write: range(5, 20), sync: range(50, 300), transferPage: us(2), queueDepth: 32 },
  sata: { name: 'sata', read: range(80, 200), write: range(10, 40), sync: range(500, 5_000), transferPage: us(8), queueDepth: 8 },
  cloud: { name: 'cloud', read: range(300, 1_000), write: range(20, 80), sync: range(1_000, 8_000), transferPage: us(16), queueDepth: 64 },
}

function range(minMicros: number, maxMicros: number): LatencyRange {
  return { min: us(minMicros), max: us(maxMicros) }
}

/** A latency from the range by a 32-bit word of dice: the product of its halves, so that most are near the low end and few near the high. */
export function latency(model: DeviceModel, of: LatencyRange, bytes: number, word: number): Nanos {
  const skewed = ((word >>> 16) * (word & 0xffff)) / 0x1_0000_0000
  return of.min + Math.floor((of.max - of.min) * skewed) + Math.floor(bytes / pageBytes) * model.transferPage
}
