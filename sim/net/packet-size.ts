import { datagram, segment } from '../kernel/event.js'
import { Segment, segmentHeader } from './connection/segment.js'
import { DatagramPacket, datagramHeader } from './datagram.js'

/** Headers of a typed message: frame, method, request number. */
const messageHeader = 64

/** About how many bytes a packet takes on a wire: asked only where a link has a bandwidth. */
export function packetSize(kind: number, content: unknown): number {
  if (kind === segment && content instanceof Segment) return content.bytes.length + segmentHeader
  if (kind === datagram && content instanceof DatagramPacket) return content.bytes.length + datagramHeader
  return messageHeader + valueSize(content)
}

/** About what a compact binary encoding of plain data takes. */
export function valueSize(value: unknown): number {
  switch (typeof value) {
    case 'number':
      return (value | 0) === value ? (value >= -128 && value < 128 ? 1 : 5) : 9
    case 'string':
      return value.length + 2
    case 'bigint':
      return 9
    case 'object':
      return value === null ? 1 : objectSize(value)
    default:
      return 1
  }
}

function objectSize(value: object): number {
  if (value instanceof Uint8Array) return value.length + 5
  let size = 3
  if (Array.isArray(value) || value instanceof Set) for (const item of value) size += valueSize(item)
  else if (value instanceof Map) for (const [key, item] of value) size += valueSize(key) + valueSize(item)
  else for (const [key, item] of Object.entries(value)) size += key.length + 1 + valueSize(item)
  return size
}
