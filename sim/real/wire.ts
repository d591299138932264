import { Packr } from 'msgpackr'
import { ValueTransfer } from '../net/values.js'

/** What real hosts tell each other for typed protocols: over TCP one in a frame, over UDP one in a datagram. */
export type WireMessage =
  | { readonly kind: 'hello'; readonly cluster: string; readonly from: string }
  | { readonly kind: 'request'; readonly id: number; readonly protocol: string; readonly method: string; readonly body: unknown }
  | { readonly kind: 'one-way'; readonly protocol: string; readonly method: string; readonly body: unknown }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly message: string; readonly code: string | undefined }
  /** Nobody serves the protocol there. */
  | { readonly kind: 'refusal'; readonly id: number }
  /** To be answered by `pong`: says that the other side lives. */
  | { readonly kind: 'ping' }
  | { readonly kind: 'pong' }

/** Rises with every change that an older host could not read. */
const wireFormat = 1

/** So long may an encoded message be, in bytes. */
export const longestMessage = 64 * 1024 * 1024

/**
 * MessagePack by the msgpackr package, each message by itself. Its extensions carry what plain data may hold beside JSON: `undefined`, bigints of any size,
 * maps, sets and bytes. Two things do not survive: the sign of -0, and surrogates without their partner, which become U+FFFD.
 */
const packr = new Packr({ useRecords: true, maxSharedStructures: 0, moreTypes: true, int64AsType: 'bigint', useBigIntExtension: true })

/** Holds nothing of a value once it was taken. */
const transfer = new ValueTransfer()

/** A value by the rules of `ValueTransfer`: frozen, or copied where it cannot be; anything but plain data throws `Misuse`. */
export function takeValue(value: unknown): unknown {
  return transfer.take(value)
}

/** `hello` says which format follows; all else is short: a number for its kind, then its fields. */
export function encodeMessage(message: WireMessage): Uint8Array {
  return packr.pack(fieldsOf(message))
}

/** The message in `bytes`, its values frozen and its own; null when that is none, or carries what no host may send. */
export function decodeMessage(bytes: Uint8Array): WireMessage | null {
  try {
    const fields: unknown = packr.unpack(bytes)
    return Array.isArray(fields) ? messageOf(fields) : null
  } catch {
    // Whatever is wrong with them, these bytes are no message; anybody can send anything to an open port.
    return null
  }
}

function fieldsOf(message: WireMessage): unknown[] {
  switch (message.kind) {
    case 'hello':
      return ['seedfall', wireFormat, message.cluster, message.from]
    case 'request':
      return [0, message.id, message.protocol, message.method, message.body]
    case 'one-way':
      return [1, message.protocol, message.method, message.body]
    case 'answer':
      return [2, message.id, message.value]
    case 'error':
      return [3, message.id, message.message, message.code]
    case 'refusal':
      return [4, message.id]
    case 'ping':
      return [5]
    case 'pong':
      return [6]
  }
}

function messageOf(fields: unknown[]): WireMessage | null {
  const [kind, a, b, c, d] = fields
  switch (kind) {
    case 'seedfall':
      return a === wireFormat && typeof b === 'string' && typeof c === 'string' ? { kind: 'hello', cluster: b, from: c } : null
    case 0:
      if (!isId(a) || typeof b !== 'string' || typeof c !== 'string') return null
      return { kind: 'request', id: a, protocol: b, method: c, body: takeValue(d) }
    case 1:
      return typeof a === 'string' && typeof b === 'string' ? { kind: 'one-way', protocol: a, method: b, body: takeValue(c) } : null
    case 2:
      return isId(a) ? { kind: 'answer', id: a, value: takeValue(b) } : null
    case 3:
      if (!isId(a) || typeof b !== 'string' || (c !== undefined && typeof c !== 'string')) return null
      return { kind: 'error', id: a, message: b, code: c }
    case 4:
      return isId(a) ? { kind: 'refusal', id: a } : null
    case 5:
      return { kind: 'ping' }
    case 6:
      return { kind: 'pong' }
    default:
      return null
  }
}

const isId = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value)
